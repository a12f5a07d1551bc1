package dev.tidemark.engine.pipeline;

import com.lmax.disruptor.AlertException;
import com.lmax.disruptor.Sequence;
import com.lmax.disruptor.SequenceBarrier;
import com.lmax.disruptor.TimeoutException;
import com.lmax.disruptor.WaitStrategy;
import java.lang.invoke.VarHandle;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Yields for some tens of microseconds after work, then parks: under load a hop costs no park and unpark, and an idle
 * store burns no core. Serves one stage that leads and one that follows it, and allocates nothing.
 *
 * <p>Where other programs want the cores, it parks at once: a yield there costs a turn of theirs.
 *
 * <p>The follower is called only when there is something for it to do, of which the leader is asked: what passes by
 * meanwhile without that is looked at together, at the latest when the tick ends its wait. A follower that looked at
 * each request would take a tenth of the processor from requests that need nothing of it.
 *
 * <p>A parked thread stands in the field of what it waits for, and whoever brings that looks there:
 *
 * <ul>
 *   <li>A publisher wakes the leader when it is idle, and the follower if it knows that it will be called: it gets up
 *       while the leader works.
 *   <li>The leader comes back here right after it has published its progress, and calls the follower then.
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
    private final BooleanSupplier followerWanted;
    /** The follower was called, and has not begun with that yet. */
    private volatile boolean followerCalled;
    /** The follower's: how far the leader was when it began with the last call. It takes that in several batches. */
    private long calledUpTo = -1;
    /** Until then no thread yields. */
    private volatile long crowdedUntilNanos = System.nanoTime();

    /** The leader, while it waits for a publication. */
    private volatile Thread leaderIdle;
    /** The follower, while it waits for a publication. */
    private volatile Thread followerIdle;
    /** The follower, while it waits for what the leader is working on. */
    private volatile Thread followerBehind;

    /**
     * @param tickNanos the longest wait
     * @param followerWanted whether what the leader has done gives the follower something to do; asked on the leader's
     *     thread after each of its batches
     */
    AdaptiveWaitStrategy(long tickNanos, BooleanSupplier followerWanted) {
        this.tickNanos = tickNanos;
        this.followerWanted = followerWanted;
    }

    @Override
    public long waitFor(long sequence, Sequence cursor, Sequence dependent, SequenceBarrier barrier)
            throws AlertException, TimeoutException {
        boolean leads = dependent == cursor;
        if (leads && followerWanted.getAsBoolean()) {
            callFollower();
        }
        if (mayGoOn(leads, sequence, dependent)) {
            return goOn(leads, dependent);
        }
        long deadline = System.nanoTime() + tickNanos;
        while (true) {
            if (yieldFor(leads, sequence, dependent, barrier)) {
                return goOn(leads, dependent);
            }
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                if (dependent.get() >= sequence) {
                    return goOn(leads, dependent); // nobody called, but there is something to look at
                }
                throw TimeoutException.INSTANCE;
            }
            if (leads) {
                leaderIdle = Thread.currentThread();
                VarHandle.fullFence();
                park(cursor.get() < sequence, barrier, left);
                leaderIdle = null;
            } else if (cursor.get() < sequence) {
                followerIdle = Thread.currentThread();
                VarHandle.fullFence();
                park(cursor.get() < sequence, barrier, left);
                followerIdle = null;
            } else {
                followerBehind = Thread.currentThread();
                VarHandle.fullFence();
                park(!mayGoOn(false, sequence, dependent), barrier, left);
                followerBehind = null;
            }
            // An embedder's callback may have interrupted this thread; a park would then only spin.
            Thread.interrupted();
        }
    }

    private boolean mayGoOn(boolean leads, long sequence, Sequence dependent) {
        return (leads || followerCalled || sequence <= calledUpTo) && dependent.get() >= sequence;
    }

    /** The call is taken down before the look at how far the leader is: what is done behind that is called for anew. */
    private long goOn(boolean leads, Sequence dependent) {
        if (leads) {
            return dependent.get();
        }
        followerCalled = false;
        VarHandle.fullFence(); // a processor may let a load pass a store before it
        calledUpTo = dependent.get();
        return calledUpTo;
    }

    /** Yields for a while, after work as well as after being woken; whether there is something to do now. */
    @SuppressWarnings("ThreadPriorityCheck") // where the scheduler ignores a yield, this spins, which serves as well
    private boolean yieldFor(boolean leads, long sequence, Sequence dependent, SequenceBarrier barrier)
            throws AlertException {
        long start = System.nanoTime();
        long now = start;
        while (!mayGoOn(leads, sequence, dependent) && now - start < YIELD_NANOS && now - crowdedUntilNanos >= 0) {
            barrier.checkAlert();
            Thread.yield();
            long before = now;
            now = System.nanoTime();
            if (now - before > LATE_NANOS) {
                crowdedUntilNanos = now + CROWDED_NANOS;
            }
        }
        barrier.checkAlert();
        return mayGoOn(leads, sequence, dependent);
    }

    private void park(boolean mustWait, SequenceBarrier barrier, long nanos) {
        if (mustWait && !barrier.isAlerted()) {
            LockSupport.parkNanos(this, nanos);
        }
    }

    /** Any thread, after it published; and whoever alerts the leader's barrier. */
    @Override
    public void signalAllWhenBlocking() {
        VarHandle.fullFence();
        wake(leaderIdle);
    }

    /** Any thread, after it published what the follower will be called for. */
    void wakeFollowerEarly() {
        wake(followerIdle);
    }

    /** The leader, after it moved its sequence on; and whoever alerts the follower's barrier. */
    void callFollower() {
        followerCalled = true;
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
