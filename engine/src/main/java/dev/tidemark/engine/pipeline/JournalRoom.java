package dev.tidemark.engine.pipeline;

import java.io.IOException;

/**
 * Whether the journal has room written ahead for what a request will append (G10): asked when a request is placed, so
 * that nothing runs out later. PLACE only.
 */
final class JournalRoom {
    /** Kept for what must always work (delete, merge, discard) and for the events that already wait. */
    private static final int RESERVE_BYTES = 1 << 20;
    /** Below this, writes are refused: they leave the reserve and what waits in the event ring alone. */
    private static final int WRITES_BYTES = 3 << 20;

    private final FrameLog log;
    private final int reserveBytes;
    private final int writesBytes;

    /** With segments smaller than usual the reserves shrink with them: they must fit one that is written ahead. */
    JournalRoom(FrameLog log, int segmentBytes) {
        this.log = log;
        reserveBytes = Math.min(RESERVE_BYTES, segmentBytes / 8);
        writesBytes = Math.min(WRITES_BYTES, segmentBytes / 4);
    }

    boolean forWrites() {
        return has(writesBytes);
    }

    boolean forCommands() {
        return has(reserveBytes);
    }

    private boolean has(long bytes) {
        if (log.roomBytes() >= bytes) {
            return true;
        }
        try {
            log.retryRoom();
        } catch (IOException e) {
            return false; // the journal keeps its first failure and says so at the next append
        }
        return log.roomBytes() >= bytes;
    }
}
