package dev.tidemark.engine;

/** A block's content does not match its checksum: an I/O error that names volume, block and seq. */
public final class ChecksumException extends StoreException {
    private static final long serialVersionUID = 1L;

    private final long volumeId;
    private final long block;

    ChecksumException(String message, long volumeId, long block, Throwable cause) {
        super(FAILED, message, cause);
        this.volumeId = volumeId;
        this.block = block;
    }

    /** The volume's id. */
    public long volumeId() {
        return volumeId;
    }

    /** The logical block, from 0. */
    public long block() {
        return block;
    }
}
