package dev.tidemark.engine.pipeline;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The right to run a stage: one thread at a time has it. The stage's own thread waits for it; any other only tries, and
 * never overtakes the stage's own once that waits. Allocates nothing; not reentrant.
 */
final class StageTurn {
    /** The other one is mostly done by then; a force takes longer, and is parked for. */
    private static final long YIELD_NANOS = TimeUnit.MICROSECONDS.toNanos(30);

    private static final VarHandle HOLDER;

    static {
        try {
            HOLDER = MethodHandles.lookup().findVarHandle(StageTurn.class, "holder", Thread.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private volatile Thread holder;
    /** The stage's own thread, while it waits. */
    private volatile Thread waiting;

    /** Any thread: whether it has the turn now. */
    boolean tryTake() {
        return waiting == null && HOLDER.compareAndSet(this, null, Thread.currentThread());
    }

    /** The stage's own thread: waits for the turn. */
    @SuppressWarnings("ThreadPriorityCheck") // where the scheduler ignores a yield, this spins, which serves as well
    void take() {
        Thread self = Thread.currentThread();
        if (holder == self || HOLDER.compareAndSet(this, null, self)) {
            return; // its own still when a failure ended the batch before
        }
        // Stored before the next try: so either that try succeeds, or the release sees who waits.
        waiting = self;
        long start = System.nanoTime();
        while (!HOLDER.compareAndSet(this, null, self)) {
            if (System.nanoTime() - start < YIELD_NANOS) {
                Thread.yield();
            } else {
                LockSupport.park(this);
                // An embedder's callback may have interrupted this thread; a park would then only spin.
                Thread.interrupted();
            }
        }
        waiting = null;
    }

    /** Whoever has the turn gives it back. */
    void release() {
        holder = null;
        Thread next = waiting;
        if (next != null) {
            LockSupport.unpark(next);
        }
    }

    boolean isMine() {
        return holder == Thread.currentThread();
    }
}
