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
 * @param journalEpoch of the open that took it: no frame below the journal offset has a greater one
 * @param version of the format that it is written in
 */
public record CheckpointPlace(
        long number,
        long seq,
        long journalOffset,
        int firstSlot,
        int firstSlots,
        int chunks,
        long lengthBytes,
        int checksum,
        int journalEpoch,
        int version) {
    /** No checkpoint was taken yet. */
    public static final CheckpointPlace NONE = new CheckpointPlace(0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    /** The same, taken in a journal epoch. */
    CheckpointPlace inEpoch(int epoch) {
        return new CheckpointPlace(
                number, seq, journalOffset, firstSlot, firstSlots, chunks, lengthBytes, checksum, epoch, version);
    }

    /** One of this program's version, whose journal epoch is not known. */
    CheckpointPlace(
            long number,
            long seq,
            long journalOffset,
            int firstSlot,
            int firstSlots,
            int chunks,
            long lengthBytes,
            int checksum) {
        this(
                number,
                seq,
                journalOffset,
                firstSlot,
                firstSlots,
                chunks,
                lengthBytes,
                checksum,
                0,
                SuperblockDescriptor.VERSION);
    }

    /** Whether it is written as an older program did. */
    boolean isOutdated() {
        return exists() && version < SuperblockDescriptor.VERSION;
    }

    /** Whether there is one. */
    public boolean exists() {
        return number != 0;
    }
}
