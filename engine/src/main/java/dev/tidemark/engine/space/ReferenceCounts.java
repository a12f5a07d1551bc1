package dev.tidemark.engine.space;

import dev.tidemark.engine.mapping.PageStore;
import org.agrona.UnsafeApi;

/**
 * A reference count of 32 bits for every physical block, in pages: a sparse radix tree of its own.
 *
 * <pre>
 *   leaf  (height 1): 1,024 unsigned counts of 4 bytes
 *   inner (height 2 and more): 256 entries of 16 bytes: { page id of the child, 0 = all counts below are 0;
 *                              at height 2: how many counts of the child are not 0, above: 0 }
 * </pre>
 *
 * <p>A page without a count that is not 0 is dropped. No page is ever shared and no reader looks at them; the writer
 * changes them in place. Writer thread.
 */
public final class ReferenceCounts {
    /** Blocks that one leaf page counts. */
    public static final int LEAF_BLOCKS = PageStore.PAGE_BYTES / 4;

    private static final int LEAF_BITS = 10;
    private static final int INNER_BITS = 8;
    private static final int INNER_ENTRIES = 1 << INNER_BITS;
    private static final int ENTRY_SHIFT = 4;
    private static final int SECOND = 8;
    /** 2^50 blocks: more than a 48-bit block number needs. */
    private static final int MAX_HEIGHT = 6;

    private static final long MAX_PHYSICAL = (1L << 48) - 1;
    private static final long COUNT_MASK = 0xFFFF_FFFFL;

    private final PageStore pages;
    private long rootPage;
    private int height;
    private long usedBlocks;

    /** The leaf found last: its number (-1 for none), its page's address, the entry above it; good while the stamp is. */
    private long foundLeaf = -1;

    private long foundPage;
    private long foundEntry;
    private long foundStamp;
    private final long[] pathPages = new long[MAX_HEIGHT + 1];

    /** All counts are 0. */
    ReferenceCounts(PageStore pages) {
        this.pages = pages;
    }

    /** How many counts are not 0. */
    public long usedBlocks() {
        return usedBlocks;
    }

    /** The id of the root page, 0 when all counts are 0; for checkpoints and checks. */
    public long rootPage() {
        return rootPage;
    }

    /** The height of the tree: 1 = a leaf, 0 = none. */
    public int height() {
        return height;
    }

    /** The count of one block. */
    public long get(long physical) {
        long page = leafFor(physical, false);
        return page == 0 ? 0 : UnsafeApi.getInt(page + slot(physical)) & COUNT_MASK;
    }

    /** Sets {@code count} adjacent counts, which must be 0, to 1. */
    void claim(long start, int count) {
        if (start < 1 || count < 1 || start > MAX_PHYSICAL - count) {
            throw new IllegalArgumentException("physical blocks " + start + "+" + count);
        }
        int done = 0;
        while (done < count) {
            long physical = start + done;
            int index = (int) physical & (LEAF_BLOCKS - 1);
            int segment = Math.min(LEAF_BLOCKS - index, count - done);
            long page = leafFor(physical, true);
            for (int i = 0; i < segment; i++) {
                long slot = page + ((index + i) << 2);
                if (UnsafeApi.getInt(slot) != 0) {
                    throw new IllegalStateException("physical block " + (physical + i) + " is in use already");
                }
                UnsafeApi.putInt(slot, 1);
            }
            addUsed(segment);
            done += segment;
        }
    }

    /** Adds one to a count that is not 0. */
    void retain(long physical) {
        long page = leafFor(physical, false);
        int count = page == 0 ? 0 : UnsafeApi.getInt(page + slot(physical));
        if (count == 0 || count == -1) {
            throw new IllegalStateException("physical block " + physical + " has " + (count & COUNT_MASK)
                    + " references: no more can be added");
        }
        UnsafeApi.putInt(page + slot(physical), count + 1);
    }

    /** Takes one off a count that is not 0; returns whether it is 0 now. */
    boolean release(long physical) {
        long page = leafFor(physical, false);
        int count = page == 0 ? 0 : UnsafeApi.getInt(page + slot(physical));
        if (count == 0) {
            throw new IllegalStateException("physical block " + physical + " is not in use");
        }
        UnsafeApi.putInt(page + slot(physical), count - 1);
        if (count != 1) {
            return false;
        }
        addUsed(-1);
        return true;
    }

