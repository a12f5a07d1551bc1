package dev.tidemark.engine.space;

import dev.tidemark.engine.mapping.PageUnreadableException;
import java.util.Arrays;

/**
 * Chooses the physical blocks of new writes. It is not part of the state: replay never asks it, and after recovery it
 * is made anew from the reference counts, without looking at them: that comes when it is needed, or when there is time.
 *
 * <p>Space is divided into regions of {@value #REGION_BLOCKS} blocks. Blocks come from one current region, in ascending
 * order, so that what is written together lies together; a region that is used up is followed by the emptiest one
 * below the high-water mark if enough of it is free, else by a fresh one above the mark, else by the emptiest there
 * is. Block 0 is never given.
 *
 * <p>How many blocks are free is known at any time. How they are spread over the regions is learnt region by region:
 *
 * <pre>
 *   UNKNOWN   nothing but what the total says          all regions below the mark, after recovery
 *      │ {@link #examine}: a page of counts tells of several regions
 *      ▼
 *   counted   how many blocks are free; listed by it   kept up to date from then on
 *      │ chosen as the current region: its reference counts are read      ▲ used up, or its rest is
 *      ▼                                                                  │
 *   current   which ones: the one bitmap there is ────────────────────────┘
 *      ╎ its reference counts can't be read
 *      ▼
 *   LOST      not used before the next open
 * </pre>
 *
 * <p><b>Invariant S1: a block is given only when it has no reference, is in no run that was given and is not applied
 * yet, and does not wait in {@link #pending}</b> (G4). The counts tell only the first, so the other two are laid over
 * them: a run is <i>outstanding</i> from {@link #allocate} until {@link #settle} or {@link #cancel}. What is found so
 * is
 * compared with what was counted; a difference is a defect, and nothing of that region is given.
 *
 * <p>One thread.
 */
public final class Allocator {
    /** Blocks in a region: 128 MiB of 4 KiB blocks, whose bitmap is 4 KiB and whose counts are 32 pages. */
    public static final int REGION_BLOCKS = 32_768;

    /** A region below the high-water mark is used again, rather than a fresh one, when this share of it is free. */
    public static final double DEFAULT_REUSE_SHARE = 0.6;

    /**
     * Shorter runs of a region that is used again are left until more next to them is free, as long as the file may
     * still grow. Otherwise runs are two to four blocks long where every region is half full of what a snapshot keeps,
     * and both the writes and the forces pay for each. Under random rewriting of single blocks (simulated) the file
     * ends at 2.5 times its data with 10 blocks a run, right after a snapshot at 2.4 times and 8.6 blocks; without this
     * a share of 0.75 gave 2.5 times and 7.7 blocks, and 2.1 times and 4.4 blocks.
     */
    public static final int SHORT_RUN_BLOCKS = 8;

    /** Regions whose sums stand on one page of the reference counts. */
    public static final int REGIONS_TOGETHER = CountPage.ENTRIES * CountPage.LEAF_BLOCKS / REGION_BLOCKS;

    /** A write waits for so many pages of counts at most, while there is any room that is known. */
    private static final int MOST_LOOKS = 8;

    private static final int LENGTH_BITS = 16;
    private static final int NONE = -1;
    private static final int UNKNOWN = -1;
    private static final int LOST = -2;
    private static final int FIRST_REGIONS = 8;

    private final RegionSource source;
    private final PendingFrees pending = new PendingFrees();
    private final int reuseBlocks;
    private final long reserveBlocks;
    private final long capacityBlocks;
    private final RegionShape shape;

    /** By region: free blocks, {@link #UNKNOWN} or {@link #LOST}. */
    private int[] free = new int[0];

    private final RegionLists lists = new RegionLists();
    /** Regions below the high-water mark. */
    private int regions;
    /** Regions up to here are not unknown. */
    private int examined;

    private long freeBlocks;
    /** Free blocks of lost regions. */
    private long lostBlocks;

    private int current = NONE;
    private int cursor;
    /** Where the run that was taken last goes on; {@link #NONE} before the first. */
    private int goesOnAt;
    /** Shorter runs of the current region are left. */
    private int leastRun;
    /** Whether one was left. */
    private boolean leftShort;
    /** Of the current region: 1 = used. */
    private final long[] bitmap = new long[REGION_BLOCKS / Long.SIZE];

    private final TakenRuns outstanding = new TakenRuns();
    private boolean resumed;
    private long highWaterBlocks;

