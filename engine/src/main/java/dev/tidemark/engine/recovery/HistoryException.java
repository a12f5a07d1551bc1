package dev.tidemark.engine.recovery;

import java.io.IOException;

/** A whole frame holds an event that this program can't read. Nothing was changed. */
public final class HistoryException extends IOException {
    private static final long serialVersionUID = 1L;

    private final boolean tooNew;

    HistoryException(boolean tooNew, String message, Throwable cause) {
        super(message, cause);
        this.tooNew = tooNew;
    }

    /** Whether a newer version wrote it; otherwise it is damaged. */
    public boolean tooNew() {
        return tooNew;
    }
}
