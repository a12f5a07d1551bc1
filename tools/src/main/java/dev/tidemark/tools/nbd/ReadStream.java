package dev.tidemark.tools.nbd;

import static dev.tidemark.tools.nbd.NbdProtocol.REPLY_FLAG_DONE;
import static dev.tidemark.tools.nbd.NbdProtocol.REPLY_NONE;
import static dev.tidemark.tools.nbd.NbdProtocol.REPLY_OFFSET_DATA;
import static dev.tidemark.tools.nbd.NbdProtocol.SIMPLE_REPLY_BYTES;
import static dev.tidemark.tools.nbd.NbdProtocol.STRUCTURED_REPLY_BYTES;

import dev.tidemark.engine.StoreException;
import java.io.IOException;

/**
 * Reads: small ones go into the send buffer at once; the one that does not fit is read and sent in pieces, so that a
 * request of 32 MiB needs no buffer of 32 MiB.
 *
 * <p>An error in a later piece comes after the header said that all is well. A structured reply then ends with an error
 * chunk that names the offset. A simple reply can't take it back; so for these every piece is read twice, once to see
 * that it can be, and only what breaks in between costs the connection.
 */
final class ReadStream {
    /** Small enough for the processor's cache, large enough to make the calls cheap. */
    private static final int PIECE_BYTES = 128 << 10;

    private final Session session;
    private final Replies replies;

    private boolean active;
    private long handle;
    private long offset;
    private long length;
    private long sent;
    private long startNanos;
    private StoreException failure;
    private long failedOffset;

    ReadStream(Session session) {
        this.session = session;
        this.replies = session.replies();
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
        boolean structured = session.isStructured();
        int header = !structured ? SIMPLE_REPLY_BYTES : bytes == 0 ? 0 : STRUCTURED_REPLY_BYTES + Long.BYTES;
        try {
            if (bytes > 0) {
                session.volume().read(from, replies.window(header, bytes));
            }
        } catch (StoreException e) {
            session.failure(requestHandle, NbdOperation.READ, bytes, start, e);
            return;
        }
        if (!structured) {
            replies.simple(requestHandle, NbdError.NONE);
        } else if (bytes == 0) {
            replies.structured(requestHandle, REPLY_FLAG_DONE, REPLY_NONE, 0);
        } else {
            replies.structured(requestHandle, REPLY_FLAG_DONE, REPLY_OFFSET_DATA, Long.BYTES + bytes);
            replies.putLong(from);
        }
        replies.advance(bytes);
        session.count(NbdOperation.READ, bytes, start, false);
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
        if (!session.isStructured()) {
            try {
                prefetch(from, bytes);
            } catch (StoreException e) {
                session.failure(requestHandle, NbdOperation.READ, bytes, start, e);
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
        int piece = (int) Math.min(PIECE_BYTES, length - sent);
        if (!replies.reserve(piece)) {
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
        session.count(NbdOperation.READ, length, startNanos, failure != null);
        return true;
    }
}
