package dev.tidemark.engine.space;

import java.util.Arrays;

/**
 * Chooses the physical blocks of new writes. It is not part of the state: replay never asks it, and after recovery it
 * is
 * made anew from the reference counts ({@link #use}).
 *
 * <p>Space is divided into regions of {@value #REGION_BLOCKS} blocks. Blocks come from one current region, in ascending
 * order, so that what is written together lies together; a region that is used up is followed by the emptiest one
 * below the high-water mark if enough of it is free, else by a fresh one above the mark, else by the emptiest there
 * is. Block 0 is never given.
 *
 * <p>A bitmap exists only for a region that is partly used; regions of about the same room hang in one list, so
 * choosing and giving back take constant time. One thread.
 */
public final class Allocator {
    /** Blocks in a region: 128 MiB of 4 KiB blocks, whose bitmap is 4 KiB. */
    public static final int REGION_BLOCKS = 32_768;

    /**
     * A region below the high-water mark is used again, rather than a fresh one, when this share of it is free. Under
     * random rewriting of single blocks (simulated, 8 times the data) the file ends at 1.7 times its data, and runs are
     * 3.1 blocks long; a share of 0.25 gives 1.3 times and 1.7 blocks, 0.75 gives 2.4 times and 7.2 blocks.
     */
    public static final double DEFAULT_REUSE_SHARE = 0.5;

    private static final int WORDS = REGION_BLOCKS / 64;
    private static final int LENGTH_BITS = 16;
    /** Lists by free blocks: list i holds regions with i * 512 + 1 to (i + 1) * 512 of them. */
    private static final int LISTS = 64;

    private static final int LIST_BLOCKS = REGION_BLOCKS / LISTS;
    private static final int NONE = -1;
    private static final int FIRST_REGIONS = 8;

    private final int reuseBlocks;
    private final long reserveBlocks;
    private long capacityBlocks;

    /** By region: free blocks, the bitmap (1 = used; null = all free or all used), neighbours in its list. */
    private int[] free = new int[FIRST_REGIONS];

    private long[][] bitmaps = new long[FIRST_REGIONS][];
    private int[] next = new int[FIRST_REGIONS];
    private int[] previous = new int[FIRST_REGIONS];
    private final int[] heads = new int[LISTS];
    private long[][] spareBitmaps = new long[FIRST_REGIONS][];
    private int spareCount;

    /** Regions below the high-water mark. */
    private int regions;

    private long freeBelow;
    private int current = NONE;
    private int cursor;
    private long highWaterBlocks = 1;

    /**
     * All blocks are free.
     *
     * @param capacityBlocks how many blocks the exception store may have, block 0 included; 2 to 2^46
     * @param reserveBlocks how many free blocks only urgent requests get, 0 or more
     */
    public Allocator(long capacityBlocks, long reserveBlocks) {
        this(capacityBlocks, reserveBlocks, DEFAULT_REUSE_SHARE);
    }

    /**
     * @param reuseShare see {@link #DEFAULT_REUSE_SHARE}; above 0, at most 1
     */
    public Allocator(long capacityBlocks, long reserveBlocks, double reuseShare) {
        if (capacityBlocks < 2 || capacityBlocks > (long) REGION_BLOCKS * Integer.MAX_VALUE) {
            throw new IllegalArgumentException("capacityBlocks=" + capacityBlocks);
        }
        if (reserveBlocks < 0 || !(reuseShare > 0 && reuseShare <= 1)) {
            throw new IllegalArgumentException("reserveBlocks=" + reserveBlocks + " reuseShare=" + reuseShare);
        }
        this.capacityBlocks = capacityBlocks;
        this.reserveBlocks = reserveBlocks;
        reuseBlocks = (int) (REGION_BLOCKS * reuseShare);
        Arrays.fill(heads, NONE);
    }

    /**
     * A reserve that lets the largest request overwrite blocks of its own in a store that is full: 1/64 of the
     * capacity,
     * at least {@code largestRequestBlocks}, at most 1/8 of the capacity.
     */
    public static long defaultReserve(long capacityBlocks, long largestRequestBlocks) {
        return Math.min(capacityBlocks / 8, Math.max(largestRequestBlocks, capacityBlocks / 64));
    }

