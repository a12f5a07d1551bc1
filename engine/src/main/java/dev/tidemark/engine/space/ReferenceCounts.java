package dev.tidemark.engine.space;

import dev.tidemark.engine.mapping.PageStore;
import dev.tidemark.engine.mapping.PhysicalBlocks;
import dev.tidemark.engine.mapping.TreeAudit;
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
 * <p>A page whose counts are all 0 is dropped. No page is ever shared and no reader looks at them; the writer changes
 * them in place. The leaves used last are remembered with their addresses, for as long as {@link PageStore#stamp}
 * stays the
 * same, so that a count costs one load in a table and one in its page. Writer thread.
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
    private final LeafTable found = new LeafTable();
    private long rootPage;
    private int height;
    private long usedBlocks;
    private long leaves;
    /** Where the counts of the current batch are, and the entries above their leaves. */
    private final long[] slots = new long[PhysicalBlocks.MAX_BATCH];

    private final long[] entries = new long[PhysicalBlocks.MAX_BATCH];
    /** The path of the last descent, by height. */
    private final long[] pathPages = new long[MAX_HEIGHT + 1];

    private final long[] pathEntries = new long[MAX_HEIGHT + 1];

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
        int at = found.find(physical >>> LEAF_BITS, pages.stamp());
        if (at >= 0) {
            return UnsafeApi.getInt(found.page(at) + slot(physical)) & COUNT_MASK;
        }
        long page = descend(physical) ? pages.address(pathPages[1]) : 0;
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
            int at = found.find(physical >>> LEAF_BITS, pages.stamp());
            if (at < 0) {
                at = findOrMake(physical);
            }
            long first = found.page(at) + ((long) index << 2);
            for (int i = 0; i < segment; i++) {
                long slot = first + ((long) i << 2);
                if (UnsafeApi.getInt(slot) != 0) {
                    throw new IllegalStateException("physical block " + (physical + i) + " is in use already");
                }
                UnsafeApi.putInt(slot, 1);
            }
            addUsed(found.entry(at), segment);
            done += segment;
        }
    }

    /** Adds one to counts that are not 0. */
    void retain(long[] physicals, int batch) {
        findSlots(physicals, batch);
        for (int i = 0; i < batch; i++) {
            int count = UnsafeApi.getInt(slots[i]);
            if (count == -1) {
                throw new IllegalStateException("physical block " + physicals[i] + " has too many references");
            }
            UnsafeApi.putInt(slots[i], count + 1);
        }
    }

    /** Takes one off counts that are not 0; tells which of them are 0 now. */
    void release(long[] physicals, int batch, FreedBlocks freed) {
        findSlots(physicals, batch);
        for (int i = 0; i < batch; i++) {
            int count = UnsafeApi.getInt(slots[i]);
            if (count == 0) {
                throw notInUse(physicals[i]);
            }
            UnsafeApi.putInt(slots[i], count - 1);
            if (count == 1) {
                freed.add(physicals[i]);
                if (addUsed(entries[i], -1) == 0) {
                    dropLeaf(physicals[i]);
                }
            }
        }
    }

    /**
     * Finds where the counts of a batch are, and that none is 0: a short loop without a store to the counts, so that
     * the processor waits for many of them at once.
     */
    private void findSlots(long[] physicals, int batch) {
        long stamp = pages.stamp();
        boolean free = false;
        for (int i = 0; i < batch; i++) {
            long physical = physicals[i];
            int at = found.find(physical >>> LEAF_BITS, stamp);
            if (at < 0) {
                at = findUsed(physical);
            }
            slots[i] = found.page(at) + slot(physical);
            entries[i] = found.entry(at);
            free |= UnsafeApi.getInt(slots[i]) == 0;
        }
        for (int i = 0; free && i < batch; i++) {
            if (UnsafeApi.getInt(slots[i]) == 0) {
                throw notInUse(physicals[i]);
            }
        }
    }

    /** Tells all runs of blocks whose count is not 0, in ascending order. Neighbouring runs may touch. */
    public void usedRuns(UsedRunSink sink) {
        long[] run = {0, 0};
        forEach((physical, count) -> {
            if (run[1] > 0 && run[0] + run[1] == physical) {
                run[1]++;
                return;
            }
            if (run[1] > 0) {
                sink.run(run[0], run[1]);
            }
            run[0] = physical;
            run[1] = 1;
        });
        if (run[1] > 0) {
            sink.run(run[0], run[1]);
        }
    }

    /** Tells all counts that are not 0, in ascending order of blocks. */
    void forEach(CountSink sink) {
        if (rootPage != 0) {
            forEach(rootPage, height, 0, sink);
        }
    }

    private void forEach(long id, int level, long first, CountSink sink) {
        long page = pages.address(id);
        if (level > 1) {
            for (int i = 0; i < INNER_ENTRIES; i++) {
                long child = UnsafeApi.getLong(page + ((long) i << ENTRY_SHIFT));
                if (child != 0) {
                    forEach(child, level - 1, first + i * span(level - 1), sink);
                }
            }
            return;
        }
        for (int i = 0; i < LEAF_BLOCKS; i++) {
            int count = UnsafeApi.getInt(page + ((long) i << 2));
            if (count != 0) {
                sink.count(first + i, count & COUNT_MASK);
            }
        }
    }

    /** See {@link Space#audit}. */
    void audit(TreeAudit audit) {
        long[] used = {0};
        forEach((physical, count) -> {
            used[0]++;
            if (count != audit.blockReferences(physical)) {
                audit.finding("physical block " + physical + " has count " + count + ", but "
                        + audit.blockReferences(physical) + " entries refer to it");
            }
        });
        if (used[0] != usedBlocks || used[0] != audit.referredBlocks()) {
            audit.finding(usedBlocks + " physical blocks are said to be used, " + used[0] + " have a count, "
                    + audit.referredBlocks() + " are referred to");
        }
        if (rootPage != 0) {
            audit.link(rootPage);
            auditPage(rootPage, height, audit);
        }
    }

    /** Returns how many counts of the page are not 0. */
    private long auditPage(long id, int level, TreeAudit audit) {
        long page = pages.address(id);
        long below = 0;
        if (level == 1) {
            for (int i = 0; i < LEAF_BLOCKS; i++) {
                below += UnsafeApi.getInt(page + ((long) i << 2)) == 0 ? 0 : 1;
            }
        } else {
            for (int i = 0; i < INNER_ENTRIES; i++) {
                long entry = page + ((long) i << ENTRY_SHIFT);
                long child = UnsafeApi.getLong(entry);
                long used = 0;
                if (child != 0) {
                    audit.link(child);
                    used = auditPage(child, level - 1, audit);
                }
                long said = UnsafeApi.getLong(entry + SECOND);
                if (said != (level == 2 ? used : 0)) {
                    audit.finding("page " + id + " entry " + i + " says " + said + " used counts, not " + used);
                }
                below += used;
            }
        }
        if (below == 0) {
            audit.finding("page " + id + " holds no count and should have been dropped");
        }
        return below;
    }

    private static long slot(long physical) {
        return (physical & (LEAF_BLOCKS - 1)) << 2;
    }

    private static long span(int level) {
        return 1L << (LEAF_BITS + INNER_BITS * (level - 1));
    }

    private static int index(long physical, int level) {
        return (int) (physical >>> (LEAF_BITS + INNER_BITS * (level - 2))) & (INNER_ENTRIES - 1);
    }

    private static IllegalStateException notInUse(long physical) {
        return new IllegalStateException("physical block " + physical + " is not in use");
    }

    private int findUsed(long physical) {
        if (!descend(physical)) {
            throw notInUse(physical);
        }
        return remember(physical);
    }

    private int findOrMake(long physical) {
        if (!descend(physical)) {
            make(physical);
            leaves++;
        }
        return remember(physical);
    }

    /** Notes that the leaf at the end of the path, and the page above it, are going to be changed. */
    private int remember(long physical) {
        long page = pages.writable(pathPages[1]);
        long entry = 0;
        if (height > 1) {
            pages.writable(pathPages[2]);
            entry = pathEntries[2];
        }
        return found.put(physical >>> LEAF_BITS, page, entry, leaves);
    }

    /** Follows the path to a leaf; returns whether there is one. */
    private boolean descend(long physical) {
        if (height == 0 || physical >= span(height)) {
            return false;
        }
        long id = rootPage;
        for (int level = height; level > 1; level--) {
            pathPages[level] = id;
            pathEntries[level] = pages.address(id) + ((long) index(physical, level) << ENTRY_SHIFT);
            id = UnsafeApi.getLong(pathEntries[level]);
            if (id == 0) {
                return false;
            }
        }
        pathPages[1] = id;
        return true;
    }

    /** Makes the missing pages on the path to a leaf. */
    private void make(long physical) {
        if (height == 0) {
            height = 1;
            while (physical >= span(height)) {
                height++;
            }
            rootPage = pages.allocate();
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
            found.clear();
        }
        long id = rootPage;
        for (int level = height; level > 1; level--) {
            pathPages[level] = id;
            pathEntries[level] = pages.address(id) + ((long) index(physical, level) << ENTRY_SHIFT);
            long child = UnsafeApi.getLong(pathEntries[level]);
            if (child == 0) {
                child = pages.allocate();
                pages.writable(id);
                UnsafeApi.putLong(pathEntries[level], child);
            }
            id = child;
        }
        pathPages[1] = id;
    }

    /** Notes that counts of the leaf below an entry became used, or free; returns how many of the leaf are used now. */
    private long addUsed(long entry, int change) {
        usedBlocks += change;
        if (entry == 0) {
            return usedBlocks;
        }
        long used = UnsafeApi.getLong(entry + SECOND) + change;
        UnsafeApi.putLong(entry + SECOND, used);
        return used;
    }

    private void dropLeaf(long physical) {
        found.forget(physical >>> LEAF_BITS);
        leaves--;
        if (!descend(physical)) {
            throw notInUse(physical);
        }
        pages.release(pathPages[1]);
        for (int level = 2; level <= height; level++) {
            long page = pages.writable(pathPages[level]);
            UnsafeApi.putLong(pathEntries[level], 0);
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
