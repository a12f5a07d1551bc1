package dev.tidemark.tools.nbd;

import java.util.concurrent.TimeUnit;

/**
 * Decides whether a connection's small reads wait for a disk and are better handed over. Only reads by the
 * connection's own thread tell: how long one of the helpers takes says as much about the processors, of which many
 * helpers are short, as about the disk. So while reads are handed over, one now and then is not, as a probe.
 *
 * <pre>
 *           16 of the last 32 were slow
 *   by itself ------------------------> handed over, but for every 32nd
 *           <------------------------
 *             4 probes in a row were not
 * </pre>
 */
final class ReadPace {
    /** Longer than it takes to copy and verify the longest read handed over, shorter than any disk takes. */
    static final long SLOW_NANOS = TimeUnit.MICROSECONDS.toNanos(60);

    /** Of the last 32 reads. Half of them: now and then one is slow because its thread had to wait for a processor. */
    static final int MANY = 16;

    /** So seldom that a disk's latency, divided by this, is less than what handing over costs. */
    static final int PROBE_EVERY = 32;

    /** Where half of the reads find their data in memory, so many are seldom found in a row. */
    static final int FAST_PROBES = 4;

    private int history;
    private boolean slow;
    private int sinceProbe;
    private int fastProbes;

    /** A read of the connection's own thread took so long. */
    void note(long nanos) {
        boolean waited = nanos > SLOW_NANOS;
        if (slow) {
            fastProbes = waited ? 0 : fastProbes + 1;
            slow = fastProbes < FAST_PROBES;
            return;
        }
        history = (history << 1) | (waited ? 1 : 0);
        if (Integer.bitCount(history) >= MANY) {
            slow = true;
            history = 0;
            fastProbes = 0;
            sinceProbe = 0;
        }
    }

    /** Returns whether the next read should be handed over. Every call is about another read. */
    boolean shouldHandOver() {
        if (!slow) {
            return false;
        }
        sinceProbe = (sinceProbe + 1) % PROBE_EVERY;
        return sinceProbe != 0;
    }
}
