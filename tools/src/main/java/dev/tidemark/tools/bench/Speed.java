package dev.tidemark.tools.bench;

import org.HdrHistogram.Histogram;

/**
 * What one stretch of work came to.
 *
 * @param operations how many
 * @param nanos how long they took, the forces that belong to them included
 */
record Speed(long operations, long nanos) {
    /** A time limit that is looked at now and then only, so that looking costs nothing. */
    private static final int STRIDE = 16;

    static final Speed NONE = new Speed(0, 0);

    Speed plus(Speed more) {
        return new Speed(operations + more.operations, nanos + more.nanos);
    }

    double perSecond() {
        return operations * 1e9 / nanos;
    }

    /** One operation. */
    interface Step {
        void run() throws Exception;
    }

    /** Repeats a step for some time, then does {@code last} once, and counts both into the time. */
    static Speed of(long nanos, Step step, Step last) throws Exception {
        long start = System.nanoTime();
        long count = 0;
        do {
            for (int i = 0; i < STRIDE; i++) {
                step.run();
            }
            count += STRIDE;
        } while (System.nanoTime() - start < nanos);
        last.run();
        return new Speed(count, System.nanoTime() - start);
    }

    /** One operation of a pass. */
    interface PassStep {
        void run(long index) throws Exception;
    }

    /**
     * Repeats whole passes of {@code count} steps, each followed by {@code last}, until some time has passed. So what
     * is written is forced as often by each contender, however fast it fills the page cache.
     */
    static Speed passes(long nanos, long count, PassStep step, Step last) throws Exception {
        long start = System.nanoTime();
        long done = 0;
        do {
            for (long i = 0; i < count; i++) {
                step.run(i);
            }
            last.run();
            done += count;
        } while (System.nanoTime() - start < nanos);
        return new Speed(done, System.nanoTime() - start);
    }

    /** Repeats a step for some time and notes how long each took, in nanoseconds. */
    static Speed timed(long nanos, Histogram latencies, Step step) throws Exception {
        long start = System.nanoTime();
        long before = start;
        long count = 0;
        do {
            step.run();
            long now = System.nanoTime();
            latencies.recordValue(Math.min(now - before, latencies.getHighestTrackableValue()));
            before = now;
            count++;
        } while (before - start < nanos);
        return new Speed(count, before - start);
    }

    /** For latencies from microseconds to a minute, to three digits. */
    static Histogram histogram() {
        return new Histogram(60_000_000_000L, 3);
    }
}
