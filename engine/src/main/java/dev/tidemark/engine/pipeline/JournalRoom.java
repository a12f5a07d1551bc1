package dev.tidemark.engine.pipeline;

import dev.tidemark.storage.NoSpaceException;
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
    /** Beside the reserve and the data in frames: more than the events of one run take, and many commands' as well. */
    private static final int RUN_BYTES = 2 << 20;
    /** After a try to write more ahead that did not help: each writes as much of a segment as the device takes. */
    private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final FrameLog log;
    private final LongSupplier nanoClock;
    private final int reserveBytes;
    private final int writesBytes;
    private final int inlineBytes;
    private long failedNanos;
    private boolean failed;

    /**
     * Reserves for a log. Whatever the segments' length, they take at most three quarters of what is surely there while
     * the device has plenty: a reserve beyond that would refuse everything for good, on an empty device, once the
     * current segment is nearly full.
     *
     * @param wantedInlineBytes data that frames are to carry beside the events; see {@link #inlineBytes}
     */
    JournalRoom(FrameLog log, int wantedInlineBytes, LongSupplier nanoClock) {
        this.log = log;
        this.nanoClock = nanoClock;
        int sure = (int) Math.min(Integer.MAX_VALUE, log.segmentRoomBytes());
        reserveBytes = Math.min(RESERVE_BYTES, sure / 8);
        inlineBytes = Math.min(wantedInlineBytes, Math.min(sure / 2, log.maxPayloadBytes() / 2));
        writesBytes = reserveBytes + Math.min(RUN_BYTES, sure / 8) + inlineBytes;
    }

    /** How many bytes of data a frame may carry: what was wanted, as far as frames and segments are that large. */
    int inlineBytes() {
        return inlineBytes;
    }

    boolean forWrites() {
        return has(writesBytes);
    }

    boolean forCommands() {
        return has(reserveBytes);
    }

    /** What a request is told that there is no room for. */
    String refusal(String then) {
        IOException why = log.shortage();
        return why == null || why instanceof NoSpaceException
                ? "the host's file system has no room for the journal: free some, then " + then
                : "the journal can't be written ahead (" + why.getMessage() + "): see to its device, then " + then;
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
