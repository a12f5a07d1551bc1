package dev.tidemark.tools.nbd;

import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A number of bytes that all connections share. Nobody blocks in here: who gets nothing now is called back in order of
 * arrival, so that a large request is not starved by small ones.
 *
 * <p>Invariants: {@code 0 <= used <= limit}; while somebody waits, nobody else is served.
 */
final class ByteBudget {
    /** Somebody who may have to wait; used with one budget at a time. */
    static final class Ticket {
        private final Runnable granted;
        private ByteBudget budget;
        private long bytes;
        private boolean waiting;
        private volatile boolean ready;

        /** Makes a ticket whose callback is run, from any thread, when what it waits for was granted. */
        Ticket(Runnable granted) {
            this.granted = granted;
        }

        /** Ends the wait, if it goes on; what was granted and not fetched goes back. */
        void cancel() {
            if (waiting) {
                budget.cancel(this);
            }
        }

        /** Returns whether what was waited for is there, and not fetched yet. */
        boolean isReady() {
            return waiting && ready;
        }
    }

    private final long limit;
    private final AtomicLong used = new AtomicLong();
    private final AtomicInteger waiting = new AtomicInteger();
    private final ArrayDeque<Ticket> queue = new ArrayDeque<>();

    ByteBudget(long limitBytes) {
        limit = limitBytes;
    }

    /**
     * Takes the bytes, or has the ticket wait for them. Called again with the same ticket and number of bytes, it says
     * whether they were granted meanwhile.
     *
     * @param bytes 0 to the limit
     * @return whether the caller has the bytes now
     */
    boolean acquire(long bytes, Ticket ticket) {
        if (ticket.waiting) {
            if (!ticket.ready) {
                return false;
            }
            ticket.waiting = false;
            return true;
        }
        if (waiting.get() == 0 && tryTake(bytes)) {
            return true;
        }
        synchronized (queue) {
            // Announced before the last try: a release that comes after the try will see it.
            waiting.incrementAndGet();
            if (queue.isEmpty() && tryTake(bytes)) {
                waiting.decrementAndGet();
                return true;
            }
            ticket.budget = this;
            ticket.bytes = bytes;
            ticket.ready = false;
            ticket.waiting = true;
            queue.add(ticket);
            return false;
        }
    }

    /** Gives bytes back, and serves those who wait. */
    void release(long bytes) {
        used.addAndGet(-bytes);
        if (waiting.get() != 0) {
            serve();
        }
    }

    private void cancel(Ticket ticket) {
        ticket.waiting = false;
        boolean removed;
        synchronized (queue) {
            removed = queue.remove(ticket);
            if (removed) {
                waiting.decrementAndGet();
            }
        }
        if (removed) {
            serve();
        } else {
            release(ticket.bytes);
        }
    }

    /** Returns whether somebody waits. */
    boolean isShort() {
        return waiting.get() != 0;
    }

    /** Returns the bytes taken now. */
    long used() {
        return used.get();
    }

    private void serve() {
        while (true) {
            Ticket next;
            synchronized (queue) {
                next = queue.peek();
                if (next == null || !tryTake(next.bytes)) {
                    return;
                }
                queue.remove();
                waiting.decrementAndGet();
                next.ready = true;
            }
            next.granted.run();
        }
    }

    private boolean tryTake(long bytes) {
        while (true) {
            long now = used.get();
            if (now + bytes > limit) {
                return false;
            }
            if (used.compareAndSet(now, now + bytes)) {
                return true;
            }
        }
    }
}
