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
 *   top -> long[1024][] -> long[1024] -> chunk of 64 slots, two KiB, and a few words about all of them
 *   slot = { frame address | references | place: slot (low 32 bits), checksum (high 32) | state }
 *   state = dirty generation (low 32 bits; 0 = as its place says), {@link #ASSIGNING}
 * </pre>
 *
 * <p>Chunks are small, so that a single old page that survives among dead ones costs half of itself at most.
 *
 * <p><b>Threads.</b> The structure changes under the page store's lock. {@link #address} and {@link #chunk} may be
 * called by any thread for a page that it reached through a link of a tree under an epoch pin. Such a page's slot is
 * cleared only after that epoch (see {@link PageStore#recycle}), so it is found; if its chunk left memory, which can
 * happen only when none of its pages is resident, the thread finds nothing and brings it in again. Each step down is an
 * acquire load that pairs with the release store that made the node reachable. Nodes live on the heap: whoever breaks
 * the rule finds nothing, never someone else's memory.
 */
final class PageDirectory {
    static final int SLOT_BITS = 6;
    static final int SLOTS = 1 << SLOT_BITS;

    // Words of a slot.
    static final int ADDRESS = 0;
    static final int REFERENCES = 1;
    static final int PLACE = 2;
    static final int STATE = 3;
    static final int SLOT_WORDS = 4;

    // Words of a chunk, behind its slots.
    /** How many slots have a page, in limbo or alive. */
    static final int PRESENT = SLOTS * SLOT_WORDS;
    /** The generation in which anything in the chunk changed that the page table keeps; 0 = as the table has it. */
    static final int CHANGED = PRESENT + 1;
    /** A bit for each slot: the page was looked at since the evictor came by. */
    static final int TOUCHED = PRESENT + 2;

    static final int CHUNK_WORDS = PRESENT + 3;

    /** In a slot's state: the checkpoint that is being written gives the page a new place. */
    static final long ASSIGNING = 1L << 32;

    private static final int BRANCH_BITS = 10;
    private static final int BRANCHES = 1 << BRANCH_BITS;
    private static final int MIDDLE_SHIFT = SLOT_BITS;
    private static final int UPPER_SHIFT = MIDDLE_SHIFT + BRANCH_BITS;
    private static final int TOP_SHIFT = UPPER_SHIFT + BRANCH_BITS;
    private static final int CHUNK_BYTES = 16 + 8 * CHUNK_WORDS;
    private static final int BRANCH_BYTES = 16 + 4 * BRANCHES;

    private static final VarHandle TOP;
    private static final VarHandle UPPER = MethodHandles.arrayElementVarHandle(long[][][][].class);
    private static final VarHandle MIDDLE = MethodHandles.arrayElementVarHandle(long[][][].class);
    private static final VarHandle CHUNK = MethodHandles.arrayElementVarHandle(long[][].class);
    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

    static {
        try {
            TOP = MethodHandles.lookup().findVarHandle(PageDirectory.class, "top", long[][][][].class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private long[][][][] top = new long[1][][][];
    private long lastId;
    private long chunkCount;
    private long branchCount;

    /** The frame of a page, or 0 when the id has none in memory. Any thread, under the class's rule. */
    long address(long id) {
        long[] chunk = chunk(id);
        return chunk == null ? 0 : address(chunk, id);
    }

    /** The same in the chunk that holds the id. */
    static long address(long[] chunk, long id) {
        return (long) WORD.getAcquire(chunk, slot(id));
    }

    /** Where a page's last image is; 0 for nowhere. Any thread. */
    static long place(long[] chunk, long id) {
        return (long) WORD.getAcquire(chunk, slot(id) + PLACE);
    }

    /** The chunk that holds the slot of {@code id}, or null when it is not in memory. Any thread. */
    long[] chunk(long id) {
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
        return (long[]) CHUNK.getAcquire(middle, (int) (id >>> MIDDLE_SHIFT) & (BRANCHES - 1));
    }

    /** The index of the first word of the id's slot in its chunk. */
    static int slot(long id) {
        return ((int) id & (SLOTS - 1)) << 2;
    }

    /** Notes that somebody looked at the page. Any thread; a lost note does no harm. */
    static void touch(long[] chunk, long id) {
        long bit = 1L << id;
        long bits = chunk[TOUCHED];
        if ((bits & bit) == 0) {
            chunk[TOUCHED] = bits | bit;
        }
    }

    /** Makes a page resident, or not (0): a release store. Under the lock. */
    static void address(long[] chunk, long id, long frame) {
        WORD.setRelease(chunk, slot(id), frame);
    }

    static void place(long[] chunk, long id, long place) {
        WORD.setRelease(chunk, slot(id) + PLACE, place);
    }

    /**
     * Enters a new page with one reference, with a greater id than all before. Its frame must be filled, or be filled
     * before the page is linked into a tree.
     */
    void put(long id, long address, long state) {
        long[] chunk = chunk(id);
        if (chunk == null) {
            chunk = new long[CHUNK_WORDS];
            install(id, chunk);
            long[] before = chunk(lastId);
            if (before != null && before != chunk && before[PRESENT] == 0) {
                drop(lastId);
            }
        }
        lastId = id;
        chunk[slot(id) + REFERENCES] = 1;
        chunk[slot(id) + STATE] = state;
        chunk[PRESENT]++;
        address(chunk, id, address);
    }

    /** Puts a chunk that was read, or is new, in its place. */
    void install(long id, long[] chunk) {
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
        chunkCount++;
        CHUNK.setRelease(middle, (int) (id >>> MIDDLE_SHIFT) & (BRANCHES - 1), chunk);
    }

    /** Says which id was given last, before the first page. */
    void restore(long last) {
        lastId = last;
    }

    /** The id given last. */
    long lastId() {
        return lastId;
    }

    /** Forgets a page that no thread can look for any more; returns its frame, 0 for none. Drops what it empties. */
    long remove(long id) {
        long[] chunk = chunk(id);
        int slot = slot(id);
        long address = chunk[slot];
        chunk[slot + REFERENCES] = 0;
        chunk[slot + PLACE] = 0;
        chunk[slot + STATE] = 0;
        address(chunk, id, 0L);
        // The chunk of the last id is kept for the next ones; it is looked at again when they have filled it.
        if (--chunk[PRESENT] == 0 && id >>> SLOT_BITS != lastId >>> SLOT_BITS) {
            drop(id);
        }
        return address;
    }

    /** Heap bytes. */
    long memoryBytes() {
        return chunkCount * CHUNK_BYTES + branchCount * BRANCH_BYTES + 16 + 4L * top.length;
    }

    /** Every later {@link #address} answers 0. */
    void clear() {
        TOP.setRelease(this, new long[1][][][]);
        chunkCount = 0;
        branchCount = 0;
    }

    /** Takes the chunk of an id out of memory. */
    void drop(long id) {
        long[][][] upper = top[(int) (id >>> TOP_SHIFT)];
        int upperIndex = (int) (id >>> UPPER_SHIFT) & (BRANCHES - 1);
        long[][] middle = upper[upperIndex];
        CHUNK.setRelease(middle, (int) (id >>> MIDDLE_SHIFT) & (BRANCHES - 1), (long[]) null);
        chunkCount--;
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
