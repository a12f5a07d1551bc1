package dev.tidemark.tools.bench;

import dev.tidemark.engine.StoreException;
import dev.tidemark.engine.Volume;
import org.HdrHistogram.Histogram;

/** A client's queue of a fixed depth that notes how long each request took, from its submission to its answer. */
final class TimedWindow implements Volume.Completion {
    /** Many more than are ever under way. */
    private static final int SLOTS = 1 << 12;

    private final Window window = new Window();
    private final long[] begun = new long[SLOTS];
    private final Histogram latencies;
    private long submitted;

    TimedWindow(Histogram latencies) {
        this.latencies = latencies;
    }

    /** Takes a place in the queue, once fewer than {@code depth} are taken; returns the request's cookie. */
    long enter(int depth) {
        window.enter(depth);
        begun[(int) (submitted & (SLOTS - 1))] = System.nanoTime();
        return submitted++;
    }

    /** Waits until every request has ended. */
    void drain() {
        window.drain();
    }

    @Override
    public void completed(long cookie, StoreException failure) {
        long nanos = System.nanoTime() - begun[(int) (cookie & (SLOTS - 1))];
        synchronized (latencies) { // requests are answered by two threads
            latencies.recordValue(Math.min(nanos, latencies.getHighestTrackableValue()));
        }
        window.completed(cookie, failure);
    }
}