    /**
     * Takes a run of at most {@code maxBlocks} (1 to {@value #REGION_BLOCKS}) adjacent free blocks. A request of
     * several
     * runs asks {@link #room} first.
     *
     * @param urgent whether the reserve may be used: only for overwrites of blocks owned alone
     * @return the run, for {@link #start} and {@link #length}; 0 when there is no room
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
            if (current == NONE) {
                chooseRegion();
            }
            int from = nextFree(cursor);
            if (from < REGION_BLOCKS) {
                int length = takeRun(from, wanted);
                cursor = from + length;
                long start = (long) current * REGION_BLOCKS + from;
                highWaterBlocks = Math.max(highWaterBlocks, start + length);
                return start << LENGTH_BITS | length;
            }
            leaveRegion();
        }
    }

    /** The first block of a run that {@link #allocate} returned. */
    public static long start(long run) {
        return run >>> LENGTH_BITS;
    }

    /** The blocks of a run that {@link #allocate} returned, 1 to {@value #REGION_BLOCKS}. */
    public static int length(long run) {
        return (int) run & ((1 << LENGTH_BITS) - 1);
    }

    /**
     * Gives blocks back.
     *
     * @throws IllegalStateException when one of them is free already
     */
    public void give(long start, long length) {
        requireRange(start, length);
        for (long done = 0; done < length; ) {
            int region = (int) ((start + done) / REGION_BLOCKS);
            int from = (int) ((start + done) % REGION_BLOCKS);
            int count = (int) Math.min(REGION_BLOCKS - from, length - done);
            if (region >= regions) {
                throw new IllegalStateException("blocks " + start + "+" + length + " were never taken");
            }
            mark(region, from, count, false);
            done += count;
        }
    }

    /**
     * Marks free blocks as used, above the high-water mark too: for building after recovery.
     *
     * @throws IllegalStateException when one of them is used already
     */
    public void use(long start, long length) {
        requireRange(start, length);
        if (start + length > capacityBlocks) {
            throw new IllegalStateException("blocks " + start + "+" + length + " lie beyond " + capacityBlocks);
        }
        for (long done = 0; done < length; ) {
            int region = (int) ((start + done) / REGION_BLOCKS);
            int from = (int) ((start + done) % REGION_BLOCKS);
            int count = (int) Math.min(REGION_BLOCKS - from, length - done);
            while (regions <= region) {
                addRegion();
            }
            mark(region, from, count, true);
            done += count;
        }
        highWaterBlocks = Math.max(highWaterBlocks, start + length);
    }

    /** How many blocks may be taken now. */
    public long room(boolean urgent) {
        return urgent ? freeBlocks() : Math.max(0, freeBlocks() - reserveBlocks);
    }

    /** Free blocks, the reserve included, those that wait in {@link PendingFrees} not. */
    public long freeBlocks() {
        return freeBelow + Math.max(0, capacityBlocks - Math.max(1, (long) regions * REGION_BLOCKS));
    }

    public long reserveBlocks() {
        return reserveBlocks;
    }

    public long capacityBlocks() {
        return capacityBlocks;
    }

    /** One more than the greatest block that was ever taken: what the file must hold. */
    public long highWaterBlocks() {
        return highWaterBlocks;
    }

    /** Heap bytes. */
    public long memoryBytes() {
        long bytes = (4L * 3 + 8L * 2) * free.length;
        for (int i = 0; i < regions; i++) {
            bytes += bitmaps[i] == null ? 0 : WORDS * 8L + 16;
        }
        return bytes + spareCount * (WORDS * 8L + 16);
    }

    // ---- regions

    private void chooseRegion() {
        int best = emptiest();
        boolean mayGrow = (long) regions * REGION_BLOCKS < capacityBlocks;
        if (mayGrow && (best == NONE || free[best] < reuseBlocks)) {
            addRegion();
            best = regions - 1;
        }
        if (best == NONE) {
            throw new IllegalStateException("no region has free blocks, but " + freeBlocks() + " are free");
        }
        unlist(best);
        current = best;
        cursor = 0;
    }

    private void leaveRegion() {
        int left = current;
        current = NONE;
        list(left);
    }

    private int emptiest() {
        for (int i = LISTS - 1; i >= 0; i--) {
            if (heads[i] != NONE) {
                return heads[i];
            }
        }
        return NONE;
    }

