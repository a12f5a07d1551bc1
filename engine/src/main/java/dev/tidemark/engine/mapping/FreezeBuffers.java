package dev.tidemark.engine.mapping;

import org.agrona.collections.Long2LongHashMap;
import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.collections.LongArrayList;
import org.agrona.collections.LongHashSet;

/**
 * The memory of a freeze, which the next one uses again: a checkpoint in steady state allocates next to nothing on the
 * writer's thread. One freeze at a time; the collections are empty when it ends. Who may touch what is {@link
 * PageFreeze}'s business; all methods under the lock.
 */
final class FreezeBuffers {
    /** Of the memory for pages, the share that copies of chunks which wait to be used again may take. */
    private static final int BUDGET_SHARE = 256;

    private static final int LEAST_SPARES = 16;
    private static final int MOST_SPARES = 1024;

    final Long2ObjectHashMap<long[]> chunksAside = new Long2ObjectHashMap<>();
    final Long2LongHashMap pagesAside = new Long2LongHashMap(PageFreeze.NONE);
    final LongArrayList placed = new LongArrayList();
    final long[] references = new long[PageTable.LEAF_IDS];
    final long[] places = new long[PageTable.LEAF_IDS];
    final int[] dirty = new int[PageTable.LEAF_IDS];

    private final long[][] spares;
    private int spareCount;
    private LongHashSet emptied = new LongHashSet();

    /** For a store of that memory. */
    FreezeBuffers(long budgetBytes) {
        long share = budgetBytes / BUDGET_SHARE / (PageDirectory.CHUNK_WORDS * Long.BYTES);
        spares = new long[(int) Math.max(LEAST_SPARES, Math.min(MOST_SPARES, share))][];
    }

    /** An empty set for what changes from now on, in exchange for the one that a freeze will have emptied. */
    LongHashSet exchange(LongHashSet frozen) {
        LongHashSet next = emptied;
        next.clear();
        emptied = frozen;
        return next;
    }

    /** A copy of a chunk, until {@link #give}. */
    long[] copy(long[] chunk) {
        if (spareCount == 0) {
            return chunk.clone();
        }
        long[] copy = spares[--spareCount];
        System.arraycopy(chunk, 0, copy, 0, PageDirectory.CHUNK_WORDS);
        return copy;
    }

    /** Nobody looks at this copy any more. */
    void give(long[] copy) {
        if (spareCount < spares.length) {
            spares[spareCount++] = copy;
        }
    }

    /** Heap bytes of what waits to be used again. */
    long memoryBytes() {
        return (long) spareCount * PageDirectory.CHUNK_WORDS * Long.BYTES;
    }
}
