package dev.tidemark.tools.nbd;

import java.util.concurrent.TimeUnit;

/**
 * Decides whether a connection should give its client a moment to send more before it looks again. With many requests
 * in flight, a server that takes each as it comes makes both sides pay for every one: a look at the socket, a write and
 * a buffer each, and a lock that the two take from each other. Taken by the handful they cost half of that. With few in
 * flight, a pause only makes the client wait.
 *
 * <p>How many there are a server can't see, and what they cost depends on both; so it counts what is served in a while
 * with pauses and in a while without. A client that has never sent two requests at once is left alone.
 *
 * <pre>
 *   AT_ONCE --- two requests came at once ---> COUNTING ------> TRYING ------> PAUSING
 *      ^                                        ^ at once       pauses |         |
 *      |                                        +----------------------)---------+
 *      +---------------------------------------------------------------+ no better
 * </pre>
 */
final class Gathering {
    /** About what a client needs to send a handful of requests and to take as many answers. */
    static final long PAUSE_NANOS = TimeUnit.MICROSECONDS.toNanos(20);

    /** Some hundred requests: so that one that had to wait does not decide. */
    static final long COUNT_NANOS = TimeUnit.MILLISECONDS.toNanos(3);

    /** So long that trying costs two or three percent where it is in vain. */
    static final long KEEP_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /** Pauses must serve so much more than none: below that, what was counted says nothing. */
    private static final double GAIN = 1.02;

    private enum Phase {
        AT_ONCE,
        COUNTING,
        TRYING,
        PAUSING
    }

    private Phase phase = Phase.AT_ONCE;
    private boolean begun;
    private boolean several;
    private long sinceNanos;
    private long served;
    private double rateAtOnce;

    /**
     * A round has served so many requests, at least one.
     *
     * @param now in nanoseconds
     * @return whether to pause before the next look
     */
    boolean served(int requests, long now) {
        if (!begun) {
            begun = true;
            sinceNanos = now;
        }
        several |= requests > 1;
        served += requests;
        long elapsed = now - sinceNanos;
        boolean counts = phase == Phase.COUNTING || phase == Phase.TRYING;
        if (elapsed >= (counts ? COUNT_NANOS : KEEP_NANOS)) {
            enter(next((double) served / elapsed), now);
        }
        return phase == Phase.TRYING || phase == Phase.PAUSING;
    }

    private Phase next(double rate) {
        switch (phase) {
            case COUNTING -> {
                rateAtOnce = rate;
                return Phase.TRYING;
            }
            case TRYING -> {
                return rate > rateAtOnce * GAIN ? Phase.PAUSING : Phase.AT_ONCE;
            }
            default -> {
                return several ? Phase.COUNTING : Phase.AT_ONCE;
            }
        }
    }

    private void enter(Phase next, long now) {
        if (next == Phase.AT_ONCE) {
            several = false;
        }
        phase = next;
        sinceNanos = now;
        served = 0;
    }
}