    /** All below was written to the file: an allocated block there never needs the host's space, but for holes. */
    private long writtenBlocks;
    /** Whether the host had no space behind that: what is free below it is given first, then growing is tried again. */
    private boolean hostFull;
    /** The region in which the file ends while the host is full, in no list; {@link #NONE} for none. */
    private int aside = NONE;

    /**
     * As recovery found it: every block without a reference is free.
     *
     * @param capacityBlocks how many blocks the exception store may have, block 0 included; 2 to 2^46
     * @param reserveBlocks how many free blocks only urgent requests get, 0 or more
     * @param reuseShare see {@link #DEFAULT_REUSE_SHARE}; above 0, at most 1
     * @param highWaterBlocks one more than the greatest block with a reference, 1 for none
     * @param usedBlocks how many have one
     * @param source tells which; asked only later
     */
    public Allocator(
            long capacityBlocks,
            long reserveBlocks,
            double reuseShare,
            long highWaterBlocks,
            long usedBlocks,
            RegionSource source) {
        if (capacityBlocks < 2 || capacityBlocks > (long) REGION_BLOCKS * Integer.MAX_VALUE) {
            throw new IllegalArgumentException("capacityBlocks=" + capacityBlocks);
        }
        if (reserveBlocks < 0 || !(reuseShare > 0 && reuseShare <= 1)) {
            throw new IllegalArgumentException("reserveBlocks=" + reserveBlocks + " reuseShare=" + reuseShare);
        }
        if (highWaterBlocks < 1 || highWaterBlocks > capacityBlocks || usedBlocks > highWaterBlocks - 1) {
            throw new IllegalStateException(
                    usedBlocks + " blocks are used below " + highWaterBlocks + ", of a capacity of " + capacityBlocks);
        }
        this.capacityBlocks = capacityBlocks;
        shape = new RegionShape(capacityBlocks);
        this.reserveBlocks = reserveBlocks;
        this.highWaterBlocks = highWaterBlocks;
        writtenBlocks = highWaterBlocks;
        this.source = source;
        reuseBlocks = (int) (REGION_BLOCKS * reuseShare);
        freeBlocks = capacityBlocks - 1 - usedBlocks;
        int known = highWaterBlocks == 1 ? 0 : regionOf(highWaterBlocks - 1) + 1;
        resize(known);
        Arrays.fill(free, 0, known, UNKNOWN);
        regions = known;
    }

    /** Over the reference counts of a state, with the default share. */
    public static Allocator over(ReferenceCounts counts, long capacityBlocks, long reserveBlocks) {
        return new Allocator(
                capacityBlocks,
                reserveBlocks,
                DEFAULT_REUSE_SHARE,
                counts.highWaterBlocks(),
                counts.usedBlocks(),
                counts.regions());
    }

    /**
     * A reserve that lets the largest request overwrite blocks of its own in a store that is full: 1/64 of the
     * capacity, at least {@code largestRequestBlocks}, at most 1/8 of the capacity.
     */
    public static long defaultReserve(long capacityBlocks, long largestRequestBlocks) {
        return Math.min(capacityBlocks / 8, Math.max(largestRequestBlocks, capacityBlocks / 64));
    }

    /**
     * Takes a run of at most {@code maxBlocks} (1 to {@value #REGION_BLOCKS}) adjacent free blocks, which is
     * outstanding from now on. A request of several runs asks {@link #room} first.
     *
     * @param urgent whether the reserve may be used: only for overwrites of blocks owned alone
     * @return the run, for {@link #start} and {@link #length}; 0 when there is no room, or what was left turned out to
     *     be lost
     */
    public long allocate(int maxBlocks, boolean urgent) {
        if (maxBlocks < 1 || maxBlocks > REGION_BLOCKS) {
            throw new IllegalArgumentException("maxBlocks=" + maxBlocks);
        }
        int wanted = (int) Math.min(maxBlocks, room(urgent));
        if (wanted <= 0) {
            return 0;
        }
        while (true) {
            if (current == NONE && !chooseRegion()) {
                return 0;
            }
            int from = nextRun();
            if (from >= limit() && from < REGION_BLOCKS) {
                hostFull = false;
                listAside();
            } else if (from < REGION_BLOCKS) {
                int length = Math.min(Math.min(wanted, limit() - from), Bits.nextSet(bitmap, from) - from);
                cursor = from + length;
                goesOnAt = cursor;
                return take(from, length);
            }
            if (!leftShort || goesOnAt != NONE) {
                leaveRegion();
            } else { // nothing was taken: who chooses it again must not find the same
                begin(0, 1);
            }
        }
    }

