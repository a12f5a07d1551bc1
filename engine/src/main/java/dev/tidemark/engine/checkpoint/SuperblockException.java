package dev.tidemark.engine.checkpoint;

import java.io.IOException;

/** The superblock can't be used. Nothing was changed. */
public final class SuperblockException extends IOException {
    private static final long serialVersionUID = 1L;

    /** Why. */
    public enum Kind {
        /** Neither copy is whole. */
        DAMAGED,
        /** Written by a newer version. */
        TOO_NEW
    }

    private final Kind kind;

    SuperblockException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    /** Why it can't be used. */
    public Kind kind() {
        return kind;
    }
}
