package dev.tidemark.engine.pipeline;

import com.lmax.disruptor.AlertException;
import com.lmax.disruptor.Sequence;
import com.lmax.disruptor.SequenceBarrier;
import com.lmax.disruptor.TimeoutException;
import com.lmax.disruptor.WaitStrategy;
import java.lang.invoke.VarHandle;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Yields for some tens of microseconds after work, then parks: under load a hop costs no park and unpark, and an idle
 * store burns no core. Serves one stage that leads and one that follows it, and allocates nothing.
 *
 * <p>Where other programs want the cores, it parks at once: a yield there costs a turn of theirs.
 *
 * <p>A parked thread stands in the field of what it waits for, and whoever brings that looks there:
 *
 * <ul>
 *   <li>A publisher wakes both stages when they are idle: the follower gets up while the leader works.
 *   <li>The leader comes back here right after it has published its progress, and wakes the follower then. So a
 *       follower never polls while the leader is busy.
 * </ul>
 *
 * Neither can be missed: the one who waits stores itself, then looks once more whether it has to wait; the other one
 * publishes, then looks whether somebody waits; with a full fence between on both sides.
 *
 * <p>A wait that lasts as long as the tick ends with a {@link TimeoutException}, which drives the periodic work of the
 * stages.
 */
final class AdaptiveWaitStrategy implements WaitStrategy {
    /** Long enough for the next request of a busy client to arrive, short enough to cost nothing when idle. */
    private static final long YIELD_NANOS = TimeUnit.MICROSECONDS.toNanos(60);

    /**
     * A yield that comes back so late has lost the core to another program for a turn. Who yields there waits several
     * turns for each hop, who parks is preferred when woken.
     */
    private static final long LATE_NANOS = TimeUnit.MICROSECONDS.toNanos(500);

    private static final long CROWDED_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final long tickNanos;
    /** Until then no thread yields. */
    private volatile long crowdedUntilNanos = System.nanoTime();

    /** The leader, while it waits for a publication. */
    private volatile Thread leaderIdle;
    /** The follower, while it waits for a publication. */
    private volatile Thread followerIdle;
    /** The follower, while it waits for what the leader is working on. */
    private volatile Thread followerBehind;

    AdaptiveWaitStrategy(long tickNanos) {
        this.tickNanos = tickNanos;
    }

    @Override
    public long waitFor(long sequence, Sequence cursor, Sequence dependent, SequenceBarrier barrier)
            throws AlertException, TimeoutException {
        boolean leads = dependent == cursor;
        if (leads) {
            wakeFollower();
        }
        if (dependent.get() >= sequence) {
            return dependent.get();
        }
        long deadline = System.nanoTime() + tickNanos;
        while (true) {
            if (yieldFor(sequence, dependent, barrier)) {
                return dependent.get();
            }
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                throw TimeoutException.INSTANCE;
            }
            if (leads) {
                leaderIdle = Thread.currentThread();
                park(cursor.get() < sequence, barrier, left);
                leaderIdle = null;
            } else if (cursor.get() < sequence) {
                followerIdle = Thread.currentThread();
                park(cursor.get() < sequence, barrier, left);
                followerIdle = null;
            } else {
                followerBehind = Thread.currentThread();
                park(dependent.get() < sequence, barrier, left);
                followerBehind = null;
            }
            // An embedder's callback may have interrupted this thread; a park would then only spin.
            Thread.interrupted();
        }
    }

    /** Yields for a while, after work as well as after being woken; whether the sequence came meanwhile. */
    @SuppressWarnings("ThreadPriorityCheck") // where the scheduler ignores a yield, this spins, which serves as well
    private boolean yieldFor(long sequence, Sequence dependent, SequenceBarrier barrier) throws AlertException {
        long start = System.nanoTime();
        long now = start;
        while (dependent.get() < sequence && now - start < YIELD_NANOS && now - crowdedUntilNanos >= 0) {
            barrier.checkAlert();
            Thread.yield();
            long before = now;
            now = System.nanoTime();
            if (now - before > LATE_NANOS) {
                crowdedUntilNanos = now + CROWDED_NANOS;
            }
        }
        barrier.checkAlert();
        return dependent.get() >= sequence;
    }

    private void park(boolean mustWait, SequenceBarrier barrier, long nanos) {
        if (mustWait && !barrier.isAlerted()) {
            LockSupport.parkNanos(this, nanos);
        }
    }

    /** Any thread, after it published; and whoever alerts a barrier. */
    @Override
    public void signalAllWhenBlocking() {
        VarHandle.fullFence();
        wake(leaderIdle);
        wake(followerIdle);
    }

    /** The leader, after it moved its sequence on; and whoever alerts the follower's barrier. */
    void wakeFollower() {
        VarHandle.fullFence();
        wake(followerBehind);
        wake(followerIdle);
    }

    private static void wake(Thread thread) {
        if (thread != null) {
            LockSupport.unpark(thread);
        }
    }
}
