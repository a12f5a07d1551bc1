package dev.tidemark.journal;

import java.util.Objects;
import java.util.UUID;

/**
 * What the caller of a recovery knows from elsewhere (its checkpoint).
 *
 * @param floorOffset bytes; a frame boundary. Frames and segments below are no longer needed, and whatever is found
 * there is ignored; 0 means that everything is needed
 * @param floorSeq the seq of the last event below the floor; {@link #ANY_SEQ} will do if the floor is where a
 *     segment begins
 * @param durableOffset bytes; everything below is known to have been durable, so a journal that ends before is damaged
 * @param floorEpoch the epoch of the last frame below the floor, 0 if it is not known: a frame of a lower one behind
 *     the floor is a remain of a history that was cut
 * @param store the store that the journal must belong to, or null for whichever it says
 */
public record Known(long floorOffset, long floorSeq, int floorEpoch, long durableOffset, UUID store) {
    /** A floor whose seq is not known. */
    public static final long ANY_SEQ = -1;

    /** Nothing is known: everything is needed, and the journal speaks for itself. */
    public static final Known NOTHING = new Known(0, ANY_SEQ, 0, null);

    /** What is known without the epoch at the floor. */
    public Known(long floorOffset, long floorSeq, long durableOffset, UUID store) {
        this(floorOffset, floorSeq, 0, durableOffset, store);
    }

    public Known {
        if (floorOffset < 0 || floorOffset % FrameDescriptor.ALIGNMENT != 0) {
            throw new IllegalArgumentException("floorOffset=" + floorOffset + ": not the boundary of a frame");
        }
        if (floorSeq < ANY_SEQ) {
            throw new IllegalArgumentException("floorSeq=" + floorSeq + ": negative");
        }
        if (floorEpoch < 0) {
            throw new IllegalArgumentException("floorEpoch=" + floorEpoch + ": negative");
        }
        if (durableOffset < 0) {
            throw new IllegalArgumentException("durableOffset=" + durableOffset + ": negative");
        }
    }

    /**
     * Evidence of the caller alone: a checkpoint at a frame boundary, which is durable itself.
     *
     * @param epoch of the open that took it
     */
    public static Known checkpoint(long offset, long seq, int epoch, UUID store) {
        return new Known(offset, seq, epoch, offset, Objects.requireNonNull(store));
    }
}
