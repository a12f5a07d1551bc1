package dev.tidemark.engine;

import java.io.IOException;

/** A store could not be made or opened. The message is one line that says what is wrong and what to do. */
public final class StoreOpenException extends IOException {
    private static final long serialVersionUID = 1L;

    /** Why. */
    public enum Kind {
        /** There is nothing of that name. */
        MISSING,
        /** There is something, but no store. */
        NOT_A_STORE,
        /** A store is to be made where something is already. */
        EXISTS,
        /** Another process has it open for writing. */
        IN_USE,
        /** Written by a newer version. */
        TOO_NEW,
        /** Damaged: something that was durable is not what was written. */
        DAMAGED,
        /** The journal does not reach back to the first event, and what was asked for needs that. */
        INCOMPLETE,
        /** The files can't be reached: permission, a full disk, an I/O error. */
        UNREACHABLE
    }

    private final Kind kind;

    StoreOpenException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    /** Why. */
    public Kind kind() {
        return kind;
    }
}
