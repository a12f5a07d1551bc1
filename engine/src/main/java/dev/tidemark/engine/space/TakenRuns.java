package dev.tidemark.engine.space;

import java.util.Arrays;

/** Runs that were taken and are in no event yet, in no order; each as {@link Allocator#allocate} returns it. */
final class TakenRuns {
    private long[] runs = new long[64];
    private int count;

    void add(long run) {
        if (count == runs.length) {
            runs = Arrays.copyOf(runs, count * 2);
        }
        runs[count++] = run;
    }

    /** Whether the run was there. */
    boolean remove(long run) {
        int i = count - 1;
        while (i >= 0 && runs[i] != run) {
            i--;
        }
        if (i < 0) {
            return false;
        }
        runs[i] = runs[--count];
        return true;
    }

    void clear() {
        count = 0;
    }

    /** One more than the greatest block of all runs; 0 for none. */
    long end() {
        long end = 0;
        for (int i = 0; i < count; i++) {
            end = Math.max(end, Allocator.start(runs[i]) + Allocator.length(runs[i]));
        }
        return end;
    }

    /** Marks the blocks of the runs that lie in that region as used. */
    void mark(int region, long[] bitmap) {
        for (int i = 0; i < count; i++) {
            long start = Allocator.start(runs[i]);
            if (start / Allocator.REGION_BLOCKS == region) {
                Bits.set(bitmap, (int) (start % Allocator.REGION_BLOCKS), Allocator.length(runs[i]));
            }
        }
    }

    long memoryBytes() {
        return 8L * runs.length;
    }
}
