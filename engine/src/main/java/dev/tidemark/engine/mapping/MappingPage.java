package dev.tidemark.engine.mapping;

import org.agrona.UnsafeApi;

/**
 * The layout of a page of a mapping tree: {@value #ENTRIES} entries of 16 bytes, in a leaf one for each block, in an
 * inner page one for each child.
 *
 * <pre>
 *   leaf   0: | physical block (48 bits)            | flags (16) |    place; 0 = unmapped
 *          8: | CRC32C of the block (32) | version of the entry (32) |
 *   inner  0: | page id of the child (48)           | 0 (16)     |    0 = nothing mapped below
 *          8: | mapped blocks below the child (64)               |
 * </pre>
 *
 * (low bits first). The first level of pages above the blocks are the leaves, of height 1; a page of height {@code h}
 * spans 256^h blocks.
 *
 * <p><b>Invariant M1: a place is never read with another place's checksum.</b> The version makes a leaf entry a
 * sequence lock: the writer makes it odd, stores the place, then stores the checksum with the next even version, in
 * this order for every reader (a store fence, a release store). A reader takes the second word, the place, and the
 * second word again (an acquire load, a load fence), and starts again unless both are the same and even. The version
 * comes around only after 2^31 changes of one entry within those three loads. A page that no reader can reach yet is
 * filled with plain stores and linked by a release store.
 */
final class MappingPage {
    static final int ENTRY_BITS = 8;
    static final int ENTRIES = 1 << ENTRY_BITS;
    static final int MAX_HEIGHT = 6;

    private static final int ENTRY_SHIFT = 4;
    private static final int SECOND = 8;
    private static final long PHYSICAL_MASK = (1L << 48) - 1;
    private static final int FLAGS_SHIFT = 48;
    private static final long CHECKSUM_MASK = 0xFFFF_FFFFL;
    private static final long VERSION_STEP = 1L << 32;

    private MappingPage() {}

    /** How many blocks a page of this height spans. */
    static long span(int height) {
        return 1L << (ENTRY_BITS * height);
    }

    /** The index of the entry that leads to a block in a page of this height. */
    static int index(long block, int height) {
        return (int) (block >>> (ENTRY_BITS * (height - 1))) & (ENTRIES - 1);
    }

    static long entry(long page, int index) {
        return page + ((long) index << ENTRY_SHIFT);
    }

    // Inner pages.

    static long child(long entry) {
        return UnsafeApi.getLongAcquire(null, entry);
    }

    static void link(long entry, long child) {
        UnsafeApi.putLongRelease(null, entry, child);
    }

    static long mapped(long entry) {
        return UnsafeApi.getLongOpaque(null, entry + SECOND);
    }

    static void mapped(long entry, long count) {
        UnsafeApi.putLongOpaque(null, entry + SECOND, count);
    }

    // Leaves.

    static long pack(long physical, int flags) {
        return physical | ((long) flags << FLAGS_SHIFT);
    }

    static long physical(long place) {
        return place & PHYSICAL_MASK;
    }

    static int flags(long place) {
        return (int) (place >>> FLAGS_SHIFT);
    }

    /** The first word of an entry, for the writer, or for a reader that needs no checksum. */
    static long place(long entry) {
        return UnsafeApi.getLongOpaque(null, entry);
    }

    /** Collects the physical blocks that entries {@code from} to {@code to} of a leaf refer to; returns how many. */
    static int mappedPlaces(long page, int from, int to, long[] physicals) {
        int count = 0;
        for (int i = from; i < to; i++) {
            long physical = physical(place(entry(page, i)));
            physicals[count] = physical;
            count += physical == 0 ? 0 : 1;
        }
        return count;
    }

    /** The checksum of an entry, for the writer. */
    static int checksum(long entry) {
        return (int) UnsafeApi.getLong(entry + SECOND);
    }

    /** Whether an entry was left in the middle of a change, for checks. */
    static boolean isChanging(long entry) {
        return (UnsafeApi.getLong(entry + SECOND) & VERSION_STEP) != 0;
    }

    /** Changes an entry that readers may be looking at. */
    static void set(long entry, long place, int checksum) {
        long before = UnsafeApi.getLong(entry + SECOND);
        UnsafeApi.putLongOpaque(null, entry + SECOND, before + VERSION_STEP);
        UnsafeApi.storeStoreFence();
        UnsafeApi.putLongOpaque(null, entry, place);
        long version = (before & ~CHECKSUM_MASK) + 2 * VERSION_STEP;
        UnsafeApi.putLongRelease(null, entry + SECOND, version | (checksum & CHECKSUM_MASK));
    }

    /** Fills an entry of a page that no reader can reach. */
    static void fill(long entry, long place, int checksum) {
        UnsafeApi.putLong(entry, place);
        UnsafeApi.putLong(entry + SECOND, checksum & CHECKSUM_MASK);
    }

    /** Empties an entry, leaf or inner, of a page that no reader can reach. */
    static void clear(long entry) {
        UnsafeApi.putLong(entry, 0);
        UnsafeApi.putLong(entry + SECOND, 0);
    }

    /** The first of the loads of M1: waits until the writer has left the entry. */
    static long begin(long entry) {
        long second = UnsafeApi.getLongAcquire(null, entry + SECOND);
        while ((second & VERSION_STEP) != 0) {
            second = UnsafeApi.getLongAcquire(null, entry + SECOND);
        }
        return second;
    }

    /** The last of the loads of M1: whether what was read since {@link #begin} belongs together. */
    static boolean valid(long entry, long begun) {
        UnsafeApi.loadFence();
        return UnsafeApi.getLongOpaque(null, entry + SECOND) == begun;
    }
}
