package dev.tidemark.tools.cli;

import java.util.Objects;

/**
 * A command that ends without its result. Its message is the one line that the user sees, so it says what happened and
 * what to do; its code is the process's exit status.
 */
public final class CommandFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ExitCode code;

    /**
     * Makes a failure for the user to read.
     *
     * @param code the exit status; not {@link ExitCode#OK}
     * @param message one line that says what happened and what to do
     */
    public CommandFailure(ExitCode code, String message) {
        this(code, message, null);
    }

    /** As the other constructor, with the cause that {@code --verbose} shows. */
    public CommandFailure(ExitCode code, String message, Throwable cause) {
        super(Objects.requireNonNull(message, "message"), cause);
        if (code == ExitCode.OK) {
            throw new IllegalArgumentException("code=OK: a failure needs another one");
        }
        this.code = Objects.requireNonNull(code, "code");
    }

    /** Returns the exit status that goes with this failure. */
    public ExitCode code() {
        return code;
    }
}
