package dev.tidemark.engine.space;

import java.util.Arrays;

/**
 * Remembers where the leaves of the reference counts are, so that the next look at one needs no descent: a table with
 * one place for each leaf number modulo its size. What was remembered under another stamp of the page store is not
 * found. It grows when leaves keep driving each other out.
 */
final class LeafTable {
    private static final int SMALLEST = 64;
    /** 16,384 leaves count 64 GiB of 4 KiB blocks; the table is 512 KiB then. */
    private static final int LARGEST = 16_384;
    /** { leaf number + 1, address of the page, address of the entry above or 0, stamp }: two to a cache line. */
    private static final int STRIDE_BITS = 2;

    private long[] slots = new long[SMALLEST << STRIDE_BITS];
    /** How many leaves took the place of another one since the table grew last. */
    private int displaced;

    /** Where a leaf is remembered, or -1. */
    int find(long leaf, long stamp) {
        int at = at(leaf);
        return slots[at] == leaf + 1 && slots[at + 3] == stamp ? at : -1;
    }

    long page(int at) {
        return slots[at + 1];
    }

    long entry(int at) {
        return slots[at + 2];
    }

    /** Remembers a leaf under the present stamp. */
    int put(long leaf, long page, long entry, long stamp) {
        int at = at(leaf);
        if (slots[at] != 0 && slots[at] != leaf + 1 && slots[at + 3] == stamp) {
            int size = slots.length >>> STRIDE_BITS;
            if (++displaced > size && size < LARGEST) {
                slots = new long[slots.length * 2];
                displaced = 0;
                at = at(leaf);
            }
        }
        slots[at] = leaf + 1;
        slots[at + 1] = page;
        slots[at + 2] = entry;
        slots[at + 3] = stamp;
        return at;
    }

    void forget(long leaf) {
        int at = at(leaf);
        if (slots[at] == leaf + 1) {
            slots[at] = 0;
        }
    }

    void clear() {
        Arrays.fill(slots, 0);
    }

    private int at(long leaf) {
        int size = slots.length >>> STRIDE_BITS;
        return ((int) leaf & (size - 1)) << STRIDE_BITS;
    }
}
