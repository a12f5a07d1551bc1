package dev.tidemark.tools.nbd;

import static dev.tidemark.tools.nbd.NbdProtocol.CONTEXT_ALLOCATION_ID;
import static dev.tidemark.tools.nbd.NbdProtocol.REPLY_BLOCK_STATUS;
import static dev.tidemark.tools.nbd.NbdProtocol.REPLY_FLAG_DONE;
import static dev.tidemark.tools.nbd.NbdProtocol.STATE_HOLE;
import static dev.tidemark.tools.nbd.NbdProtocol.STATE_ZERO;
import static dev.tidemark.tools.nbd.NbdProtocol.STRUCTURED_REPLY_BYTES;

import dev.tidemark.engine.StoreException;
import dev.tidemark.engine.Volume;

/** Block status: a volume's extents as the descriptors of one chunk. */
final class StatusQuery implements Volume.ExtentSink {
    /** A client asks again for what did not fit; this bounds the work and the room of one request. */
    static final int MAX_EXTENTS = 4096;

    /** Room for the largest reply. */
    static final int ROOM = STRUCTURED_REPLY_BYTES + Integer.BYTES + MAX_EXTENTS * 2 * Integer.BYTES;

    private final Session session;
    private final Replies replies;
    private int extents;
    private int maxExtents;

    StatusQuery(Session session) {
        this.session = session;
        this.replies = session.replies();
    }

    /** Answers a query; {@link #ROOM} has been reserved, and the length is not 0. */
    void answer(long handle, long offset, long length, boolean onlyOne, long startNanos) {
        replies.structured(handle, REPLY_FLAG_DONE, REPLY_BLOCK_STATUS, 0);
        replies.putInt(CONTEXT_ALLOCATION_ID);
        extents = 0;
        maxExtents = onlyOne ? 1 : MAX_EXTENTS;
        try {
            session.volume().extents(offset, length, this);
        } catch (StoreException e) {
            replies.retract(STRUCTURED_REPLY_BYTES + payloadBytes());
            session.failure(handle, NbdOperation.STATUS, length, startNanos, e);
            return;
        }
        replies.patchInt(Integer.BYTES + payloadBytes(), payloadBytes());
        session.count(NbdOperation.STATUS, length, startNanos, false);
    }

    @Override
    public boolean extent(long offset, long length, boolean mapped) {
        if (extents == maxExtents) {
            return false;
        }
        replies.putInt((int) length);
        replies.putInt(mapped ? 0 : STATE_HOLE | STATE_ZERO);
        extents++;
        return extents < maxExtents;
    }

    private int payloadBytes() {
        return Integer.BYTES + extents * 2 * Integer.BYTES;
    }
}