    private int nextRun() {
        int from = Bits.nextClear(bitmap, cursor);
        int end = from == goesOnAt ? REGION_BLOCKS * 2 : Bits.nextSet(bitmap, from);
        while (from < REGION_BLOCKS && end - from < leastRun) {
            leftShort = true;
            from = Bits.nextClear(bitmap, end);
            end = Bits.nextSet(bitmap, from);
        }
        return from;
    }

    private long take(int from, int length) {
        Bits.flip(bitmap, from, length, false);
        free[current] -= length;
        freeBlocks -= length;
        long start = (long) current * REGION_BLOCKS + from;
        highWaterBlocks = Math.max(highWaterBlocks, start + length);
        long run = start << LENGTH_BITS | length;
        outstanding.add(run);
        return run;
    }

    /** The first block of a run that {@link #allocate} returned. */
    public static long start(long run) {
        return run >>> LENGTH_BITS;
    }

    /** The blocks of a run that {@link #allocate} returned, 1 to {@value #REGION_BLOCKS}. */
    public static int length(long run) {
        return (int) run & ((1 << LENGTH_BITS) - 1);
    }

    /** All runs that were taken are in an event that was applied, but for those that were cancelled. */
    public void settle() {
        if (writtenBlocks < highWaterBlocks) {
            writtenBlocks = Math.max(writtenBlocks, outstanding.end());
        }
        outstanding.clear();
    }

    /** Takes an outstanding run back, which never was in an event. */
    public void cancel(long start, int length) {
        if (!outstanding.remove(start << LENGTH_BITS | length)) {
            throw new IllegalStateException("blocks " + start + "+" + length + " are not outstanding");
        }
        give(start, length);
    }

    /**
     * The host had no space for the run that began there, which was cancelled. What is free in the file is given from
     * now on; when nothing is left of it, growing is tried again, and this is called again if that fails.
     */
    public void cannotGrow(long start) {
        if (start < writtenBlocks) {
            return; // a hole: the cursor is behind it
        }
        hostFull = true;
        highWaterBlocks = Math.max(writtenBlocks, outstanding.end());
        if (current != NONE && limit() < REGION_BLOCKS) {
            listAside();
            aside = current;
            current = NONE;
        }
    }

    /** Where, in the current region, the blocks begin that are not to be given. */
    private int limit() {
        long first = (long) current * REGION_BLOCKS;
        return hostFull ? (int) Math.max(0, Math.min(REGION_BLOCKS, writtenBlocks - first)) : REGION_BLOCKS;
    }

    private void listAside() {
        if (aside != NONE) {
            lists.add(aside, free[aside]);
            aside = NONE;
        }
    }

    /**
     * Gives blocks back that have no reference and do not wait any more.
     *
     * @throws IllegalStateException when one of them is known to be free already
     */
    public void give(long start, long length) {
        if (start < 1 || length < 1) {
            throw new IllegalArgumentException("blocks " + start + "+" + length);
        }
        for (long done = 0; done < length; ) {
            int region = regionOf(start + done);
            int from = (int) ((start + done) % REGION_BLOCKS);
            int count = (int) Math.min(REGION_BLOCKS - from, length - done);
            giveInRegion(region, from, count);
            done += count;
        }
    }

    private void giveInRegion(int region, int from, int count) {
        if (region >= regions
                || freeBlocks + count > capacityBlocks - 1
                || (free[region] >= 0 && free[region] + count > shape.usable(region))
                || (region == current && !Bits.flip(bitmap, from, count, true))) {
            throw new IllegalStateException("blocks " + ((long) region * REGION_BLOCKS + from) + "+" + count
                    + " are free already, or were never taken");
        }
        freeBlocks += count;
        if (free[region] == LOST) {
            lostBlocks += count;
        } else if (region == current || region == aside) {
            free[region] += count;
        } else if (free[region] != UNKNOWN) {
            lists.remove(region, free[region]);
            free[region] += count;
            lists.add(region, free[region]);
        }
    }

    /** How many blocks may be taken now. */
    public long room(boolean urgent) {
        return urgent ? freeBlocks() : Math.max(0, freeBlocks() - reserveBlocks);
    }

    /** Free blocks, the reserve included, those that wait in {@link #pending}, or are lost, not. */
    public long freeBlocks() {
        return Math.max(0, freeBlocks - lostBlocks);
    }

    /** Blocks that are free by the counts, but where nothing can be given before the next open. */
    public long lostBlocks() {
        return lostBlocks;
    }

    public long reserveBlocks() {
        return reserveBlocks;
    }

    public long capacityBlocks() {
        return capacityBlocks;
    }