    /** Tells all runs of blocks whose count is not 0, in ascending order. Neighbouring runs may touch. */
    public void usedRuns(UsedRunSink sink) {
        if (rootPage != 0) {
            usedRuns(rootPage, height, 0, sink);
        }
    }

    private void usedRuns(long id, int level, long first, UsedRunSink sink) {
        long page = pages.address(id);
        if (level > 1) {
            for (int i = 0; i < INNER_ENTRIES; i++) {
                long child = UnsafeApi.getLong(page + ((long) i << ENTRY_SHIFT));
                if (child != 0) {
                    usedRuns(child, level - 1, first + i * span(level - 1), sink);
                }
            }
            return;
        }
        int runStart = -1;
        for (int i = 0; i <= LEAF_BLOCKS; i++) {
            boolean used = i < LEAF_BLOCKS && UnsafeApi.getInt(page + ((long) i << 2)) != 0;
            if (used && runStart < 0) {
                runStart = i;
            } else if (!used && runStart >= 0) {
                sink.run(first + runStart, i - runStart);
                runStart = -1;
            }
        }
    }

    private static long slot(long physical) {
        return (physical & (LEAF_BLOCKS - 1)) << 2;
    }

    private static long span(int level) {
        return 1L << (LEAF_BITS + INNER_BITS * (level - 1));
    }

    /** The writable address of the leaf that counts {@code physical}; a missing one is made, or 0 is returned. */
    private long leafFor(long physical, boolean make) {
        long leaf = physical >>> LEAF_BITS;
        if (leaf == foundLeaf && foundStamp == pages.stamp()) {
            return foundPage;
        }
        return findLeaf(physical, make);
    }

    private long findLeaf(long physical, boolean make) {
        foundLeaf = -1;
        if (height == 0 || physical >= span(height)) {
            if (!make) {
                return 0;
            }
            reach(physical);
        }
        long id = rootPage;
        long entry = 0;
        for (int level = height; level > 1; level--) {
            int index = (int) (physical >>> (LEAF_BITS + INNER_BITS * (level - 2))) & (INNER_ENTRIES - 1);
            pathPages[level] = id;
            entry = pages.address(id) + ((long) index << ENTRY_SHIFT);
            long child = UnsafeApi.getLong(entry);
            if (child == 0) {
                if (!make) {
                    return 0;
                }
                child = pages.allocate();
                pages.writable(id);
                UnsafeApi.putLong(entry, child);
            }
            id = child;
        }
        foundLeaf = physical >>> LEAF_BITS;
        foundEntry = entry;
        foundStamp = pages.stamp();
        pathPages[1] = id;
        foundPage = pages.writable(id);
        return foundPage;
    }

    private void reach(long physical) {
        if (height == 0) {
            height = 1;
            while (physical >= span(height)) {
                height++;
            }
            rootPage = pages.allocate();
            return;
        }
        while (physical >= span(height)) {
            long above = pages.allocate();
            long entry = pages.address(above);
            UnsafeApi.putLong(entry, rootPage);
            if (height == 1) {
                UnsafeApi.putLong(entry + SECOND, usedBlocks);
            }
            rootPage = above;
            height++;
        }
    }

    /** Notes that counts of the leaf found last became used or free; drops it when none is used. */
    private void addUsed(int change) {
        usedBlocks += change;
        if (height > 1) {
            pages.writable(pathPages[2]);
            long used = UnsafeApi.getLong(foundEntry + SECOND) + change;
            UnsafeApi.putLong(foundEntry + SECOND, used);
            if (used == 0) {
                dropLeaf();
            }
        } else if (usedBlocks == 0) {
            dropLeaf();
        }
    }

    private void dropLeaf() {
        long firstPhysical = foundLeaf << LEAF_BITS;
        foundLeaf = -1;
        pages.release(pathPages[1]);
        for (int level = 2; level <= height; level++) {
            long page = pages.writable(pathPages[level]);
            int index = (int) (firstPhysical >>> (LEAF_BITS + INNER_BITS * (level - 2))) & (INNER_ENTRIES - 1);
            UnsafeApi.putLong(page + ((long) index << ENTRY_SHIFT), 0);
            for (int i = 0; i < INNER_ENTRIES; i++) {
                if (UnsafeApi.getLong(page + ((long) i << ENTRY_SHIFT)) != 0) {
                    return;
                }
            }
            pages.release(pathPages[level]);
        }
        rootPage = 0;
        height = 0;
    }
}