    /** Adds the region above the high-water mark. Blocks beyond the capacity, and block 0, are used for ever. */
    private void addRegion() {
        int region = regions;
        if (region == free.length) {
            int larger = region + Math.max(FIRST_REGIONS, region / 2);
            free = Arrays.copyOf(free, larger);
            bitmaps = Arrays.copyOf(bitmaps, larger);
            next = Arrays.copyOf(next, larger);
            previous = Arrays.copyOf(previous, larger);
        }
        regions++;
        free[region] = REGION_BLOCKS;
        freeBelow += REGION_BLOCKS;
        list(region);
        long first = (long) region * REGION_BLOCKS;
        if (region == 0) {
            mark(0, 0, 1, true);
        }
        if (first + REGION_BLOCKS > capacityBlocks) {
            int inside = (int) (capacityBlocks - first);
            mark(region, inside, REGION_BLOCKS - inside, true);
        }
    }

    private void list(int region) {
        if (free[region] == 0) {
            return;
        }
        int list = (free[region] - 1) / LIST_BLOCKS;
        next[region] = heads[list];
        previous[region] = NONE;
        if (heads[list] != NONE) {
            previous[heads[list]] = region;
        }
        heads[list] = region;
    }

    private void unlist(int region) {
        if (free[region] == 0) {
            return;
        }
        if (next[region] != NONE) {
            previous[next[region]] = previous[region];
        }
        if (previous[region] != NONE) {
            next[previous[region]] = next[region];
        } else {
            heads[(free[region] - 1) / LIST_BLOCKS] = next[region];
        }
    }

    // ---- bitmaps

    /** The first free block of the current region at or after {@code from}, {@link #REGION_BLOCKS} for none. */
    private int nextFree(int from) {
        long[] bitmap = bitmaps[current];
        if (bitmap == null) {
            return free[current] == 0 ? REGION_BLOCKS : from;
        }
        int word = from >>> 6;
        if (word == WORDS) {
            return REGION_BLOCKS;
        }
        long bits = ~bitmap[word] & (-1L << from);
        while (bits == 0) {
            if (++word == WORDS) {
                return REGION_BLOCKS;
            }
            bits = ~bitmap[word];
        }
        return (word << 6) + Long.numberOfTrailingZeros(bits);
    }

    /** Takes free blocks of the current region from {@code from} on, as long as they are adjacent. */
    private int takeRun(int from, int wanted) {
        int length = Math.min(wanted, nextUsed(bitmaps[current], from) - from);
        mark(current, from, length, true);
        return length;
    }

    private static int nextUsed(long[] bitmap, int from) {
        if (bitmap == null) {
            return REGION_BLOCKS;
        }
        int word = from >>> 6;
        long bits = bitmap[word] & (-1L << from);
        while (bits == 0) {
            if (++word == WORDS) {
                return REGION_BLOCKS;
            }
            bits = bitmap[word];
        }
        return (word << 6) + Long.numberOfTrailingZeros(bits);
    }

    private void mark(int region, int from, int count, boolean used) {
        if (region != current) {
            unlist(region);
        }
        long[] bitmap = bitmaps[region];
        if (bitmap == null) {
            bitmap = takeBitmap(free[region] == 0);
            bitmaps[region] = bitmap;
        }
        int done = 0;
        while (done < count) {
            int bit = (from + done) & 63;
            int bits = Math.min(64 - bit, count - done);
            long mask = (bits == 64 ? -1L : (1L << bits) - 1) << bit;
            int word = (from + done) >>> 6;
            if ((bitmap[word] & mask) != (used ? 0 : mask)) {
                throw new IllegalStateException("blocks " + ((long) region * REGION_BLOCKS + from) + "+" + count
                        + (used ? " are used already" : " are free already"));
            }
            bitmap[word] ^= mask;
            done += bits;
        }
        free[region] += used ? -count : count;
        freeBelow += used ? -count : count;
        if (free[region] == 0 || free[region] == REGION_BLOCKS) {
            bitmaps[region] = null;
            giveBitmap(bitmap);
        }
        if (region != current) {
            list(region);
        }
    }

    private long[] takeBitmap(boolean used) {
        long[] bitmap = spareCount > 0 ? spareBitmaps[--spareCount] : new long[WORDS];
        Arrays.fill(bitmap, used ? -1L : 0L);
        return bitmap;
    }

    private void giveBitmap(long[] bitmap) {
        if (spareCount < spareBitmaps.length) {
            spareBitmaps[spareCount++] = bitmap;
        }
    }

    private static void requireRange(long start, long length) {
        if (start < 1 || length < 1) {
            throw new IllegalArgumentException("blocks " + start + "+" + length);
        }
    }
}
