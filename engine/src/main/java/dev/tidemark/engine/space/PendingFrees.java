package dev.tidemark.engine.space;

import java.util.Arrays;

/**
 * Freed blocks that may not be used again yet: until the event that freed them is proven durable, and no reader that
 * could still look at them is pinned. First in, first out. Nothing refers to such a block any more, so whoever wants to
 * know what is free in a region asks here as well ({@link #mark}): the runs of each region are linked, the newest
 * first. One thread.
 *
 * <p><i>Position</i> is any ascending measure of history, the freeing event's seq or the end offset of its frame, as
 * long as {@link #release} is asked in the same measure.
 */
public final class PendingFrees {
    /** A MiB: more than waits from one proof to the next under random rewriting, so that this allocates nothing. */
    private static final int KEPT_VALUES = 1 << 17;

    private static final int LENGTH_BITS = 16;
    private static final int LENGTH_MASK = (1 << LENGTH_BITS) - 1;
    private static final int HEADER = 3;
    private static final int FIRST_CAPACITY = 64;
    private static final int SHRINK_SHARE = 8;
    private static final int FIRST_REGIONS = 8;

    /**
     * A ring of groups of { position, epoch, number of runs, runs … }; a run is start &lt;&lt; 16 | length, and lies
     * within a region.
     */
    private long[] items = new long[FIRST_CAPACITY];
    /** For a run, how many places back the one before it in its region is; 0 for none. */
    private int[] older = new int[FIRST_CAPACITY];
    /** By region: one more than the place of its newest run. Places are counted from the first item ever added. */
    private long[] newest = new long[FIRST_REGIONS];

    private long removed;
    private long added;
    private long blocks;
    private long lastPosition;
    private long lastEpoch;
    /** Where the last group begins. */
    private long lastGroup;
    /** How many runs are left of a group that went in part, and its position: the rest may go whenever it is asked. */
    private long openRuns;

    private long openPosition;

    /**
     * Takes what an event freed, and clears it. Groups of one epoch are kept as one with the last one's position: a
     * block may wait a little longer than it must, never shorter.
     *
     * @param position of the freeing event; not less than the one before
     * @param epoch in which the blocks were unlinked (see {@link dev.tidemark.engine.mapping.PageStore#epoch}); not
     *     less than the one before
     */
    public void add(long position, long epoch, FreedBlocks freed) {
        if (freed.isEmpty()) {
            return;
        }
        if (position < lastPosition || epoch < lastEpoch) {
            throw new IllegalArgumentException(
                    "position " + position + " epoch " + epoch + " after " + lastPosition + " and " + lastEpoch);
        }
        if (removed == added || epoch != lastEpoch || lastGroup < removed) { // one that went in part takes no more
            lastGroup = added;
            push(position, 0);
            push(epoch, 0);
            push(0, 0);
        } else {
            items[at(lastGroup)] = position;
        }
        lastPosition = position;
        lastEpoch = epoch;
        long before = added;
        for (int i = 0; i < freed.runs(); i++) {
            addRun(freed.start(i), freed.length(i));
        }
        items[at(lastGroup + 2)] += added - before;
        blocks += freed.blocks();
        freed.clear();
    }

    /**
     * Gives back to the allocator what was freed at or before {@code provenPosition} and in an epoch before {@code
     * safeEpoch}; returns how many blocks.
     */
    public long release(long provenPosition, long safeEpoch, Allocator allocator) {
        return release(provenPosition, safeEpoch, Long.MAX_VALUE, allocator);
    }

    /**
     * The same for at most {@code mostRuns} runs (1 or more), which bounds what one call does; {@link #mayRelease}
     * tells whether there is more.
     */
    public long release(long provenPosition, long safeEpoch, long mostRuns, Allocator allocator) {
        long given = 0;
        long left = mostRuns;
        while (left > 0 && mayRelease(provenPosition, safeEpoch)) {
            if (openRuns == 0) {
                openPosition = items[at(removed)];
                openRuns = items[at(removed + 2)];
                removed += HEADER;
            }
            long runs = Math.min(left, openRuns);
            for (long i = 0; i < runs; i++) {
                long run = items[at(removed)];
                removed++;
                allocator.give(run >>> LENGTH_BITS, run & LENGTH_MASK);
                given += run & LENGTH_MASK;
            }
            openRuns -= runs;
            left -= runs;
        }
        blocks -= given;
        if (added - removed < items.length / SHRINK_SHARE && items.length > KEPT_VALUES) {
            resize(items.length / 2);
        }
        return given;
    }

    /** Whether {@link #release} would give something back. */
    public boolean mayRelease(long provenPosition, long safeEpoch) {
        return openRuns > 0
                || (removed != added && items[at(removed)] <= provenPosition && items[at(removed + 1)] < safeEpoch);
    }

    /** How many blocks wait. */
    public long blocks() {
        return blocks;
    }

    /** How many blocks of a region wait. */
    int blocksIn(int region) {
        int waiting = 0;
        for (long place = newestIn(region); place >= removed; place = before(place)) {
            waiting += (int) (items[at(place)] & LENGTH_MASK);
        }
        return waiting;
    }

    /** Sets the bits of the blocks of a region that wait. */
    void mark(int region, long[] bits) {
        for (long place = newestIn(region); place >= removed; place = before(place)) {
            long run = items[at(place)];
            Bits.set(bits, (int) ((run >>> LENGTH_BITS) % Allocator.REGION_BLOCKS), (int) (run & LENGTH_MASK));
        }
    }

    private long newestIn(int region) {
        return region < newest.length ? newest[region] - 1 : -1;
    }

    private long before(long place) {
        int distance = older[at(place)];
        return distance == 0 ? -1 : place - distance;
    }

    /** The position that must be proven before the oldest that wait can go; 0 when none wait. */
    public long oldestPosition() {
        if (removed == added) {
            return 0;
        }
        return openRuns > 0 ? openPosition : items[at(removed)];
    }

    /** Heap bytes: 12 for each run, 36 for each epoch, up to twice of it while it grows, 8 for each region. */
    public long memoryBytes() {
        return (8L + 4) * items.length + 8L * newest.length;
    }

    private void addRun(long start, long length) {
        for (long done = 0; done < length; ) {
            long first = start + done;
            int region = (int) (first / Allocator.REGION_BLOCKS);
            long part = Math.min((region + 1L) * Allocator.REGION_BLOCKS - first, length - done);
            if (region >= newest.length) {
                newest = Arrays.copyOf(newest, region + Math.max(FIRST_REGIONS, region / 2));
            }
            long last = newest[region] - 1;
            push(first << LENGTH_BITS | part, last >= removed ? (int) (added - last) : 0);
            newest[region] = added;
            done += part;
        }
    }

    private void push(long value, int distance) {
        if (added - removed == items.length) {
            resize(items.length * 2);
        }
        items[at(added)] = value;
        older[at(added)] = distance;
        added++;
    }

    private int at(long place) {
        return (int) place & (items.length - 1);
    }

    private void resize(int capacity) {
        long[] otherItems = new long[capacity];
        int[] otherOlder = new int[capacity];
        for (long place = removed; place < added; place++) {
            otherItems[(int) place & (capacity - 1)] = items[at(place)];
            otherOlder[(int) place & (capacity - 1)] = older[at(place)];
        }
        items = otherItems;
        older = otherOlder;
    }
}
