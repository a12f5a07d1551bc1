package dev.tidemark.engine.mapping;

/**
 * Who counts the leaf entries that refer to each physical block: the trees tell it what they take and give up.
 * Writer thread only.
 */
public interface PhysicalBlocks {
    /** The blocks of one leaf page. */
    int MAX_BATCH = 256;

    /**
     * The first references to {@code count} adjacent free blocks.
     *
     * @throws IllegalStateException when one of them is in use already
     */
    void claim(long start, int count);

    /**
     * One more reference to each of the first {@code count} blocks (0 to {@value #MAX_BATCH}) of an array. Batches let
     * the counts of many blocks, which lie anywhere, be fetched from memory at the same time.
     *
     * @throws IllegalStateException when one of them is not in use
     */
    void retain(long[] physicals, int count);

    /**
     * One reference less to each of the first {@code count} blocks (0 to {@value #MAX_BATCH}) of an array; a block
     * whose last one goes is free.
     *
     * @throws IllegalStateException when one of them is not in use
     */
    void release(long[] physicals, int count);

    /** How many references a block has, 0 for a free one. */
    long references(long physical);
}
