package dev.tidemark.tools.nbd;

import java.util.concurrent.TimeUnit;

/**
 * Decides whether a connection should give its client a moment to send more before it looks again. With many requests
 * in flight, a server that takes each as it comes makes both sides pay for every one: a look at the socket, a write and
 * a buffer each, and a lock that the two take from each other. Taken by the handful they cost half of that. With few in
 * flight, a pause only makes the client wait.
 *
 * <p>How many there are a server can't see, so it tries: a pause must bring a handful. A client that has never sent two
 * requests at once is left alone.
 *
 * <pre>
 *              every 4,096 rounds, if two requests came at once since
 *   at once ----------------------------------------------------------> pausing
 *           <----------------------------------------------------------
 *                        8 rounds in a row below a handful
 * </pre>
 */
final class Gathering {
    /** About what a client needs to send four requests and to take as many answers. */
    static final long PAUSE_NANOS = TimeUnit.MICROSECONDS.toNanos(15);

    /** Below that, waiting for more costs as much as it saves. */
    static final int HANDFUL = 4;

    /** Rounds that show that a pause does not pay: one or two may be small for other reasons. */
    static final int VAIN_ROUNDS = 8;

    /** So seldom that vain pauses are less than half a percent of the time. */
    static final int TRY_EVERY = 4096;

    private boolean pausing;
    private boolean several;
    private int rounds;
    private int vain;

    /**
     * A round has served so many requests, at least one.
     *
     * @return whether to pause before the next look
     */
    boolean served(int requests) {
        several |= requests > 1;
        if (pausing) {
            vain = requests < HANDFUL ? vain + 1 : 0;
            if (vain == VAIN_ROUNDS) {
                pausing = false;
                several = false;
                rounds = 0;
            }
        } else if (++rounds >= TRY_EVERY && several) {
            pausing = true;
            vain = 0;
        }
        return pausing;
    }
}
