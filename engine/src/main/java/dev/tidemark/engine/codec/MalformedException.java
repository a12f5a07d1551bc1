package dev.tidemark.engine.codec;

/** Bytes that no version of this program writes: damage, or not what the caller took them for. */
public final class MalformedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** With what is wrong. */
    public MalformedException(String text) {
        super(text);
    }

    /** With what is wrong, and what found it. */
    public MalformedException(String text, Throwable cause) {
        super(text, cause);
    }
}
