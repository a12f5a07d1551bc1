package dev.tidemark.engine.read;

import dev.tidemark.engine.exception.BlockChecksum;
import dev.tidemark.engine.exception.ExceptionStore;
import dev.tidemark.engine.mapping.MappedRun;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * A helper for large reads: while the caller reads and verifies a run piece by piece, it does the same for other pieces
 * of the same run, straight into the caller's buffer. Copying a MiB out of the page cache leaves no time for its
 * checksums on one thread.
 *
 * <p>It only helps who is there anyway: it yields for some tens of microseconds after work and parks then, so the first
 * large read after a pause is the caller's alone. A piece belongs to whoever claims it first, and the caller waits only
 * for a piece that the helper has claimed; a helper that gets no core claims none. One caller at a time; others read
 * alone. Allocates nothing while callers read into the same buffer again and again.
 *
 * <p>What is mapped where is the caller's knowledge, under the caller's pin, which covers the whole of the work.
 */
final class ReadPartner implements AutoCloseable {
    /** A piece: some ten microseconds; its bytes are still in the core's cache when their checksum is computed. */
    static final int PIECE_BYTES = 128 << 10;
    /** Shorter runs are read faster than a helper comes. */
    static final int MIN_BYTES = 4 * PIECE_BYTES;

    /** As long as a client needs from one large read to the next. */
    private static final long YIELD_NANOS = TimeUnit.MICROSECONDS.toNanos(60);
    /** A parked helper is woken only for large reads that follow each other within this. */
    private static final long STREAM_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private static final VarHandle CLAIMS;

    static {
        try {
            CLAIMS = MethodHandles.lookup().findVarHandle(ReadPartner.class, "claims", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final ExceptionStore exceptions;
    private final int blockSizeBytes;
    private final int pieceBlocks;
    private final Thread helper = new Thread(this::run, "tidemark-read");
    private final BlockChecksum checksum = new BlockChecksum();

    /** Whether somebody has the partner: what follows is that thread's, but for what is said of the helper. */
    private final AtomicBoolean taken = new AtomicBoolean();

    /** The caller's buffer, and the helper's view of it, kept for the next read into the same. */
    private ByteBuffer target;

    private ByteBuffer view;
    private MappedRun run;
    private int start;
    private long lastNanos;

    /** Ordinal of the run (32 bits), its pieces (16), pieces claimed (16): so that no claim is of another run. */
    private volatile long claims;
    /** Pieces that the helper has done; and whether one of them is not as it should be. */
    private volatile int helperDone;

    private volatile boolean helperFailed;
    private volatile boolean parked;
    private volatile boolean ended;

    /** The helper waits until it is wanted. */
    ReadPartner(ExceptionStore exceptions) {
        this.exceptions = exceptions;
        this.blockSizeBytes = exceptions.blockSizeBytes();
        pieceBlocks = PIECE_BYTES / blockSizeBytes;
        helper.setDaemon(true);
        helper.start();
    }

    /**
     * Reads a run of at least {@link #MIN_BYTES} into a direct buffer from index {@code at} on, and verifies it.
     * Position and limit of the buffer are unspecified afterwards.
     *
     * @return whether all of it was read and verified; if not (or the partner is somebody else's), the caller reads the
     *     run alone and finds out what is wrong
     */
    boolean read(MappedRun wanted, ByteBuffer buffer, int at, BlockChecksum callersChecksum) {
        if (!taken.compareAndSet(false, true)) {
            return false;
        }
        try {
            long now = System.nanoTime();
            boolean stream = now - lastNanos < STREAM_NANOS;
            int pieces = begin(wanted, buffer, at);
            if (parked && stream) {
                LockSupport.unpark(helper);
            }
            int own = 0;
            boolean good = true;
            try {
                for (int piece = claim(); piece >= 0; piece = claim()) {
                    own++;
                    good = good && isGood(piece, buffer, callersChecksum);
                }
            } finally {
                // Its pieces lie in the caller's buffer: nobody may leave before they are done.
                awaitHelper(pieces - own);
            }
            lastNanos = System.nanoTime();
            return good && !helperFailed;
        } finally {
            run = null;
            taken.set(false);
        }
    }

    @SuppressWarnings("ReferenceEquality") // the same buffer, not equal bytes
    private int begin(MappedRun wanted, ByteBuffer buffer, int at) {
        if (target != buffer) {
            target = buffer;
            view = buffer.duplicate();
        }
        run = wanted;
        start = at;
        helperDone = 0;
        helperFailed = false;
        int pieces = (wanted.count() + pieceBlocks - 1) / pieceBlocks;
        claims = (((claims >>> 32) + 1) << 32) | ((long) pieces << 16);
        return pieces;
    }

    /** A piece that nobody has claimed, or -1. */
    private int claim() {
        while (true) {
            long now = claims;
            int next = (int) now & 0xFFFF;
            if (next >= (int) ((now >>> 16) & 0xFFFF)) {
                return -1;
            }
            if (CLAIMS.compareAndSet(this, now, now + 1)) {
                return next;
            }
        }
    }

    private boolean isGood(int piece, ByteBuffer buffer, BlockChecksum itsChecksum) {
        int first = piece * pieceBlocks;
        int blocks = Math.min(pieceBlocks, run.count() - first);
        int from = start + first * blockSizeBytes;
        try {
            buffer.limit(from + blocks * blockSizeBytes).position(from);
            exceptions.read(run.physical() + first, buffer);
        } catch (IOException e) {
            return false; // the caller reads it again alone, and says what is wrong
        }
        for (int i = 0; i < blocks; i++) {
            if (itsChecksum.of(buffer, from + i * blockSizeBytes, blockSizeBytes) != run.checksum(first + i)) {
                return false;
            }
        }
        return true;
    }

    @SuppressWarnings("ThreadPriorityCheck") // where the scheduler ignores a yield, this spins, which serves as well
    private void awaitHelper(int pieces) {
        while (helperDone < pieces) {
            Thread.yield();
        }
    }

    @SuppressWarnings({"ThreadPriorityCheck", "NonAtomicVolatileUpdate"}) // the helper alone counts what it has done
    private void run() {
        long idleSince = System.nanoTime();
        while (!ended) {
            int piece = claim();
            if (piece >= 0) {
                boolean good = false;
                try {
                    good = isGood(piece, view, checksum);
                } finally {
                    if (!good) {
                        helperFailed = true;
                    }
                    helperDone++;
                }
                idleSince = System.nanoTime();
            } else if (System.nanoTime() - idleSince < YIELD_NANOS) {
                Thread.yield();
            } else {
                park();
                idleSince = System.nanoTime();
            }
        }
    }

    private void park() {
        if (taken.compareAndSet(false, true)) { // an idle helper keeps no buffer of a client's alive
            target = null;
            view = null;
            taken.set(false);
        }
        parked = true;
        if (!ended) {
            LockSupport.park(this);
        }
        parked = false;
        Thread.interrupted();
    }

    /** Ends the helper; nobody reads any more. */
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