    /** One more than the greatest block that was ever taken, but for those the file could not hold. */
    public long highWaterBlocks() {
        return highWaterBlocks;
    }

    /** The freed blocks of this space that may not be given yet. */
    public PendingFrees pending() {
        return pending;
    }

    /** Heap bytes, without {@link #pending}. */
    public long memoryBytes() {
        return (4L * 3) * free.length + 8L * bitmap.length + outstanding.memoryBytes();
    }

    // ---- regions

    /** Whether there are regions that {@link #examine} has not seen. */
    public boolean hasUnknown() {
        return examined < regions;
    }

    /** Learns how much is free in the next regions, as many as one page of counts tells of. Returns how many. */
    public int examine() {
        int before = examined;
        int end = Math.min(regions, (examined / REGIONS_TOGETHER + 1) * REGIONS_TOGETHER);
        for (; examined < end; examined++) {
            if (free[examined] == UNKNOWN) {
                count(examined);
            }
        }
        return examined - before;
    }

    private void count(int region) {
        try {
            // Runs are outstanding only in regions that were current: those are not unknown.
            int counted = shape.usable(region) - source.usedBlocks(region) - pending.blocksIn(region);
            if (counted < 0) {
                throw new IllegalStateException("region " + region + " has " + counted + " free blocks");
            }
            free[region] = counted;
            lists.add(region, counted);
        } catch (PageUnreadableException e) {
            free[region] = LOST; // how much that is shows when nothing else is left
        }
    }

    /** Makes a region the current one that has free blocks; false when there is none. */
    private boolean chooseRegion() {
        if (!resumed) {
            resumed = true;
            // Goes on where the file ended, so that an open does not leave the rest of a region behind.
            int last = regions - 1;
            if (last >= 0 && enter(last, (int) (highWaterBlocks - (long) last * REGION_BLOCKS))) {
                return true;
            }
        }
        int looks = 0;
        while (true) {
            int best = lists.emptiest();
            if (best == NONE || free[best] < reuseBlocks) {
                if (mayGrow()) {
                    addRegion();
                    return true;
                }
                if (hasUnknown() && (best == NONE || looks < MOST_LOOKS)) {
                    looks++;
                    examine();
                    continue;
                }
            }
            if (best == NONE && hostFull) {
                hostFull = aside != NONE; // first what is free where the file ends
                listAside();
            } else if (best == NONE) {
                lostBlocks = freeBlocks; // no other region has any
                return false;
            } else if (enter(best, 0)) {
                return true;
            }
        }
    }

    private boolean mayGrow() {
        return !hostFull && (long) regions * REGION_BLOCKS < capacityBlocks;
    }

    /** Reads which blocks of a region are free and makes it the current one; false when that can't be told. */
    private boolean enter(int region, int from) {
        int counted = free[region];
        if (counted >= 0) {
            lists.remove(region, counted);
        }
        try {
            source.usedBits(region, bitmap);
        } catch (PageUnreadableException e) {
            lostBlocks += Math.max(counted, 0);
            free[region] = LOST;
            return false;
        }
        shape.markUnusable(region, bitmap);
        pending.mark(region, bitmap);
        outstanding.mark(region, bitmap);
        int found = REGION_BLOCKS - Bits.count(bitmap);
        if (counted >= 0 && counted != found) {
            free[region] = LOST;
            lostBlocks += counted;
            throw new IllegalStateException(
                    "region " + region + " was counted to have " + counted + " free blocks and has " + found);
        }
        free[region] = found;
        current = region;
        begin(from, mayGrow() ? SHORT_RUN_BLOCKS : 1);
        return true;
    }

    /** Takes runs of the current region that are not shorter, from there on. */
    private void begin(int from, int least) {
        cursor = from;
        goesOnAt = NONE;
        leastRun = least;
        leftShort = false;
    }

    private void leaveRegion() {
        lists.add(current, free[current]);
        current = NONE;
    }

    /** Makes the region above the high-water mark the current one. */
    private void addRegion() {
        if (regions == free.length) {
            resize(regions + Math.max(FIRST_REGIONS, regions / 2));
        }
        current = regions++;
        if (examined == current) {
            examined = regions;
        }
        begin(0, 1);
        free[current] = shape.usable(current);
        Arrays.fill(bitmap, 0);
        shape.markUnusable(current, bitmap);
    }

    private static int regionOf(long block) {
        return (int) (block / REGION_BLOCKS);
    }

    private void resize(int size) {
        free = Arrays.copyOf(free, size);
        lists.resize(size);
    }
}
