package dev.tidemark.engine.read;

import java.io.IOException;

/** A block's content does not match its checksum. Its bytes are never returned as data. */
public final class BlockDamagedException extends IOException {
    private static final long serialVersionUID = 1L;

    private final long volumeId;
    private final long block;
    private final long physical;

    BlockDamagedException(String message, long volumeId, long block, long physical) {
        super(message);
        this.volumeId = volumeId;
        this.block = block;
        this.physical = physical;
    }

    /** The volume that was read. */
    public long volumeId() {
        return volumeId;
    }

    /** The logical block. */
    public long block() {
        return block;
    }

    /** The physical block. */
    public long physical() {
        return physical;
    }
}
