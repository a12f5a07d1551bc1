package dev.tidemark.engine.space;

import dev.tidemark.engine.mapping.PageStore;
import dev.tidemark.engine.mapping.PhysicalBlocks;
import dev.tidemark.engine.mapping.TreeAudit;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.agrona.UnsafeApi;

/**
 * A reference count of 32 bits for every physical block, in pages: a sparse radix tree of its own ({@link CountPage}).
 *
 * <p>A page whose counts are all 0 is dropped. No page is ever shared and no reader looks at them; the writer changes
 * them in place. The leaves used last are remembered with their addresses, for as long as {@link PageStore#stamp} stays
 * the same, so that a count costs one load in a table and one in its page. Writer thread, but for {@link #prefetch}.
 */
public final class ReferenceCounts {
    /** Blocks that one leaf page counts. */
    public static final int LEAF_BLOCKS = CountPage.LEAF_BLOCKS;

    private static final long MAX_PHYSICAL = (1L << 48) - 1;
    private static final int HEIGHT_BITS = 8;
    private static final VarHandle POINTER;

    static {
        try {
            POINTER = MethodHandles.lookup().findVarHandle(ReferenceCounts.class, "pointer", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final PageStore pages;
    private final CountWalk walk;
    private final LeafTable found = new LeafTable();
    private long rootPage;
    private int height;
    private long usedBlocks;
    /** Root page and height in one long, for other threads. */
    @SuppressWarnings("UnusedVariable") // read through its handle
    private long pointer;

    /** Where the counts of the current batch are, and the entries above their leaves. */
    private final long[] slots = new long[PhysicalBlocks.MAX_BATCH];

    private final long[] entries = new long[PhysicalBlocks.MAX_BATCH];
    /** The path of the last descent, by height. */
    private final long[] pathPages = new long[CountPage.MAX_HEIGHT + 1];

    private final long[] pathEntries = new long[CountPage.MAX_HEIGHT + 1];

    /** All counts are 0. */
    ReferenceCounts(PageStore pages) {
        this.pages = pages;
        walk = new CountWalk(pages);
    }

    /** See {@link Space#restore}. */
    void restore(long newRootPage, int newHeight, long newUsedBlocks) {
        if (rootPage != 0) {
            throw new IllegalStateException("there are counts already");
        }
        boolean empty = newRootPage == 0;
        if (newHeight < 0
                || newHeight > CountPage.MAX_HEIGHT
                || newUsedBlocks < 0
                || empty != (newHeight == 0)
                || empty != (newUsedBlocks == 0)) {
            throw new IllegalArgumentException(
                    "root page " + newRootPage + " height " + newHeight + " used blocks " + newUsedBlocks);
        }
        usedBlocks = newUsedBlocks;
        publish(newRootPage, newHeight);
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

    /** One more than the greatest block whose count is not 0, 1 when there is none. Reads a page a level. */
    public long highWaterBlocks() {
        return walk.highWaterBlocks(rootPage, height);
    }

    /** Which blocks have a count that is not 0, by region of the allocator. */
    public RegionSource regions() {
        return new RegionSource() {
            @Override
            public int usedBlocks(int region) {
                long first = (long) region * Allocator.REGION_BLOCKS;
                return walk.usedBlocks(rootPage, height, usedBlocks, first, Allocator.REGION_BLOCKS / LEAF_BLOCKS);
            }

            @Override
            public void usedBits(int region, long[] bits) {
                walk.usedBits(rootPage, height, (long) region * Allocator.REGION_BLOCKS, bits);
            }
        };
    }

    /**
     * Brings in the pages that lead to a block's count, so that the writer finds them in memory. Any thread under an
     * epoch pin; only a hint: beside the writer it may miss a page.
     *
     * @param alone see {@link PageStore#prefetch}
     * @throws dev.tidemark.engine.mapping.PageUnreadableException when a page can't be read
     */
    public void prefetch(long physical, boolean alone) {
        long root = (long) POINTER.getAcquire(this);
        walk.prefetch(root >>> HEIGHT_BITS, (int) root & ((1 << HEIGHT_BITS) - 1), physical, alone);
    }

    /** Brings in what {@link #claim} will touch. */
    void bringIn(long start, int count) {
        for (long leaf = start / LEAF_BLOCKS; leaf <= (start + count - 1) / LEAF_BLOCKS; leaf++) {
            bringInLeaf(leaf);
        }
    }

    /** Brings in what {@link #retain} and {@link #release} will touch. */
    void bringIn(long[] physicals, int batch) {
        long last = -1;
        for (int i = 0; i < batch; i++) {
            long leaf = physicals[i] / LEAF_BLOCKS;
            if (leaf != last) {
                bringInLeaf(leaf);
                last = leaf;
            }
        }
    }

    private void bringInLeaf(long leaf) {
        // A leaf that is remembered is in memory, and the page above it; those above that may have left it.
        if (height > 2 || found.find(leaf, pages.stamp()) < 0) {
            walk.bringIn(rootPage, height, leaf * LEAF_BLOCKS);
        }
    }

    /** The count of one block. */
    public long get(long physical) {
        int at = found.find(physical >>> CountPage.LEAF_BITS, pages.stamp());
        if (at >= 0) {
            return Integer.toUnsignedLong(UnsafeApi.getInt(CountPage.slot(found.page(at), physical)));
        }
        if (!descend(physical)) {
            return 0;
        }
        return Integer.toUnsignedLong(UnsafeApi.getInt(CountPage.slot(pages.address(pathPages[1]), physical)));
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
            int at = found.find(physical >>> CountPage.LEAF_BITS, pages.stamp());
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
            int at = found.find(physical >>> CountPage.LEAF_BITS, stamp);
            if (at < 0) {
                at = findUsed(physical);
            }
            slots[i] = CountPage.slot(found.page(at), physical);
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
        walk.forEach(rootPage, height, sink);
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
            walk.audit(rootPage, height, audit);
        }
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
        return found.put(physical >>> CountPage.LEAF_BITS, page, entry, pages.stamp());
    }

    /** Follows the path to a leaf; returns whether there is one. */
    private boolean descend(long physical) {
        if (height == 0 || physical >= CountPage.span(height)) {
            return false;
        }
        long id = rootPage;
        for (int level = height; level > 1; level--) {
            pathPages[level] = id;
            pathEntries[level] = CountPage.entry(pages.address(id), CountPage.index(physical, level));
            id = CountPage.child(pathEntries[level]);
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
            int enough = 1;
            while (physical >= CountPage.span(enough)) {
                enough++;
            }
            publish(pages.allocate(), enough);
        }
        while (physical >= CountPage.span(height)) {
            long above = pages.allocate();
            long entry = pages.address(above);
            if (height == 1) {
                CountPage.used(entry, usedBlocks);
            }
            CountPage.link(entry, rootPage);
            publish(above, height + 1);
            found.clear();
        }
        long id = rootPage;
        for (int level = height; level > 1; level--) {
            pathPages[level] = id;
            pathEntries[level] = CountPage.entry(pages.address(id), CountPage.index(physical, level));
            long child = CountPage.child(pathEntries[level]);
            if (child == 0) {
                child = pages.allocate();
                pages.writable(id);
                CountPage.link(pathEntries[level], child);
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
        long used = CountPage.used(entry) + change;
        CountPage.used(entry, used);
        return used;
    }

    private void dropLeaf(long physical) {
        found.forget(physical >>> CountPage.LEAF_BITS);
        if (!descend(physical)) {
            throw notInUse(physical);
        }
        pages.release(pathPages[1]);
        for (int level = 2; level <= height; level++) {
            long page = pages.writable(pathPages[level]);
            CountPage.link(pathEntries[level], 0);
            for (int i = 0; i < CountPage.ENTRIES; i++) {
                if (CountPage.child(CountPage.entry(page, i)) != 0) {
                    return;
                }
            }
            pages.release(pathPages[level]);
        }
        publish(0, 0);
    }

    private void publish(long newRootPage, int newHeight) {
        rootPage = newRootPage;
        height = newHeight;
        POINTER.setRelease(this, newRootPage << HEIGHT_BITS | newHeight);
    }
}
