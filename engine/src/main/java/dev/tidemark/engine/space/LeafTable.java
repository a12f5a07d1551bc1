package dev.tidemark.engine.space;

import java.util.Arrays;

/**
 * Remembers where the leaves of the reference counts are, so that the next look at one needs no descent: a table with
 * one
 * place for each leaf number modulo its size, which forgets everything when the page store's stamp changes.
 */
final class LeafTable {
    private static final int SMALLEST = 64;
    /** 16,384 leaves count 64 GiB of 4 KiB blocks; the table is 512 KiB then. */
    private static final int LARGEST = 16_384;
    /** { leaf number + 1, address of the page, address of the entry above or 0, unused }: two to a cache line. */
    private static final int STRIDE_BITS = 2;

    private long[] slots = new long[SMALLEST << STRIDE_BITS];
    private long stamp;

    /** Where a leaf is remembered, or -1. */
    int find(long leaf, long currentStamp) {
        if (currentStamp != stamp) {
            clear();
            stamp = currentStamp;
            return -1;
        }
        int at = at(leaf);
        return slots[at] == leaf + 1 ? at : -1;
    }

    long page(int at) {
        return slots[at + 1];
    }

    long entry(int at) {
        return slots[at + 2];
    }

    /** Remembers a leaf; {@code leaves} is how many there are. */
    int put(long leaf, long page, long entry, long leaves) {
        int size = slots.length >>> STRIDE_BITS;
        if (leaves > size && size < LARGEST) {
            slots = new long[slots.length * 2];
        }
        int at = at(leaf);
        slots[at] = leaf + 1;
        slots[at + 1] = page;
        slots[at + 2] = entry;
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
