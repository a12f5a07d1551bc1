package dev.tidemark.engine.pipeline;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Whether the journal has room written ahead for what a request will append (G10): asked when a request is placed, so
 * that nothing runs out later. {@link #covers} from any stage, the rest PLACE only.
 *
 * <p>Two bounds work together: PLACE takes nothing while {@link #covers} says that JOURNAL has to append first what was
 * placed before; and once that is so, the rooms of {@link #forWrites} and {@link #forCommands} are for what comes next.
 */
final class JournalRoom {
    /** Kept for what must always work (delete, merge, discard) and for the steps of jobs. */
    private static final int RESERVE_BYTES = 1 << 20;
    /** Below this, writes are refused: it leaves the reserve alone, and is more than the events of one run take. */
    private static final int WRITES_BYTES = 3 << 20;
    /** After a try to write more ahead that did not help: each writes as much of a segment as the device takes. */
    private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final FrameLog log;
    private final LongSupplier nanoClock;
    private final int reserveBytes;
    private final int writesBytes;
    private long failedNanos;
    private boolean failed;

    /**
     * With segments smaller than usual the reserves shrink with them: they must fit one that is written ahead.
     *
     * @param inlineBytes data that frames may carry beside the events
     */
    JournalRoom(FrameLog log, int segmentBytes, int inlineBytes, LongSupplier nanoClock) {
        this.log = log;
        this.nanoClock = nanoClock;
        reserveBytes = Math.min(RESERVE_BYTES, segmentBytes / 8);
        writesBytes = Math.min(WRITES_BYTES, segmentBytes / 8) + inlineBytes;
    }

    boolean forWrites() {
        return has(writesBytes);
    }

    boolean forCommands() {
        return has(reserveBytes);
    }

    /** Whether events of that length that wait for JOURNAL fit for sure, and more may be placed behind them. */
    boolean covers(int pendingBytes) {
        return pendingBytes == 0 || log.roomBytes() >= (long) pendingBytes + writesBytes;
    }

    private boolean has(long bytes) {
        if (log.roomBytes() >= bytes) {
            return true;
        }
        if (failed && nanoClock.getAsLong() - failedNanos < RETRY_NANOS) {
            return false;
        }
        try {
            log.retryRoom();
            failed = log.roomBytes() < bytes;
        } catch (IOException e) {
            failed = true; // the journal keeps its first failure and says so at the next append
        }
        failedNanos = nanoClock.getAsLong();
        return !failed;
    }
}
