package dev.tidemark.journal;

/**
 * The journal has stopped for good (G9): a write or a force of it failed, now or earlier. The cause is the first
 * failure. Nothing was or will be written or acknowledged after it; the next open recovers what was durable.
 */
public final class JournalFailedException extends JournalException {
    private static final long serialVersionUID = 1L;

    public JournalFailedException(String message, Throwable cause) {
        super(message, cause);
    }
}
