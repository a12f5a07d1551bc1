package dev.tidemark.engine.mapping;

/**
 * Who counts the leaf entries that refer to each physical block: the trees tell it what they take and give up.
 * Writer thread only, but for {@link #prefetch}.
 */
public interface PhysicalBlocks {
    /** The blocks of one leaf page. */
    int MAX_BATCH = 256;

    /** So many blocks, from a multiple of it on, are counted on one page: what leads to one leads to all. */
    int PAGE_BLOCKS = PageStore.PAGE_BYTES / Integer.BYTES;

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

    /**
     * Brings in what {@link #claim} of these blocks will touch.
     *
     * @throws PageUnreadableException when it can't be read
     */
    void bringIn(long start, int count);

    /**
     * Brings in what {@link #retain} and {@link #release} of the first {@code count} blocks of an array will touch.
     *
     * @throws PageUnreadableException when it can't be read
     */
    void bringIn(long[] physicals, int count);

    /**
     * Brings in what leads to a block's references. Any thread under an epoch pin; a hint, see {@link PagePrefetch}.
     *
     * @param alone see {@link PageStore#prefetch}
     * @throws PageUnreadableException when it can't be read
     */
    void prefetch(long physical, boolean alone);

    /** How many references a block has, 0 for a free one. */
    long references(long physical);
}
