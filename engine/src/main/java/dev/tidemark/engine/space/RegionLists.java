package dev.tidemark.engine.space;

import java.util.Arrays;

/**
 * Regions by how many of their blocks are free: those of about the same room hang in one list, so that putting one in,
 * taking it out and finding an emptiest one take constant time. One thread.
 */
final class RegionLists {
    private static final int NONE = -1;
    /** List i holds regions with i * 512 + 1 to (i + 1) * 512 free blocks. */
    private static final int LISTS = 64;

    private static final int LIST_BLOCKS = Allocator.REGION_BLOCKS / LISTS;

    private final int[] heads = new int[LISTS];
    private int[] next = new int[0];
    private int[] previous = new int[0];

    RegionLists() {
        Arrays.fill(heads, NONE);
    }

    void resize(int regions) {
        next = Arrays.copyOf(next, regions);
        previous = Arrays.copyOf(previous, regions);
    }

    /** Puts a region with that many free blocks in; one without any is in no list. */
    void add(int region, int free) {
        if (free == 0) {
            return;
        }
        int list = (free - 1) / LIST_BLOCKS;
        next[region] = heads[list];
        previous[region] = NONE;
        if (heads[list] != NONE) {
            previous[heads[list]] = region;
        }
        heads[list] = region;
    }

    /** Takes a region out that was put in with that many free blocks. */
    void remove(int region, int free) {
        if (free == 0) {
            return;
        }
        if (next[region] != NONE) {
            previous[next[region]] = previous[region];
        }
        if (previous[region] != NONE) {
            next[previous[region]] = next[region];
        } else {
            heads[(free - 1) / LIST_BLOCKS] = next[region];
        }
    }

    /** One of the emptiest, -1 when no list has any. */
    int emptiest() {
        for (int i = LISTS - 1; i >= 0; i--) {
            if (heads[i] != NONE) {
                return heads[i];
            }
        }
        return NONE;
    }
}
