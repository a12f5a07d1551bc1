package dev.tidemark.engine.message;

/**
 * A command that can't be, whatever the state of the store: thrown by the constructors of {@link Command} and of
 * {@link Message}, so that the text form and the typed form are checked in one place. {@link MessageParser} turns it
 * into
 * a {@link Refusal}; an embedder that builds commands by hand sees it as the illegal argument that it is.
 */
public final class BadCommandException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final ErrorCode code;
    private final int commandIndex;

    /** A broken rule of one command: {@link ErrorCode#BAD_MESSAGE}. */
    public BadCommandException(String text) {
        this(ErrorCode.BAD_MESSAGE, 0, text);
    }

    /**
     * @param code why: {@code bad-message} or {@code bad-size}
     * @param commandIndex which command of its message, from 1; 0 when that is not known here
     * @param text what is wrong, and what to do
     */
    public BadCommandException(ErrorCode code, int commandIndex, String text) {
        super(text);
        this.code = code;
        this.commandIndex = commandIndex;
    }

    /** The error code that a reply would carry. */
    public ErrorCode code() {
        return code;
    }

    /** Which command of its message, from 1; 0 when not known. */
    public int commandIndex() {
        return commandIndex;
    }
}
