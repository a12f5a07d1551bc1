package dev.tidemark.journal;

/**
 * There is no room written ahead for the frame, and none could be made. Nothing was changed: the journal goes on, and
 * the frame can be appended once there is room again.
 */
public final class JournalFullException extends JournalException {
    private static final long serialVersionUID = 1L;

    public JournalFullException(String message, Throwable cause) {
        super(message, cause);
    }
}
