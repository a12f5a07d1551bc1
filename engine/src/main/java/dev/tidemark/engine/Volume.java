package dev.tidemark.engine;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletionStage;

/**
 * A live volume of an open store. All methods may be called from any thread. Offsets and lengths are bytes, to the
 * byte; reads and writes are of 0 to {@link #MAX_REQUEST_BYTES} bytes, discards and zeroes of any length, and all lie
 * inside the volume.
 *
 * <p>A request is answered when its effect is visible to every later read. It is durable once a later flush was
 * answered, or at once when it was sent with {@code fua}. Requests that are in flight together may take effect in any
 * order.
 *
 * <p>Three forms, one meaning: blocking methods, methods that return a stage, and methods that call a
 * {@link Completion}; only the last allocate nothing in steady state.
 */
public interface Volume {
    /** The largest read or write request: 32 MiB. */
    int MAX_REQUEST_BYTES = 32 << 20;

    /** Returns the id, which is positive and never used again. */
    long id();

    /** Returns the current name; renames show. */
    String name();

    /** Returns the current size in bytes; resizes show. */
    long sizeBytes();

    /** Returns the store's block size in bytes, a power of two from 4096 to 65536. */
    int blockSizeBytes();

    /** Returns whether writes are refused with {@code read-only} now. */
    boolean readOnly();

    /** Returns false once the volume was deleted or merged away: requests then fail with {@code no-such-volume}. */
    boolean exists();

    /**
     * Fills the target's remaining bytes from {@code offset}.
     *
     * @throws StoreException {@code bad-size} for a range outside the volume, {@code no-such-volume}, or {@code failed}
     *     (a checksum that does not match included); the target's bytes are then undefined, its position unchanged
     */
    void read(long offset, ByteBuffer target);

    /**
     * Writes the source's remaining bytes at {@code offset}.
     *
     * @throws StoreException {@code out-of-space}, {@code read-only}, {@code bad-size}, {@code no-such-volume} or
     *     {@code failed}
     */
    void write(long offset, ByteBuffer source);

    /**
     * Returns when every write of any volume that was answered before the call is durable.
     *
     * @throws StoreException {@code failed}: what is durable is then unknown
     */
    void flush();

    /**
     * Gives up the range's content: whole blocks inside read as zeros afterwards and their space is given back; the
     * rest of the range may keep its bytes.
     *
     * @throws StoreException as {@link #write} does
     */
    void discard(long offset, long length);

    /**
     * Makes the range read as zeros. Whole blocks inside are unmapped.
     *
     * @throws StoreException as {@link #write} does
     */
    void writeZeroes(long offset, long length);

    /** As {@link #write}; the source is copied before the call returns. A {@link StoreException} fails the stage. */
    CompletionStage<Void> writeAsync(long offset, ByteBuffer source);

    /** As {@link #flush}. The stage fails with a {@link StoreException}. */
    CompletionStage<Void> flushAsync();

    /** As {@link #discard}. The stage fails with a {@link StoreException}. */
    CompletionStage<Void> discardAsync(long offset, long length);

    /** As {@link #writeZeroes}. The stage fails with a {@link StoreException}. */
    CompletionStage<Void> writeZeroesAsync(long offset, long length);

    /**
     * Claims a buffer of the store's own of exactly {@code length} bytes; blocks while the bytes in flight are at their
     * limit. Fill {@link WriteBuffer#bytes()}, then submit or release it.
     *
     * @param length 0 to {@link #MAX_REQUEST_BYTES}
     * @throws StoreException {@code failed} when the store has stopped or was closed; {@code bad-size} for a length out
     *     of range
     */
    WriteBuffer claim(int length);

    /** As {@link #claim}, but returns null where that would block. */
    WriteBuffer tryClaim(int length);

    /**
     * Submits a write of the buffer's whole length; the buffer belongs to the store from here on, whatever happens.
     *
     * <p>May block for a short while when too much is in flight, as the other {@code submit} methods may. Errors in
     * arguments come to the completion as well.
     *
     * @param fua whether the write must be durable when it is answered
     * @param cookie given back to the completion as it is
     */
    void submitWrite(long offset, WriteBuffer data, boolean fua, Completion completion, long cookie);

    /** Submits a {@link #flush}. */
    void submitFlush(Completion completion, long cookie);

    /** Submits a {@link #discard}, durable when answered if {@code fua}. */
    void submitDiscard(long offset, long length, boolean fua, Completion completion, long cookie);

    /** Submits a {@link #writeZeroes}, durable when answered if {@code fua}. */
    void submitZeroes(long offset, long length, boolean fua, Completion completion, long cookie);

    /**
     * Calls the sink with the extents of the range, in order, without gaps, neighbours of the same kind merged, from
     * the calling thread. An unmapped extent reads as zeros. It stops early when the sink returns false.
     *
     * <p>What the volume gives up during the walk is used again only after it. So the sink must be short, and must not
     * wait for writes: one that waits for space could wait for ever.
     *
     * @throws StoreException {@code bad-size}, {@code no-such-volume} or {@code failed}
     */
    void extents(long offset, long length, ExtentSink sink);

    /**
     * Marks that a client has the volume open: {@code delete} and {@code merge} are {@code busy} until it is closed.
     *
     * @param closeRequested called, from any thread and at most once, when {@code force=true} wants it closed, in a
     *     message that is not refused; it must not block
     * @throws StoreException {@code no-such-volume}
     */
    Attachment attach(Runnable closeRequested);

    /** Learns of the end of one submitted request. */
    @FunctionalInterface
    interface Completion {
        /**
         * The request with this cookie has ended. Called once for each request, on a thread of the store, or on the
         * caller's for errors in arguments. It must not block nor throw; it may submit requests.
         *
         * @param failure null when all is well
         */
        void completed(long cookie, StoreException failure);
    }

    /** Takes extents. */
    @FunctionalInterface
    interface ExtentSink {
        /**
         * Takes the next extent, of at least one byte.
         *
         * @return whether to go on
         */
        boolean extent(long offset, long length, boolean mapped);
    }

    /** A buffer of the store's own, used by one thread at a time. */
    interface WriteBuffer {
        /** Returns the direct buffer to fill: position 0, limit the claimed length. Its position is not looked at. */
        ByteBuffer bytes();

        /** Gives the buffer back without a write. */
        void release();
    }

    /** An open client of a volume. */
    interface Attachment extends AutoCloseable {
        /** Ends it. Calling it again does nothing. */
        @Override
        void close();
    }
}
