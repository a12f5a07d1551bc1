package dev.tidemark.tools.nbd;

import dev.tidemark.engine.StoreException;
import dev.tidemark.engine.Volume;

/**
 * Zeroes with NO_HOLE: the client wants the space to stay taken, so zeros are written as data are, a few pieces at a
 * time. With FUA a flush ends it.
 */
final class ZeroFill {
    private static final int PIECE_BYTES = 1 << 20;
    private static final int MAX_PIECES = 4;

    private final Session session;
    private final InFlight inFlight;
    private final ByteBudget budget;
    private final ByteBudget.Ticket ticket;

    private boolean active;
    private long handle;
    private long offset;
    private long length;
    private long submitted;
    private boolean fua;
    private long startNanos;
    private int pieces;
    private boolean charged;
    private StoreException failure;

    ZeroFill(Session session, InFlight inFlight, ByteBudget budget, ByteBudget.Ticket ticket) {
        this.session = session;
        this.inFlight = inFlight;
        this.budget = budget;
        this.ticket = ticket;
    }

    boolean isActive() {
        return active;
    }

    void begin(long requestHandle, long from, long bytes, boolean durable, long start) {
        active = true;
        handle = requestHandle;
        offset = from;
        length = bytes;
        submitted = 0;
        fua = durable;
        startNanos = start;
        failure = null;
    }

    /** One of the pieces has ended. */
    void pieceEnded(StoreException why) {
        pieces--;
        if (failure == null) {
            failure = why;
        }
    }

    /** Returns the bytes that the next piece takes from the budget, or 0 when there is none to be submitted. */
    private int nextPiece() {
        return failure != null ? 0 : (int) Math.min(PIECE_BYTES, length - submitted);
    }

    /**
     * Goes on.
     *
     * @return {@link Need#NOTHING} if something was done, else what it waits for
     */
    Need advance() {
        int piece = nextPiece();
        if (piece == 0) {
            return pieces > 0 ? Need.COMPLETION : finish();
        }
        if (pieces == MAX_PIECES || inFlight.isFull()) {
            return Need.COMPLETION;
        }
        if (!charged && !budget.acquire(piece, ticket)) {
            return Need.BUDGET;
        }
        charged = true;
        Volume.WriteBuffer buffer;
        try {
            buffer = session.volume().tryClaim(piece);
        } catch (StoreException e) {
            release(piece);
            failure = e;
            return Need.NOTHING;
        }
        if (buffer == null) {
            return Need.STORE;
        }
        Zeros.fill(buffer.bytes());
        charged = false;
        long at = offset + submitted;
        submitted += piece;
        pieces++;
        int slot = inFlight.openPart(NbdOperation.ZEROES, piece, budget);
        session.volume().submitWrite(at, buffer, false, inFlight, slot);
        return Need.NOTHING;
    }

    /** Begins no further piece; the request fails. */
    void stop() {
        if (active && failure == null) {
            if (charged) {
                release(nextPiece());
            }
            failure = NbdError.ending();
        }
        ticket.cancel();
    }

    private Need finish() {
        if (failure == null && fua) {
            if (inFlight.isFull()) {
                return Need.COMPLETION;
            }
            int slot = inFlight.open(handle, NbdOperation.ZEROES, length, startNanos, null);
            inFlight.expectForce(slot);
            active = false;
            session.volume().submitFlush(inFlight, slot);
            return Need.NOTHING;
        }
        if (!session.replies().reserve(Replies.ERROR_ROOM)) {
            return Need.ROOM;
        }
        active = false;
        if (failure == null) {
            session.success(handle, NbdOperation.ZEROES, length, startNanos);
        } else {
            session.failure(handle, NbdOperation.ZEROES, length, startNanos, failure);
        }
        return Need.NOTHING;
    }

    private void release(long bytes) {
        budget.release(bytes);
        charged = false;
    }
}
