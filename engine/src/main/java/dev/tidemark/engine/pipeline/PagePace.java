package dev.tidemark.engine.pipeline;

import java.util.concurrent.TimeUnit;

/**
 * Decides who brings in the pages of a tree that a large write will touch: the thread that submits it, or PLACE.
 *
 * <p>A thread that submits large writes spends its time on their checksums, and the more of them it makes the more of
 * its time PLACE waits for the next. So while PLACE has nothing to wait for that is worth the name, because pages come
 * from the page cache, it brings them in itself, right before it walks through them. When they come from a disk, all
 * others would wait with it: then the submitting thread does it, as for small writes, and PLACE only looks now and then
 * whether that has changed.
 *
 * <pre>
 *            8 of the last 16 were slow, or 3 very slow
 *   left to PLACE ---------------------> brought in by who submits, but for every 64th write
 *                 <---------------------
 *             4 in a row of those were not
 * </pre>
 *
 * A hint that changes no result. {@link #note} by PLACE only; the rest by any thread.
 */
final class PagePace {
    /** Checksums of 256 KiB take as long as a page or two. */
    static final int LARGE_BYTES = 256 << 10;

    /** Longer than some pages out of the page cache take, shorter than any disk takes. */
    static final long SLOW_NANOS = TimeUnit.MICROSECONDS.toNanos(60);

    /** So many pages may take that long; of a run that is read at once all count. */
    static final int PAGES = 4;

    /** Half of the last 16: now and then PLACE loses its processor meanwhile. */
    static final int MANY = 8;

    /** A disk that is slow or busy: a few of them are worse than many others. */
    static final long VERY_SLOW_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    static final int MANY_VERY_SLOW = 3;

    private static final int HISTORY = 0xFFFF;

    /** So seldom that a disk's latency, divided by this, is small beside a large write's own time. */
    static final int PROBE_EVERY = 64;

    static final int FAST_PROBES = 4;

    private int history;
    private int verySlowHistory;
    private int fastProbes;
    private volatile boolean slow;
    /** Several threads may count at once: a lost one does no harm. */
    private int sinceProbe;

    /** Whether the pages of the next large write may be left to PLACE. Every call is about another write. */
    boolean mayLeave() {
        return !slow || ++sinceProbe % PROBE_EVERY == 0;
    }

    /** So many pages (1 or more) were left to PLACE, were not in memory, and took it so long. PLACE. */
    void note(long pages, long nanos) {
        boolean waited = nanos > SLOW_NANOS * Math.max(1, pages / PAGES);
        if (slow) {
            fastProbes = waited ? 0 : fastProbes + 1;
            slow = fastProbes < FAST_PROBES;
            return;
        }
        history = (history << 1 | (waited ? 1 : 0)) & HISTORY;
        verySlowHistory = (verySlowHistory << 1 | (waited && nanos > VERY_SLOW_NANOS ? 1 : 0)) & HISTORY;
        if (Integer.bitCount(history) >= MANY || Integer.bitCount(verySlowHistory) >= MANY_VERY_SLOW) {
            history = 0;
            verySlowHistory = 0;
            fastProbes = 0;
            slow = true;
        }
    }
}
