package dev.tidemark.journal;

import java.util.concurrent.atomic.AtomicReference;

/**
 * Guards the staging buffer for the length of one copy. Not a {@code ReentrantLock}, because that one allocates when it
 * is contended; not {@code synchronized}, because a claim holds it across calls. It is held only for copies in memory,
 * by one of two threads, so who waits spins and then yields.
 */
final class StagingLock {
    private static final int SPINS = 200;

    private final AtomicReference<Thread> owner = new AtomicReference<>();

    @SuppressWarnings("ThreadPriorityCheck") // the yield is a hint only: without it the loop goes on just as well
    void lock() {
        Thread self = Thread.currentThread();
        if (owner.compareAndSet(null, self)) {
            return;
        }
        if (owner.get() == self) {
            throw new IllegalStateException("a claimed frame is neither committed nor aborted");
        }
        for (int i = 0; !owner.compareAndSet(null, self); i++) {
            if (i < SPINS) {
                Thread.onSpinWait();
            } else {
                Thread.yield();
            }
        }
    }

    void unlock() {
        owner.setRelease(null);
    }

    boolean isHeld() {
        return owner.get() == Thread.currentThread();
    }
}
