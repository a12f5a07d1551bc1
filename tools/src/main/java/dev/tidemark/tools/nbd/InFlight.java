package dev.tidemark.tools.nbd;

import dev.tidemark.engine.StoreException;
import dev.tidemark.engine.Volume;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * The requests of one connection that the store works on. A fixed number of slots; the cookie of a request is its
 * slot. The connection's thread opens, takes and closes slots; any thread completes them, by pushing the slot on a
 * lock-free stack threaded through the slots themselves, so that nothing is allocated.
 *
 * <pre>
 *  free --open()--> in flight --completed()--> on the stack --take()--> taken --close()--> free
 * </pre>
 */
final class InFlight implements Volume.Completion {
    private static final int NONE = -1;

    private final Runnable notifier;
    private final LongAdder total;
    private final long[] handles;
    private final NbdOperation[] kinds;
    private final long[] bytes;
    private final long[] starts;
    private final ByteBudget[] budgets;
    private final boolean[] parts;
    private final boolean[] forced;
    private final StoreException[] failures;
    private final int[] next;
    private final int[] free;
    private int freeCount;
    private int forces;
    private long chargedBytes;
    private final AtomicInteger completedTop = new AtomicInteger(NONE);

    // What was taken off the stack, oldest first.
    private int takenHead = NONE;
    private int takenTail = NONE;

    /**
     * Makes the slots.
     *
     * @param total counts the requests of all connections
     * @param notifier called by the completing thread after each completion; must not block
     */
    InFlight(int slots, LongAdder total, Runnable notifier) {
        this.notifier = notifier;
        this.total = total;
        handles = new long[slots];
        kinds = new NbdOperation[slots];
        bytes = new long[slots];
        starts = new long[slots];
        budgets = new ByteBudget[slots];
        parts = new boolean[slots];
        forced = new boolean[slots];
        failures = new StoreException[slots];
        next = new int[slots];
        free = new int[slots];
        for (int i = 0; i < slots; i++) {
            free[i] = slots - 1 - i;
        }
        freeCount = slots;
    }

    boolean isFull() {
        return freeCount == 0;
    }

    /** Returns the bytes that its requests have taken from budgets. */
    long chargedBytes() {
        return chargedBytes;
    }

    /** Returns how many slots there are. */
    int capacity() {
        return free.length;
    }

    /** Returns how many slots are not free. */
    int count() {
        return free.length - freeCount;
    }

    /**
     * Opens a slot; there must be a free one.
     *
     * @param budget where the bytes go back to when the store has ended the request, or null
     */
    int open(long handle, NbdOperation kind, long length, long startNanos, ByteBudget budget) {
        int slot = free[--freeCount];
        total.increment();
        handles[slot] = handle;
        kinds[slot] = kind;
        bytes[slot] = length;
        starts[slot] = startNanos;
        budgets[slot] = budget;
        parts[slot] = false;
        forced[slot] = false;
        if (budget != null) {
            chargedBytes += length;
        }
        return slot;
    }

    /** Takes back the {@link #open} of a slot that was not handed to anybody. */
    void unopen(int slot) {
        free[freeCount++] = slot;
        total.decrement();
    }

    /** As {@link #open}, for a piece of a request that is answered as a whole elsewhere. */
    int openPart(NbdOperation kind, long length, ByteBudget budget) {
        int slot = open(0, kind, length, 0, budget);
        parts[slot] = true;
        return slot;
    }

    /** Notes that the request in an open slot, not submitted yet, ends only when the store has forced something. */
    void expectForce(int slot) {
        forced[slot] = true;
        forces++;
    }

    /** Returns whether a request waits for the store to force something. */
    boolean awaitsForce() {
        return forces > 0;
    }

    @Override
    public void completed(long cookie, StoreException failure) {
        int slot = (int) cookie;
        failures[slot] = failure;
        int top;
        do {
            top = completedTop.get();
            next[slot] = top;
        } while (!completedTop.compareAndSet(top, slot));
        notifier.run();
    }

    /** Returns whether something was completed that was not taken yet. */
    boolean hasCompleted() {
        return completedTop.get() != NONE;
    }

    /**
     * Takes all that was completed and gives its bytes back to their budgets, whether or not there is room for replies.
     */
    void take() {
        int slot = hasCompleted() ? completedTop.getAndSet(NONE) : NONE;
        if (slot == NONE) {
            return;
        }
        // The stack is newest first; turning it around answers in the order of completion.
        int newest = slot;
        int head = NONE;
        while (slot != NONE) {
            int older = next[slot];
            next[slot] = head;
            head = slot;
            if (budgets[slot] != null) {
                budgets[slot].release(bytes[slot]);
                chargedBytes -= bytes[slot];
            }
            slot = older;
        }
        if (takenHead == NONE) {
            takenHead = head;
        } else {
            next[takenTail] = head;
        }
        takenTail = newest;
    }

    /** Returns the oldest slot that was taken and not closed, or -1. */
    int firstTaken() {
        return takenHead;
    }

    /** Closes the slot that {@link #firstTaken} returned. */
    void closeFirstTaken() {
        int slot = takenHead;
        takenHead = next[slot];
        if (forced[slot]) {
            forces--;
        }
        failures[slot] = null;
        budgets[slot] = null;
        free[freeCount++] = slot;
        total.decrement();
    }

    boolean isPart(int slot) {
        return parts[slot];
    }

    long handle(int slot) {
        return handles[slot];
    }

    NbdOperation kind(int slot) {
        return kinds[slot];
    }

    long bytes(int slot) {
        return bytes[slot];
    }

    long startNanos(int slot) {
        return starts[slot];
    }

    /** Returns why the request in a taken slot failed, or null. */
    StoreException failure(int slot) {
        return failures[slot];
    }
}
