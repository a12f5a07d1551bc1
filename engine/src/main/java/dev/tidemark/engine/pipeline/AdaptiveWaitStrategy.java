package dev.tidemark.engine.pipeline;

import com.lmax.disruptor.AlertException;
import com.lmax.disruptor.Sequence;
import com.lmax.disruptor.SequenceBarrier;
import com.lmax.disruptor.TimeoutException;
import com.lmax.disruptor.WaitStrategy;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Yields for some tens of microseconds after work, then blocks: under load a hop costs no park and unpark, and an idle
 * store burns no core.
 *
 * <p>A stage behind another waits for that stage's sequence, which nobody signals; there it naps in short steps, so
 * that
 * a stage that is inside a long force costs its follower nothing, and the follower wakes within a nap.
 *
 * <p>A wait that lasts as long as the tick ends with a {@link TimeoutException}, which drives the periodic work of the
 * stages.
 */
final class AdaptiveWaitStrategy implements WaitStrategy {
    /** Long enough for the next request of a busy client to arrive, short enough to cost nothing when idle. */
    private static final long YIELD_NANOS = TimeUnit.MICROSECONDS.toNanos(60);
    /** How late a follower may notice that the stage before it has finished. */
    private static final long NAP_NANOS = TimeUnit.MICROSECONDS.toNanos(50);

    private final long tickNanos;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition published = lock.newCondition();
    private volatile int blocked;

    AdaptiveWaitStrategy(long tickNanos) {
        this.tickNanos = tickNanos;
    }

    @Override
    @SuppressWarnings("ThreadPriorityCheck") // yielding for a bounded time measures better than parking at once
    public long waitFor(long sequence, Sequence cursor, Sequence dependent, SequenceBarrier barrier)
            throws AlertException, InterruptedException, TimeoutException {
        long available = dependent.get();
        if (available >= sequence) {
            return available;
        }
        long start = System.nanoTime();
        do {
            barrier.checkAlert();
            Thread.yield();
            available = dependent.get();
            if (available >= sequence) {
                return available;
            }
        } while (System.nanoTime() - start < YIELD_NANOS);
        return waitBlocked(sequence, cursor, dependent, barrier, start + tickNanos);
    }

    private long waitBlocked(
            long sequence, Sequence cursor, Sequence dependent, SequenceBarrier barrier, long deadlineNanos)
            throws AlertException, InterruptedException, TimeoutException {
        while (true) {
            long available = dependent.get();
            if (available >= sequence) {
                return available;
            }
            barrier.checkAlert();
            long left = deadlineNanos - System.nanoTime();
            if (left <= 0) {
                throw TimeoutException.INSTANCE;
            }
            if (cursor.get() >= sequence) {
                // published, but the stage before has not finished it
                java.util.concurrent.locks.LockSupport.parkNanos(this, NAP_NANOS);
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
            } else {
                awaitPublication(sequence, cursor, barrier, left);
            }
        }
    }

    @SuppressWarnings({"NonAtomicVolatileUpdate", "WaitNotInLoop"}) // changed under the lock only; the caller loops
    private void awaitPublication(long sequence, Sequence cursor, SequenceBarrier barrier, long leftNanos)
            throws AlertException, InterruptedException {
        lock.lock();
        try {
            blocked++;
            try {
                // the publisher stores the cursor and then reads `blocked`; we do it the other way round
                if (cursor.get() < sequence) {
                    barrier.checkAlert();
                    long left = published.awaitNanos(leftNanos);
                    if (left <= 0) {
                        return;
                    }
                }
            } finally {
                blocked--;
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void signalAllWhenBlocking() {
        java.lang.invoke.VarHandle.fullFence();
        if (blocked > 0) {
            lock.lock();
            try {
                published.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }
}
