package dev.tidemark.engine.space;

/**
 * Tells which blocks of a region of {@link Allocator#REGION_BLOCKS} have a reference, as the state is now. One thread.
 */
public interface RegionSource {
    /**
     * How many blocks of a region have one. Cheap: it reads a page for several regions at most.
     *
     * @throws dev.tidemark.engine.mapping.PageUnreadableException when that can't be told
     */
    int usedBlocks(int region);

    /**
     * Which ones: sets a bit for each, in order, and clears the others.
     *
     * @param bits {@link Allocator#REGION_BLOCKS} of them
     * @throws dev.tidemark.engine.mapping.PageUnreadableException when that can't be told
     */
    void usedBits(int region, long[] bits);
}
