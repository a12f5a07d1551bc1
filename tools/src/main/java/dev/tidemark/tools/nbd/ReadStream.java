package dev.tidemark.tools.nbd;

import static dev.tidemark.tools.nbd.NbdProtocol.REPLY_FLAG_DONE;
import static dev.tidemark.tools.nbd.NbdProtocol.REPLY_NONE;
import static dev.tidemark.tools.nbd.NbdProtocol.REPLY_OFFSET_DATA;
import static dev.tidemark.tools.nbd.NbdProtocol.SIMPLE_REPLY_BYTES;
import static dev.tidemark.tools.nbd.NbdProtocol.STRUCTURED_REPLY_BYTES;

import dev.tidemark.engine.StoreException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * Reads: small ones go into the send buffer at once, or through {@link ReadHelpers} while the disk is what they wait
 * for; one that does not fit is read and sent in pieces, so that a request of 32 MiB needs no buffer of 32 MiB.
 *
 * <p>An error in a later piece comes after the header said that all is well. A structured reply then ends with an error
 * chunk that names the offset. A simple reply can't take it back; so for these every piece is read twice, once to see
 * that it can be, and only what breaks in between costs the connection.
 */
final class ReadStream {
    /**
     * Small enough for the processor's cache, large enough to make the calls cheap. Reads that are large enough to have
     * two threads of the store are cut into {@link ReadHelpers#LARGE_PIECE_BYTES}.
     */
    private static final int PIECE_BYTES = 128 << 10;

    /** What may still wait to be sent when the next piece is read: it is moved, to make room. */
    private static final int MAX_MOVED_BYTES = 8 << 10;

    private final Session session;
    private final Replies replies;
    private final InFlight inFlight;
    private final ReadHelpers helpers;
    private final Consumer<ByteBuffer> largeBuffers;
    private final ReadPace pace = new ReadPace();
    private final ReadHelpers.Task[] tasks;

    private boolean active;
    private int pieceBytes;
    private long handle;
    private long offset;
    private long length;
    private long sent;
    private long startNanos;
    private StoreException failure;
    private long failedOffset;

    ReadStream(Session session, InFlight inFlight, ReadHelpers helpers) {
        this.session = session;
        this.replies = session.replies();
        this.inFlight = inFlight;
        this.helpers = helpers;
        largeBuffers = helpers::giveLarge;
        tasks = new ReadHelpers.Task[inFlight.capacity()];
    }

    /** Returns the room that {@link #readWhole} needs for a read of that length. */
    static int roomFor(int length) {
        return Math.max(Replies.ERROR_ROOM, STRUCTURED_REPLY_BYTES + Long.BYTES + length);
    }

    /** Returns whether a read of that length fits the send buffer. */
    boolean fits(int length) {
        return roomFor(length) <= replies.capacity();
    }

    /** Answers a read; {@link #roomFor} its length has been reserved. */
    void readWhole(long requestHandle, long from, int bytes, long start) {
        if (bytes == 0) {
            readNothing(requestHandle, start);
            return;
        }
        int header = session.isStructured() ? STRUCTURED_REPLY_BYTES + Long.BYTES : SIMPLE_REPLY_BYTES;
        long before = session.now();
        try {
            session.volume().read(from, replies.window(header, bytes));
        } catch (StoreException e) {
            session.failure(requestHandle, NbdOperation.READ, bytes, start, e);
            return;
        }
        if (bytes <= ReadHelpers.BUFFER_BYTES) {
            pace.note(session.now() - before);
        }
        session.readHeader(requestHandle, from, bytes);
        replies.advance(bytes);
        session.count(NbdOperation.READ, bytes, start, false);
    }

    private void readNothing(long requestHandle, long start) {
        if (session.isStructured()) {
            replies.structured(requestHandle, REPLY_FLAG_DONE, REPLY_NONE, 0);
        } else {
            replies.simple(requestHandle, NbdError.NONE);
        }
        session.count(NbdOperation.READ, 0, start, false);
    }

    /** Returns whether the next read should rather be handed over, if others could be served meanwhile. */
    boolean shouldHandOver(int bytes) {
        return bytes > 0 && bytes <= ReadHelpers.BUFFER_BYTES && pace.shouldHandOver();
    }

    /** Hands a read over; returns whether that was possible. There is a free slot. */
    boolean handOver(long requestHandle, long from, int bytes, long start) {
        int slot = inFlight.open(requestHandle, NbdOperation.READ, bytes, start, null);
        // Only this thread looks at the array, and it takes completions later.
        tasks[slot] = helpers.submit(session.volume(), from, bytes, inFlight, slot);
        if (tasks[slot] == null) {
            inFlight.unopen(slot);
            return false;
        }
        return true;
    }

