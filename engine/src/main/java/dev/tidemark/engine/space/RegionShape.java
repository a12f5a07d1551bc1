package dev.tidemark.engine.space;

/**
 * Which blocks of a region can be used at all: not those beyond the capacity, and never block 0.
 *
 * @param capacityBlocks how many blocks there are, block 0 included
 */
record RegionShape(long capacityBlocks) {
    /** Blocks of the region that can be used. */
    int usable(int region) {
        return inside(region) - (region == 0 ? 1 : 0);
    }

    /** Marks the others as used. */
    void markUnusable(int region, long[] bitmap) {
        if (region == 0) {
            Bits.set(bitmap, 0, 1);
        }
        int inside = inside(region);
        Bits.set(bitmap, inside, Allocator.REGION_BLOCKS - inside);
    }

    private int inside(int region) {
        return (int) Math.min(Allocator.REGION_BLOCKS, capacityBlocks - (long) region * Allocator.REGION_BLOCKS);
    }
}
