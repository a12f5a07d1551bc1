package dev.tidemark.engine.mapping;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * Finds a page's frame and its bookkeeping by its id. Ids ascend for ever and are never used again, so the directory is
 * a sparse radix tree over 48-bit ids whose dead parts are dropped:
 *
 * <pre>
 *   id  = [ top 22 bits ][ branch 10 ][ branch 10 ][ slot 6 ]
 *   top -> long[1024][] -> long[1024] -> leaf of 64 slots, one KiB
 *   slot = { frame address | references (low 32 bits), dirty generation (high 32 bits) }
 * </pre>
 *
 * <p>Leaves are small, so that a single old page that survives among dead ones costs a quarter of itself at most.
 *
 * <p><b>Threads.</b> One writer. {@link #address} may be called by any thread for a page that it reached through a link
 * of a tree under an epoch pin. Such a page's slot is cleared only after that epoch (see {@link PageStore#recycle}), so
 * neither its leaf nor a branch above can be dropped while the thread is inside. Each step down is an acquire load that
 * pairs with the release store that made the node reachable. Nodes live on the heap: whoever breaks the rule finds
 * nothing, never someone else's memory.
 */
final class PageDirectory {
    static final int SLOT_BITS = 6;
    private static final int SLOTS = 1 << SLOT_BITS;
    private static final int LIVE_COUNT = 2 * SLOTS;
    private static final int BRANCH_BITS = 10;
    private static final int BRANCHES = 1 << BRANCH_BITS;
    private static final int MIDDLE_SHIFT = SLOT_BITS;
    private static final int UPPER_SHIFT = MIDDLE_SHIFT + BRANCH_BITS;
    private static final int TOP_SHIFT = UPPER_SHIFT + BRANCH_BITS;
    private static final int LEAF_BYTES = 16 + 8 * (2 * SLOTS + 1);
    private static final int BRANCH_BYTES = 16 + 4 * BRANCHES;

    private static final VarHandle TOP;
    private static final VarHandle UPPER = MethodHandles.arrayElementVarHandle(long[][][][].class);
    private static final VarHandle MIDDLE = MethodHandles.arrayElementVarHandle(long[][][].class);
    private static final VarHandle LEAF = MethodHandles.arrayElementVarHandle(long[][].class);
    private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(long[].class);

    static {
        try {
            TOP = MethodHandles.lookup().findVarHandle(PageDirectory.class, "top", long[][][][].class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private long[][][][] top = new long[1][][][];
    private long lastId;
    private long leafCount;
    private long branchCount;

    /** The frame of a page, or 0 when the id has none. Any thread, under the class's rule. */
    long address(long id) {
        long[] leaf = leaf(id);
        return leaf == null ? 0 : (long) SLOT.getAcquire(leaf, slot(id));
    }

    /** References and generation of a page, 0 when the id has no frame. Writer. */
    long word(long id) {
        long[] leaf = leaf(id);
        return leaf == null ? 0 : leaf[slot(id) + 1];
    }

    /**
     * The leaf that holds the slot of {@code id}, or null. The writer reads and changes {@code leaf[slot(id) + 1]}
     * itself; {@code leaf[slot(id)]} is the frame.
     */
    long[] leaf(long id) {
        long[][][][] nodes = (long[][][][]) TOP.getAcquire(this);
        int index = (int) (id >>> TOP_SHIFT);
        if (index >= nodes.length) {
            return null;
        }
        long[][][] upper = (long[][][]) UPPER.getAcquire(nodes, index);
        if (upper == null) {
            return null;
        }
        long[][] middle = (long[][]) MIDDLE.getAcquire(upper, (int) (id >>> UPPER_SHIFT) & (BRANCHES - 1));
        if (middle == null) {
            return null;
        }
        return (long[]) LEAF.getAcquire(middle, (int) (id >>> MIDDLE_SHIFT) & (BRANCHES - 1));
    }

    static int slot(long id) {
        return ((int) id & (SLOTS - 1)) << 1;
    }

    /**
     * Enters a new page, with a greater id than all before. Its frame must be filled, or be filled before the page is
     * linked into a tree.
     */
    void put(long id, long address, long word) {
        long[] leaf = leaf(id);
        if (leaf == null) {
            leaf = addLeaf(id);
            long[] before = leaf(lastId);
            if (before != null && before != leaf && before[LIVE_COUNT] == 0) {
                dropLeaf(lastId);
            }
        }
        lastId = id;
        leaf[slot(id) + 1] = word;
        leaf[LIVE_COUNT]++;
        SLOT.setRelease(leaf, slot(id), address);
    }

    /** Forgets a page that no thread can look for any more; returns its frame. Drops what it leaves empty. */
    long remove(long id) {
        long[] leaf = leaf(id);
        long address = leaf[slot(id)];
        leaf[slot(id) + 1] = 0;
        SLOT.setRelease(leaf, slot(id), 0L);
        // The leaf of the last id is kept for the next ones; it is looked at again when they have filled it.
        if (--leaf[LIVE_COUNT] == 0 && id >>> SLOT_BITS != lastId >>> SLOT_BITS) {
            dropLeaf(id);
        }
        return address;
    }

    long memoryBytes() {
        return leafCount * LEAF_BYTES + branchCount * BRANCH_BYTES + 16 + 4L * top.length;
    }

    /** Every later {@link #address} answers 0. */
    void clear() {
        TOP.setRelease(this, new long[1][][][]);
        leafCount = 0;
        branchCount = 0;
    }

    private long[] addLeaf(long id) {
        int topIndex = (int) (id >>> TOP_SHIFT);
        if (topIndex >= top.length) {
            TOP.setRelease(this, Arrays.copyOf(top, Math.max(topIndex + 1, top.length * 2)));
        }
        long[][][] upper = top[topIndex];
        if (upper == null) {
            upper = new long[BRANCHES][][];
            branchCount++;
            UPPER.setRelease(top, topIndex, upper);
        }
        int upperIndex = (int) (id >>> UPPER_SHIFT) & (BRANCHES - 1);
        long[][] middle = upper[upperIndex];
        if (middle == null) {
            middle = new long[BRANCHES][];
            branchCount++;
            MIDDLE.setRelease(upper, upperIndex, middle);
        }
        long[] leaf = new long[2 * SLOTS + 1];
        leafCount++;
        LEAF.setRelease(middle, (int) (id >>> MIDDLE_SHIFT) & (BRANCHES - 1), leaf);
        return leaf;
    }

    private void dropLeaf(long id) {
        long[][][] upper = top[(int) (id >>> TOP_SHIFT)];
        int upperIndex = (int) (id >>> UPPER_SHIFT) & (BRANCHES - 1);
        long[][] middle = upper[upperIndex];
        LEAF.setRelease(middle, (int) (id >>> MIDDLE_SHIFT) & (BRANCHES - 1), (long[]) null);
        leafCount--;
        if (isEmpty(middle)) {
            MIDDLE.setRelease(upper, upperIndex, (long[][]) null);
            branchCount--;
            if (isEmpty(upper)) {
                UPPER.setRelease(top, (int) (id >>> TOP_SHIFT), (long[][][]) null);
                branchCount--;
            }
        }
    }

    /** Only once for 64 pages that went, and the first entry that is left ends it. */
    private static boolean isEmpty(Object[] branch) {
        for (Object node : branch) {
            if (node != null) {
                return false;
            }
        }
        return true;
    }
}
