package dev.tidemark.engine.mapping;

/**
 * Who counts the leaf entries that refer to each physical block: the trees tell it what they take and give up.
 * Writer thread only.
 */
public interface PhysicalBlocks {
    /**
     * The first references to {@code count} adjacent free blocks.
     *
     * @throws IllegalStateException when one of them is in use already
     */
    void claim(long start, int count);

    /** One more reference to a block in use. */
    void retain(long physical);

    /** One reference less; a block whose last one goes is free. */
    void release(long physical);

    /** How many references a block has, 0 for a free one. */
    long references(long physical);
}
