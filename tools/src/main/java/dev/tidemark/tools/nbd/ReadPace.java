package dev.tidemark.tools.nbd;

import java.util.concurrent.TimeUnit;

/** Remembers whether the last small reads of a connection waited for a disk. */
final class ReadPace {
    /** Longer than it takes to copy and verify the longest read handed over, shorter than any disk takes. */
    private static final long SLOW_NANOS = TimeUnit.MICROSECONDS.toNanos(60);

    /** Of the last 32 reads. Half of them: now and then one is slow because its thread had to wait for a processor. */
    private static final int MANY = 16;

    private int history;

    void note(long nanos) {
        history = (history << 1) | (nanos > SLOW_NANOS ? 1 : 0);
    }

    boolean isSlow() {
        return Integer.bitCount(history) >= MANY;
    }
}
