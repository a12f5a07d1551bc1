package dev.tidemark.engine.codec;

/** Bytes that are well formed, but hold a field, a kind or a value that this version does not know. */
public final class TooNewException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** With what is not known. */
    public TooNewException(String what) {
        super("written by a newer version of this program: " + what + "; use that version, or a later one");
    }
}
