package dev.tidemark.tools.nbd;

import dev.tidemark.engine.StoreException;
import dev.tidemark.engine.Volume;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/**
 * Brings the payload of writes into buffers of the store: a small one is copied from the receive buffer when it is all
 * there; a large one is read from the wire straight into its buffer, without ever having been anywhere else.
 *
 * <p>A large buffer is held while its peer sends, at its peer's pace. So these have a budget of their own, which the
 * small ones do not need, and while others wait for it, a peer that sends too slowly loses its connection.
 */
final class WriteIntake {
    /** Writes of up to this length are small. With its header it fits the receive buffer several times. */
    static final int SMALL_BYTES = 64 << 10;

    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long SLOWEST_BYTES_A_SECOND = 1 << 20;

    private final Session session;
    private final InFlight inFlight;
    private final ByteBudget smallBudget;
    private final ByteBudget largeBudget;
    private final ByteBudget.Ticket ticket;

    // Taken from a budget for the request at hand, which has no buffer yet.
    private ByteBudget chargedBudget;
    private long chargedBytes;

    // The large write whose payload is coming in.
    private Volume.WriteBuffer buffer;
    private long handle;
    private long offset;
    private boolean fua;
    private long startNanos;

    WriteIntake(
            Session session,
            InFlight inFlight,
            ByteBudget smallBudget,
            ByteBudget largeBudget,
            ByteBudget.Ticket ticket) {
        this.session = session;
        this.inFlight = inFlight;
        this.smallBudget = smallBudget;
        this.largeBudget = largeBudget;
        this.ticket = ticket;
    }

    static boolean isSmall(int length) {
        return length <= SMALL_BYTES;
    }

    /** Returns whether a large payload is coming in. */
    boolean isReceiving() {
        return buffer != null;
    }

    /**
     * Takes a write whose header, still in front of the received bytes, was found to be good. There is a free slot, and
     * for a small write all of its payload is there.
     *
     * @return NOTHING when header (and small payload) are taken, else what it waits for
     * @throws StoreException when the store gives no buffer; nothing was taken then
     */
    Need take(Received received, long requestHandle, long at, int length, boolean durable, long start) {
        ByteBudget budget = isSmall(length) ? smallBudget : largeBudget;
        if (chargedBudget == null) {
            if (!budget.acquire(length, ticket)) {
                return Need.BUDGET;
            }
            chargedBudget = budget;
            chargedBytes = length;
        }
        Volume.WriteBuffer claimed;
        try {
            claimed = session.volume().tryClaim(length);
        } catch (StoreException e) {
            uncharge();
            throw e;
        }
        if (claimed == null) {
            return Need.STORE;
        }
        chargedBudget = null;
        received.skip(NbdProtocol.REQUEST_BYTES);
        received.moveTo(claimed.bytes());
        if (!claimed.bytes().hasRemaining()) {
            submit(claimed, requestHandle, at, length, durable, start);
            return Need.NOTHING;
        }
        buffer = claimed;
        handle = requestHandle;
        offset = at;
        fua = durable;
        startNanos = start;
        return Need.NOTHING;
    }

    /**
     * Reads on; submits the write when its payload is complete.
     *
     * @return what {@link Wire#read} does
     */
    int receive(Wire wire) throws IOException {
        int count = wire.read(buffer.bytes());
        if (!buffer.bytes().hasRemaining()) {
            Volume.WriteBuffer complete = buffer;
            buffer = null;
            submit(complete, handle, offset, complete.bytes().limit(), fua, startNanos);
        }
        return count;
    }

    /** Checks that the peer sends fast enough for others to wait for it. */
    void checkPace(long now) throws PeerException {
        long elapsed = now - startNanos;
        if (elapsed < PATIENCE_NANOS || !largeBudget.isShort()) {
            return;
        }
        long enough = TimeUnit.NANOSECONDS.toSeconds(elapsed) * SLOWEST_BYTES_A_SECOND;
        if (buffer.bytes().position() < enough) {
            throw new PeerException("a payload that comes in too slowly while others wait");
        }
    }

    /** Gives back what it holds; a payload that was coming in is dropped, its request not answered. */
    void abandon() {
        ticket.cancel();
        uncharge();
        if (buffer != null) {
            long length = buffer.bytes().limit();
            buffer.release();
            buffer = null;
            largeBudget.release(length);
        }
    }

    private void submit(Volume.WriteBuffer full, long requestHandle, long at, int length, boolean durable, long start) {
        ByteBudget budget = isSmall(length) ? smallBudget : largeBudget;
        int slot = inFlight.open(requestHandle, NbdOperation.WRITE, length, start, budget);
        if (durable) {
            inFlight.expectForce(slot);
        }
        session.volume().submitWrite(at, full, durable, inFlight, slot);
    }

    private void uncharge() {
        if (chargedBudget != null) {
            chargedBudget.release(chargedBytes);
            chargedBudget = null;
        }
    }
}
