package dev.tidemark.engine.checkpoint;

/**
 * Where the last checkpoint is; part of the superblock. Immutable.
 *
 * @param number of the checkpoint, 1, 2, 3, …; 0 for none
 * @param seq the last event that it holds
 * @param journalOffset of the first frame after it: replay begins there
 * @param firstSlot of the root stream's first chunk
 * @param firstSlots how many slots that chunk has
 * @param chunks of the root stream
 * @param lengthBytes of what the root stream says, all chunks together
 * @param checksum of the root stream
 */
public record CheckpointPlace(
        long number,
        long seq,
        long journalOffset,
        int firstSlot,
        int firstSlots,
        int chunks,
        long lengthBytes,
        int checksum) {
    /** No checkpoint was taken yet. */
    public static final CheckpointPlace NONE = new CheckpointPlace(0, 0, 0, 0, 0, 0, 0, 0);

    /** Whether there is one. */
    public boolean exists() {
        return number != 0;
    }
}