    /** Answers a read that was handed over and has ended; {@link #roomFor} its length has been reserved. */
    void answerHandedOver(int slot) {
        ReadHelpers.Task task = tasks[slot];
        StoreException failure = inFlight.failure(slot);
        long requestHandle = inFlight.handle(slot);
        int bytes = (int) inFlight.bytes(slot);
        if (failure != null) {
            session.failure(requestHandle, NbdOperation.READ, bytes, inFlight.startNanos(slot), failure);
        } else {
            session.readHeader(requestHandle, task.offset(), bytes);
            replies.window(bytes).put(task.data());
            replies.advance(bytes);
            session.count(NbdOperation.READ, bytes, inFlight.startNanos(slot), false);
        }
        drop(slot);
    }

    /** Gives back what a handed over read holds, answered or not; does nothing for another request's slot. */
    void drop(int slot) {
        if (tasks[slot] != null) {
            tasks[slot].giveBack();
            tasks[slot] = null;
        }
    }

    /** Reads ahead of the client's use, as far as the store's own caches remember it; the data goes nowhere. */
    void prefetch(long from, long bytes) {
        long at = from;
        long end = from + bytes;
        while (at < end) {
            int piece = (int) Math.min(end - at, replies.room());
            session.volume().read(at, replies.window(piece));
            at += piece;
        }
    }

    boolean isActive() {
        return active;
    }

    /** Begins a read that does not {@link #fits fit}; an empty send buffer was reserved. */
    void begin(long requestHandle, long from, int bytes, long start) {
        borrow(bytes);
        if (!session.isStructured()) {
            try {
                prefetch(from, bytes);
            } catch (StoreException e) {
                session.failure(requestHandle, NbdOperation.READ, bytes, start, e);
                replies.giveBackWhenEmpty();
                return;
            }
            replies.simple(requestHandle, NbdError.NONE);
        } else {
            replies.structured(requestHandle, 0, REPLY_OFFSET_DATA, Long.BYTES + bytes);
            replies.putLong(from);
        }
        active = true;
        handle = requestHandle;
        offset = from;
        length = bytes;
        sent = 0;
        startNanos = start;
        failure = null;
    }

    private void borrow(int bytes) {
        pieceBytes = PIECE_BYTES;
        ByteBuffer larger = bytes < ReadHelpers.LARGE_PIECE_BYTES ? null : helpers.takeLarge();
        if (larger != null) {
            replies.borrow(larger, largeBuffers);
            pieceBytes = ReadHelpers.LARGE_PIECE_BYTES;
        }
    }

    /** Gives back what a read in the middle of its data holds; the connection ends. */
    void abandon() {
        replies.giveBack();
    }

    /**
     * Adds the next piece, when there is room for it.
     *
     * @return whether there was
     * @throws PeerException when the reply can't be completed and the connection has to be closed
     */
    boolean advance() throws IOException {
        if (sent == length) {
            return finish();
        }
        int piece = (int) Math.min(pieceBytes, length - sent);
        // The socket's own buffer holds more than a piece, so little is lost by not moving much.
        if (replies.pendingBytes() > MAX_MOVED_BYTES || !replies.reserve(piece)) {
            return false;
        }
        if (failure == null) {
            try {
                session.volume().read(offset + sent, replies.window(piece));
                replies.advance(piece);
                sent += piece;
                return true;
            } catch (StoreException e) {
                failure = e;
                failedOffset = offset + sent;
            }
        }
        if (!session.isStructured()) {
            session.count(NbdOperation.READ, length, startNanos, true);
            throw new PeerException("a read failed in the middle of its reply: " + failure.getMessage());
        }
        replies.zeros(piece);
        sent += piece;
        return true;
    }

    private boolean finish() {
        if (session.isStructured()) {
            if (!replies.reserve(Replies.ERROR_ROOM)) {
                return false;
            }
            if (failure == null) {
                replies.structured(handle, REPLY_FLAG_DONE, REPLY_NONE, 0);
            } else {
                int error = NbdError.of(failure, NbdOperation.READ);
                replies.structuredErrorAt(handle, error, failure.getMessage(), failedOffset);
            }
        }
        active = false;
        replies.giveBackWhenEmpty();
        session.count(NbdOperation.READ, length, startNanos, failure != null);
        return true;
    }
}
