package dev.tidemark.journal;

/** The journal was written by a newer version of this program; it is whole, but this version can't read it. */
public final class JournalTooNewException extends JournalException {
    private static final long serialVersionUID = 1L;

    public JournalTooNewException(String message) {
        super(message);
    }
}
