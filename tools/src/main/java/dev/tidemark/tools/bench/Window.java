package dev.tidemark.tools.bench;

import dev.tidemark.engine.StoreException;
import dev.tidemark.engine.Volume;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A client's queue of a fixed depth: one thread submits, and waits while as many requests are under way as the queue is
 * deep. Allocates nothing.
 */
final class Window implements Volume.Completion {
    private static final long YIELD_NANOS = TimeUnit.MICROSECONDS.toNanos(50);

    private final AtomicLong completed = new AtomicLong();
    private final Thread owner = Thread.currentThread();
    private long submitted;
    private volatile boolean parked;
    private volatile StoreException failure;

    /** Takes a place in the queue, once fewer than {@code depth} are taken. */
    void enter(int depth) {
        await(submitted - depth + 1);
        submitted++;
    }

    /** Waits until every request has ended. */
    void drain() {
        await(submitted);
    }

    @SuppressWarnings("ThreadPriorityCheck") // where the scheduler ignores a yield, this spins, which serves as well
    private void await(long ended) {
        long start = 0;
        while (completed.get() < ended) {
            long now = System.nanoTime();
            start = start == 0 ? now : start;
            if (now - start < YIELD_NANOS) {
                Thread.yield();
            } else {
                parked = true;
                if (completed.get() < ended) {
                    LockSupport.park(this);
                }
                parked = false;
            }
        }
        if (failure != null) {
            throw new IllegalStateException("the store failed a request: " + failure.getMessage(), failure);
        }
    }

    @Override
    public void completed(long cookie, StoreException itsFailure) {
        if (itsFailure != null) {
            failure = itsFailure;
        }
        completed.incrementAndGet();
        if (parked) {
            LockSupport.unpark(owner);
        }
    }
}
