package dev.tidemark.engine.read;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.WeakReference;
import java.util.Arrays;

/**
 * Epoch-based reclamation (Fraser, "Practical lock-freedom", 2004): a reader pins the epoch that it began in, the
 * writer moves the epoch on after it unlinked something, and what was unlinked at an epoch is used again only when
 * every
 * pinned epoch is later.
 *
 * <p>The order that makes it safe: a reader stores its pin, then a full fence, then loads a root; the writer stores the
 * new root, then a full fence, then loads the pins. So either the writer sees the pin, or the reader sees the new root.
 *
 * <p>Threads: {@link #enter} and {@link Pin#exit} in pairs from any thread, the pin of the outermost pair counts;
 * {@link #advance} and {@link #safeEpoch} from the writer only.
 */
public final class EpochTable {
    private static final long IDLE = Long.MAX_VALUE;

    private static final VarHandle EPOCH;

    static {
        try {
            EPOCH = MethodHandles.lookup().findVarHandle(Pin.class, "epoch", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Copied by each change, so that looking through it takes no lock and no iterator. */
    private volatile Pin[] pins = {};

    private final ThreadLocal<Pin> mine = ThreadLocal.withInitial(this::register);
    private volatile long current = 1;

    /**
     * Pins the present epoch for the calling thread. What it looks up from now on stays as it is until {@code exit}.
     */
    public Pin enter() {
        Pin pin = mine.get();
        if (pin.depth++ == 0) {
            pin.epoch = current;
            VarHandle.fullFence();
        }
        return pin;
    }

    /** Whether the calling thread has a pin. */
    public boolean isPinnedHere() {
        return mine.get().depth > 0;
    }

    /** The epoch that is running: what is unlinked now is stamped with it. */
    public long current() {
        return current;
    }

    /** Ends the running epoch; to be called after things were unlinked. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // one writer
    public void advance() {
        current++;
    }

    /**
     * The oldest epoch that a reader pins, or the running one when none does: nothing stamped with an earlier one can
     * be
     * seen by a reader any more.
     */
    public long safeEpoch() {
        VarHandle.fullFence();
        long oldest = current;
        for (Pin pin : pins) {
            oldest = Math.min(oldest, pin.epoch);
        }
        return oldest;
    }

    private Pin register() {
        synchronized (this) {
            // A thread that died without an exit can't exist: enter and exit are paired in a finally.
            for (Pin pin : pins) {
                if (pin.owner.get() == null || !isAlive(pin.owner.get())) {
                    pin.owner = new WeakReference<>(Thread.currentThread());
                    return pin;
                }
            }
            Pin[] more = Arrays.copyOf(pins, pins.length + 1);
            Pin pin = new Pin(Thread.currentThread());
            more[pins.length] = pin;
            pins = more;
            return pin;
        }
    }

    private static boolean isAlive(Thread thread) {
        return thread != null && thread.isAlive();
    }

    /** One thread's place in the table, on cache lines of its own. */
    public static final class Pin {
        @SuppressWarnings("unused")
        private long p1;

        @SuppressWarnings("unused")
        private long p2;

        @SuppressWarnings("unused")
        private long p3;

        @SuppressWarnings("unused")
        private long p4;

        @SuppressWarnings("unused")
        private long p5;

        @SuppressWarnings("unused")
        private long p6;

        private volatile long epoch = IDLE;
        private WeakReference<Thread> owner;
        /** How often the thread has entered and not left; its own business. */
        private int depth;

        private Pin(Thread thread) {
            owner = new WeakReference<>(thread);
        }

        /** Ends the pin. */
        public void exit() {
            if (--depth == 0) {
                EPOCH.setRelease(this, IDLE);
            }
        }
    }
}
