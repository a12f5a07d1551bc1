package dev.tidemark.engine.space;

import dev.tidemark.engine.mapping.PhysicalBlocks;
import org.agrona.UnsafeApi;

/**
 * The layout of a page of the reference counts, see {@link ReferenceCounts}.
 *
 * <pre>
 *   leaf  (height 1): 1,024 unsigned counts of 4 bytes
 *   inner (height 2 and more): 256 entries of 16 bytes: { page id of the child, 0 = all counts below are 0;
 *                              at height 2: how many counts of the child are not 0, above: 0 }
 * </pre>
 *
 * <p>Links are stored with release, when the page below is filled, and loaded with acquire: whoever brings pages in
 * beside the writer never takes another page's content for links. Everything else is the writer's alone.
 */
final class CountPage {
    static final int LEAF_BLOCKS = PhysicalBlocks.PAGE_BLOCKS;
    static final int LEAF_BITS = 10;
    static final int ENTRY_BITS = 8;
    static final int ENTRIES = 1 << ENTRY_BITS;
    /** 2^50 blocks: more than a 48-bit block number needs. */
    static final int MAX_HEIGHT = 6;

    private static final int ENTRY_SHIFT = 4;
    private static final int SECOND = 8;

    private CountPage() {}

    /** How many blocks a page of this height spans. */
    static long span(int height) {
        return 1L << (LEAF_BITS + ENTRY_BITS * (height - 1));
    }

    /** The index of the entry that leads to a block in an inner page of this height. */
    static int index(long physical, int height) {
        return (int) (physical >>> (LEAF_BITS + ENTRY_BITS * (height - 2))) & (ENTRIES - 1);
    }

    /** Where a block's count is in its leaf. */
    static long slot(long leaf, long physical) {
        return leaf + ((physical & (LEAF_BLOCKS - 1)) << 2);
    }

    static long entry(long page, int index) {
        return page + ((long) index << ENTRY_SHIFT);
    }

    static long child(long entry) {
        return UnsafeApi.getLongAcquire(null, entry);
    }

    static void link(long entry, long child) {
        UnsafeApi.putLongRelease(null, entry, child);
    }

    /** At height 2: how many counts of the child are not 0. */
    static long used(long entry) {
        return UnsafeApi.getLong(entry + SECOND);
    }

    static void used(long entry, long count) {
        UnsafeApi.putLong(entry + SECOND, count);
    }
}
