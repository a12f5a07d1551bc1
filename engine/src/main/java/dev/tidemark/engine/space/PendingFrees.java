package dev.tidemark.engine.space;

import dev.tidemark.engine.mapping.LongQueue;

/**
 * Freed blocks that may not be used again yet: until the event that freed them is proven durable, and no reader that
 * could
 * still look at them is pinned. First in, first out. One thread.
 *
 * <p><i>Position</i> is any ascending measure of history, the freeing event's seq or the end offset of its frame, as
 * long
 * as {@link #release} is asked in the same measure.
 */
public final class PendingFrees {
    /** A MiB: more than waits from one proof to the next under random rewriting, so that this allocates nothing. */
    private static final int KEPT_VALUES = 1 << 17;

    private static final int LENGTH_BITS = 16;
    private static final int MAX_LENGTH = (1 << LENGTH_BITS) - 1;
    private static final int HEADER = 3;

    /** Groups of { position, epoch, number of runs, runs … }; a run is start &lt;&lt; 16 | length. */
    private final LongQueue queue = new LongQueue(KEPT_VALUES);

    private long blocks;
    private long lastPosition;
    private long lastEpoch;
    /** Where the last group begins, counted from the first value that was ever added. */
    private long lastGroup;

    private long added;
    private long removed;

    /**
     * Takes what an event freed, and clears it. Groups of one epoch are kept as one with the last one's position: a
     * block may wait a little longer than it must, never shorter.
     *
     * @param position of the freeing event; not less than the one before
     * @param epoch in which the blocks were unlinked (see {@link dev.tidemark.engine.mapping.PageStore#epoch}); not
     * less
     *     than the one before
     */
    public void add(long position, long epoch, FreedBlocks freed) {
        if (freed.isEmpty()) {
            return;
        }
        if (position < lastPosition || epoch < lastEpoch) {
            throw new IllegalArgumentException(
                    "position " + position + " epoch " + epoch + " after " + lastPosition + " and " + lastEpoch);
        }
        if (queue.isEmpty() || epoch != lastEpoch) {
            lastGroup = added;
            push(position);
            push(epoch);
            push(0);
        } else {
            queue.set(lastGroup - removed, position);
        }
        lastPosition = position;
        lastEpoch = epoch;
        long before = added;
        for (int i = 0; i < freed.runs(); i++) {
            addRun(freed.start(i), freed.length(i));
        }
        long runs = lastGroup + 2 - removed;
        queue.set(runs, queue.get(runs) + (added - before));
        blocks += freed.blocks();
        freed.clear();
    }

    /**
     * Gives back to the allocator what was freed at or before {@code provenPosition} and in an epoch before {@code
     * safeEpoch}; returns how many blocks.
     */
    public long release(long provenPosition, long safeEpoch, Allocator allocator) {
        long given = 0;
        while (!queue.isEmpty() && queue.get(0) <= provenPosition && queue.get(1) < safeEpoch) {
            long runs = queue.get(2);
            for (int i = 0; i < HEADER; i++) {
                pop();
            }
            for (long i = 0; i < runs; i++) {
                long run = pop();
                allocator.give(run >>> LENGTH_BITS, run & MAX_LENGTH);
                given += run & MAX_LENGTH;
            }
        }
        blocks -= given;
        return given;
    }

    /** How many blocks wait. */
    public long blocks() {
        return blocks;
    }

    /** The position that must be proven before the oldest that wait can go; 0 when none wait. */
    public long oldestPosition() {
        return queue.isEmpty() ? 0 : queue.get(0);
    }

    /** Heap bytes: 8 for each run of at most 65,535 blocks, 24 for each epoch, up to twice of it while it grows. */
    public long memoryBytes() {
        return queue.memoryBytes();
    }

    private void addRun(long start, long length) {
        for (long done = 0; done < length; ) {
            long part = Math.min(MAX_LENGTH, length - done);
            push((start + done) << LENGTH_BITS | part);
            done += part;
        }
    }

    private void push(long value) {
        queue.add(value);
        added++;
    }

    private long pop() {
        removed++;
        return queue.remove();
    }
}
