package dev.tidemark.journal;

import java.io.IOException;

/** What the journal reports when it can't do as asked; the subclasses say which kind it is. */
public class JournalException extends IOException {
    private static final long serialVersionUID = 1L;

    public JournalException(String message) {
        super(message);
    }

    public JournalException(String message, Throwable cause) {
        super(message, cause);
    }
}
