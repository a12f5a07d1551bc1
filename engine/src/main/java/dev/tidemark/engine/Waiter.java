package dev.tidemark.engine;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A thread that waits for one completion: yields for some tens of microseconds, for most answers come by then, and
 * parks
 * after that. Reused by its thread; an interrupt does not end the wait and stays set.
 */
final class Waiter implements Volume.Completion {
    private static final long YIELD_NANOS = TimeUnit.MICROSECONDS.toNanos(50);

    /** A yield that comes back so late has lost the core to another program: yielding again would cost as much. */
    private static final long LATE_NANOS = TimeUnit.MICROSECONDS.toNanos(500);

    private static final long CROWDED_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static volatile long crowdedUntilNanos = System.nanoTime();

    private volatile Thread thread;
    private volatile boolean done;
    private StoreException failure;

    /** To be called before the request is submitted. */
    Waiter begin() {
        thread = Thread.currentThread();
        failure = null;
        done = false;
        return this;
    }

    @Override
    public void completed(long cookie, StoreException itsFailure) {
        Thread waiting = thread;
        failure = itsFailure;
        done = true;
        if (waiting != Thread.currentThread()) { // it carried the request out itself
            LockSupport.unpark(waiting);
        }
    }

    boolean isDone() {
        return done;
    }

    /** Waits, then throws the failure if there was one. */
    @SuppressWarnings("ThreadPriorityCheck") // yielding for a bounded time measures better than parking at once
    void await() {
        long start = System.nanoTime();
        long now = start;
        boolean interrupted = false;
        while (!done) {
            if (now - start < YIELD_NANOS && now - crowdedUntilNanos >= 0) {
                Thread.yield();
                long before = now;
                now = System.nanoTime();
                if (now - before > LATE_NANOS) {
                    crowdedUntilNanos = now + CROWDED_NANOS;
                }
            } else {
                LockSupport.park(this);
                interrupted |= Thread.interrupted();
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (failure != null) {
            // made on another thread: this one's stack belongs to what is thrown
            throw failure.here();
        }
    }
}
