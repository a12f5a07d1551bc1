package dev.tidemark.engine.recovery;

import java.io.IOException;

/** The journal does not reach back to the first event, which was asked for. Nothing was changed. */
public final class HistoryIncompleteException extends IOException {
    private static final long serialVersionUID = 1L;

    HistoryIncompleteException(String message) {
        super(message);
    }
}
