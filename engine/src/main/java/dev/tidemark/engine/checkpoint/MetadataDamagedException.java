package dev.tidemark.engine.checkpoint;

import java.io.IOException;

/** Something in the metadata file is not what was written there. Nothing was changed. */
public final class MetadataDamagedException extends IOException {
    private static final long serialVersionUID = 1L;

    private final PageKind kind;
    private final long index;
    private final long slot;

    /**
     * @param kind what stands there
     * @param index its place among its kind
     * @param slot where, unsigned
     * @param problem what is wrong with it
     */
    public MetadataDamagedException(PageKind kind, long index, int slot, String problem) {
        super(MetadataFile.FILE_NAME + " is damaged: " + kind + " " + index + " in slot " + Integer.toUnsignedLong(slot)
                + ": " + problem);
        this.kind = kind;
        this.index = index;
        this.slot = Integer.toUnsignedLong(slot);
    }

    /** What stands there. */
    public PageKind kind() {
        return kind;
    }

    /** Its place among its kind. */
    public long index() {
        return index;
    }

    /** The slot, unsigned. */
    public long slot() {
        return slot;
    }
}
