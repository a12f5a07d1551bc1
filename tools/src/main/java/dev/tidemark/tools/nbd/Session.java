package dev.tidemark.tools.nbd;

import dev.tidemark.engine.StoreException;
import dev.tidemark.engine.Volume;
import java.util.function.LongSupplier;

/** What was agreed on in the handshake, and how requests are answered since. Used by the connection's thread. */
final class Session implements AutoCloseable {
    private final Volume volume;
    private final Volume.Attachment attachment;
    private final boolean structured;
    private final boolean allocation;
    private final Replies replies;
    private final NbdMetrics metrics;
    private final LongSupplier clock;

    Session(
            Volume volume,
            Volume.Attachment attachment,
            boolean structured,
            boolean allocation,
            Replies replies,
            NbdMetrics metrics,
            LongSupplier clock) {
        this.volume = volume;
        this.attachment = attachment;
        this.structured = structured;
        this.allocation = allocation;
        this.replies = replies;
        this.metrics = metrics;
        this.clock = clock;
    }

    Volume volume() {
        return volume;
    }

    /** Lets go of the volume. */
    @Override
    public void close() {
        attachment.close();
    }

    boolean isStructured() {
        return structured;
    }

    /** Returns whether the client has selected {@code base:allocation}. */
    boolean hasAllocation() {
        return allocation;
    }

    Replies replies() {
        return replies;
    }

    long now() {
        return clock.getAsLong();
    }

    /** Returns whether a range lies inside the volume as it is now; the numbers are the client's own, unsigned. */
    boolean contains(long offset, long length) {
        long size = volume.sizeBytes();
        return offset >= 0 && offset <= size && length <= size - offset;
    }

    /** Answers a request that carries no data back. Needs {@link Replies#ERROR_ROOM}. */
    void success(long handle, NbdOperation kind, long bytes, long startNanos) {
        replies.simple(handle, NbdError.NONE);
        count(kind, bytes, startNanos, false);
    }

    /** Answers with an error. Needs {@link Replies#ERROR_ROOM}. */
    void error(long handle, NbdOperation kind, long bytes, long startNanos, int error, String message) {
        if (structured) {
            replies.structuredError(handle, error, message);
        } else {
            replies.simple(handle, error);
        }
        count(kind, bytes, startNanos, true);
    }

    /** Answers with what the store said. Needs {@link Replies#ERROR_ROOM}. */
    void failure(long handle, NbdOperation kind, long bytes, long startNanos, StoreException failure) {
        error(handle, kind, bytes, startNanos, NbdError.of(failure, kind), failure.getMessage());
    }

    /** Reports a request that was answered. */
    void count(NbdOperation kind, long bytes, long startNanos, boolean failed) {
        metrics.operation(kind, bytes, now() - startNanos, failed);
    }

    /** Adds the header of a successful read's reply, whose data follows; {@code bytes} is positive. */
    void readHeader(long handle, long offset, int bytes) {
        if (structured) {
            replies.structured(handle, NbdProtocol.REPLY_FLAG_DONE, NbdProtocol.REPLY_OFFSET_DATA, Long.BYTES + bytes);
            replies.putLong(offset);
        } else {
            replies.simple(handle, NbdError.NONE);
        }
    }
}
