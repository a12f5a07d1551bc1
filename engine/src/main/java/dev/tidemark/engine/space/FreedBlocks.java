package dev.tidemark.engine.space;

import java.util.Arrays;

/**
 * The physical blocks whose last reference went while the current event was applied, as runs, in the order in which
 * they went. Cleared by whoever takes them; allocates nothing once it has grown. Writer thread.
 */
public final class FreedBlocks {
    private static final int FIRST_CAPACITY_RUNS = 64;

    private long[] starts = new long[FIRST_CAPACITY_RUNS];
    private long[] lengths = new long[FIRST_CAPACITY_RUNS];
    private int runs;
    private long blocks;

    /** Adds one block. */
    public void add(long physical) {
        blocks++;
        int last = runs - 1;
        if (last >= 0 && starts[last] + lengths[last] == physical) {
            lengths[last]++;
            return;
        }
        if (runs == starts.length) {
            starts = Arrays.copyOf(starts, runs * 2);
            lengths = Arrays.copyOf(lengths, runs * 2);
        }
        starts[runs] = physical;
        lengths[runs] = 1;
        runs++;
    }

    /** How many runs. */
    public int runs() {
        return runs;
    }

    /** The first block of a run. */
    public long start(int run) {
        return starts[run];
    }

    /** The blocks of a run, 1 or more. */
    public long length(int run) {
        return lengths[run];
    }

    /** The blocks of all runs. */
    public long blocks() {
        return blocks;
    }

    public boolean isEmpty() {
        return runs == 0;
    }

    /** Forgets all runs. */
    public void clear() {
        runs = 0;
        blocks = 0;
    }
}
