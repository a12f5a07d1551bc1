package dev.tidemark.engine.pipeline;

import dev.tidemark.engine.exception.ExceptionStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes zeros into the exception store a little ahead of where it grows, on a thread of its own. Small writes that
 * make
 * a file grow cost PLACE several times as much as small writes into space that was written: a page of memory and a
 * block
 * of the file system have to be found for each of them. Not so where many come at once and are written together.
 *
 * <p>Never touches a block that was given out: PLACE tells of each block before it writes it ({@link #taken}), and
 * waits
 * for the piece that is being written if it runs into it. What is written ahead is no promise: if it fails, PLACE's own
 * writes find out for themselves.
 */
final class SpaceAhead implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SpaceAhead.class);
    /**
     * Some milliseconds of the fastest growth; every force may find so much of it not yet used, and writes it in vain.
     */
    static final int WINDOW_BYTES = 4 << 20;
    /**
     * What PLACE may have to wait for, for the file system lets one write into a file at a time: some ten microseconds,
     * some hundred where memory is slow to come.
     */
    static final int PIECE_BYTES = 64 << 10;
    /**
     * A run of so many small writes makes the file grow in one call or two, which costs no more than zeros would: PLACE
     * does without the helper then, which would want the processor that the writes want.
     */
    static final int MANY_REQUESTS = 8;
    /** So many requests of the other kind in a row turn it around: some milliseconds of a busy store. */
    private static final int REMEMBERED_REQUESTS = 256;

    private final ExceptionStore exceptions;
    private final FailStop failStop;
    private final long capacityBlocks;
    private final int pieceBlocks;
    private final int windowBlocks;
    private final ByteBuffer zeros = ByteBuffer.allocateDirect(PIECE_BYTES);
    private final Thread helper = new Thread(this::run, "tidemark-ahead");

    // guarded by this
    /** Everything from here on was neither given out nor written ahead. */
    private long next;
    /** The first block of the piece that is being written; no block below {@link #next} else is touched again. */
    private long busyFrom = Long.MAX_VALUE;

    private volatile long wanted;
    private volatile boolean parked;
    private volatile boolean ended;

    /** PLACE only: below this nothing is ever written ahead again. */
    private long reached;
    /** PLACE only: requests in runs of few, less those in runs of many, of late. */
    private int inRunsOfFew;

    /** The helper waits until it is wanted. */
    SpaceAhead(ExceptionStore exceptions, long capacityBlocks, FailStop failStop) {
        this.exceptions = exceptions;
        this.failStop = failStop;
        this.capacityBlocks = capacityBlocks;
        pieceBlocks = PIECE_BYTES / exceptions.blockSizeBytes();
        windowBlocks = WINDOW_BYTES / exceptions.blockSizeBytes();
        helper.setDaemon(true);
        helper.start();
    }

    /**
     * PLACE: blocks were given out, and may be written on return.
     *
     * @param highWaterBlocks all blocks below were given out at some time
     * @param small whether it is for a small write: large ones gain nothing from space that was written
     */
    void taken(long highWaterBlocks, boolean small) {
        if (highWaterBlocks > reached) {
            pass(highWaterBlocks);
        }
        if (small && inRunsOfFew >= 0 && wanted < highWaterBlocks + windowBlocks / 2) {
            wanted = highWaterBlocks + windowBlocks;
            if (parked) {
                LockSupport.unpark(helper);
            }
        }
    }

    /** PLACE: so many requests were written together. */
    void ran(int requests) {
        inRunsOfFew = requests < MANY_REQUESTS
                ? Math.min(REMEMBERED_REQUESTS, inRunsOfFew + requests)
                : Math.max(-REMEMBERED_REQUESTS, inRunsOfFew - requests);
    }

    @SuppressWarnings("ThreadPriorityCheck") // where the scheduler ignores a yield, this spins, which serves as well
    private void pass(long highWaterBlocks) {
        while (true) {
            synchronized (this) {
                if (busyFrom >= highWaterBlocks) {
                    if (next < highWaterBlocks) {
                        next = highWaterBlocks + pieceBlocks; // the helper is behind: it begins in front of PLACE
                    }
                    reached = Math.min(next, busyFrom);
                    return;
                }
            }
            Thread.yield();
        }
    }

    private void run() {
        try {
            while (!ended) {
                if (!writeOne()) {
                    parked = true; // stored before the last look, as PLACE stores what it wants before it looks here
                    if (!ended && (!isBehind() || failStop.failed())) {
                        LockSupport.park(this);
                    }
                    parked = false;
                    Thread.interrupted();
                }
            }
        } catch (IOException | RuntimeException | Error e) {
            ended = true;
            LOG.warn("the exception store is not written ahead any more: {}", e.toString());
        }
    }

    /** Whether it was ever asked to write ahead. */
    boolean isWanted() {
        return wanted > 0;
    }

    private synchronized boolean isBehind() {
        return next < Math.min(wanted, capacityBlocks);
    }

    private boolean writeOne() throws IOException {
        long from;
        int blocks;
        synchronized (this) {
            blocks = (int) Math.min(pieceBlocks, Math.min(wanted, capacityBlocks) - next);
            if (blocks <= 0 || failStop.failed()) {
                return false;
            }
            from = next;
            next += blocks;
            busyFrom = from;
        }
        try {
            exceptions.write(from, zeros.clear().limit(blocks * exceptions.blockSizeBytes()));
        } finally {
            synchronized (this) {
                busyFrom = Long.MAX_VALUE;
            }
        }
        return true;
    }

    /** Ends the helper; nothing is written ahead after the return. */
    @Override
    public void close() {
        ended = true;
        LockSupport.unpark(helper);
        boolean interrupted = false;
        while (helper.isAlive()) {
            try {
                helper.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
