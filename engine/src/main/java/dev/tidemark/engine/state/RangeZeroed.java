package dev.tidemark.engine.state;

/**
 * A range of bytes of one volume was zeroed in one event: at most two partial blocks rewritten, and the whole blocks
 * between them unmapped. A mutable flyweight; a part that is not there has no blocks. One thread at a time.
 */
public final class RangeZeroed implements Event {
    private final BlocksWritten head = new BlocksWritten();
    private final BlocksUnmapped middle = new BlocksUnmapped();
    private final BlocksWritten tail = new BlocksWritten();
    private long timeMs;

    /** Begins an event without parts. */
    public RangeZeroed reset(long newTimeMs) {
        timeMs = newTimeMs;
        head.reset(newTimeMs, 0, 0);
        middle.set(newTimeMs, 0, 0, 0, 0);
        tail.reset(newTimeMs, 0, 0);
        return this;
    }

    @Override
    public long timeMs() {
        return timeMs;
    }

    /** The rewritten block at the beginning; no blocks when the range begins at a block's edge. */
    public BlocksWritten head() {
        return head;
    }

    /** The whole blocks; none when the range lies inside two blocks. */
    public BlocksUnmapped middle() {
        return middle;
    }

    /** The rewritten block at the end; no blocks when the range ends at a block's edge. */
    public BlocksWritten tail() {
        return tail;
    }

    /** The volume that all parts name. */
    public long volumeId() {
        if (middle.blocks() > 0) {
            return middle.volumeId();
        }
        return head.blocks() > 0 ? head.volumeId() : tail.volumeId();
    }

    @Override
    public boolean equals(Object object) {
        return object instanceof RangeZeroed other
                && timeMs == other.timeMs
                && head.equals(other.head)
                && middle.equals(other.middle)
                && tail.equals(other.tail);
    }

    @Override
    public int hashCode() {
        return (head.hashCode() * 31 + middle.hashCode()) * 31 + tail.hashCode();
    }

    @Override
    public String toString() {
        return "RangeZeroed[" + head + " " + middle + " " + tail + "]";
    }
}
