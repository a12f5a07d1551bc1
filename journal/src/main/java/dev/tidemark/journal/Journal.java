package dev.tidemark.journal;

import dev.tidemark.storage.Storage;
import java.io.IOException;
import java.util.UUID;
import org.agrona.DirectBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The journal: appends frames of opaque payloads, and says which of them are durable.
 *
 * <p><b>Threads.</b> One thread at a time appends ({@link #append}, {@link #claim}). Beside it another one may
 * {@link #force} and {@link #mark}: what is appended while a force runs goes with the next one, which is what makes
 * group commit. {@link #releaseBelow} may be called from any thread, and so may what only reads.
 *
 * <p><b>Errors.</b> The first failed write or force is final: it is kept ({@link #failure}), every later call throws
 * {@link JournalFailedException} with it as the cause, nothing more is written, and the durable position stays. Only
 * {@link JournalFullException} and {@link IllegalArgumentException} leave the journal as it was. Segments that can't be
 * written ahead are no failure: they only lower {@link #roomBytes}.
 *
 * <p>Appending and forcing allocate nothing, but for the segment that is begun now and then.
 */
public final class Journal implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Journal.class);

    private final JournalWriter writer;
    private final SegmentPreparer preparer;
    private final SegmentCatalog catalog;
    private final StickyFailure failure;
    private final FrameClaim claim;
    private final SegmentHeader identity;
    private volatile boolean closed;

    Journal(
            JournalWriter writer,
            SegmentPreparer preparer,
            SegmentCatalog catalog,
            StickyFailure failure,
            SegmentHeader identity) {
        this.writer = writer;
        this.preparer = preparer;
        this.catalog = catalog;
        this.failure = failure;
        this.identity = identity;
        this.claim = new FrameClaim(writer);
    }

    /**
     * Makes an empty journal, durable on return: its directory, and a first segment with epoch 1.
     *
     * @param store the id that every segment will carry
     * @param callerHeader kept in every segment's header, up to 1 KiB; copied
     * @throws JournalException if there is a journal already
     */
    public static Journal create(Storage storage, JournalConfig config, UUID store, byte[] callerHeader)
            throws IOException {
        if (callerHeader.length > SegmentDescriptor.MAX_CALLER_BYTES) {
            throw new IllegalArgumentException("callerHeader: " + callerHeader.length + " bytes, at most "
                    + SegmentDescriptor.MAX_CALLER_BYTES + " can be kept");
        }
        return JournalRepair.create(storage, config, store, callerHeader);
    }

    /**
     * Phase 1 of opening a journal: finds out what is there. Changes nothing, and needs nobody's absence: an inspection
     * may call it beside a writer.
     *
     * @throws JournalCorruptException if something that was durable is damaged or missing
     * @throws JournalTooNewException if a newer version wrote it
     * @throws IOException if it could not be read; that is no verdict
     */
    public static JournalRecovery recover(Storage storage, JournalConfig config, Known known) throws IOException {
        return JournalRecovery.examine(storage, config, known).orThrow();
    }

    /**
     * Appends a frame. It is buffered, and durable once {@link #durableOffset} has reached the offset that is returned.
     * Allocates nothing. May wait for the storage when a staging buffer or a segment is full.
     *
     * @param type the caller's, 0 to 65535
     * @param firstSeq the seq of its first event: {@link #lastSeq} + 1
     * @param count how many events it holds, 0 or more
     * @param homeDurableUpTo a value of the caller's that the frame will carry: up to where its own copies of what
     * frames carry are forced
     * @param payload copied
     * @param length of the payload, from 0 to {@link JournalConfig#maxPayloadBytes}
     * @return the offset of the frame's end
     * @throws JournalFullException if no room is written ahead for it; nothing has changed
     */
    public long append(
            int type, long firstSeq, int count, long homeDurableUpTo, DirectBuffer payload, int offset, int length)
            throws IOException {
        checkOpen();
        return writer.append(type, firstSeq, count, homeDurableUpTo, payload, offset, length);
    }

    /**
     * Claims room for a frame whose payload the caller puts together in place; see {@link #append} for the arguments.
     * The claim must be committed or aborted by the same thread before anything else is asked of the journal.
     *
     * @param maxLength the most that the payload will take, from 0 to {@link JournalConfig#maxPayloadBytes}
     */
    public FrameClaim claim(int type, long firstSeq, int count, long homeDurableUpTo, int maxLength)
            throws IOException {
        checkOpen();
        return claim.begin(type, firstSeq, count, homeDurableUpTo, maxLength);
    }

    /**
     * Makes everything durable that was appended before the call. On return {@link #durableOffset} is at least what
     * {@link #appendedOffset} was.
     */
    public void force() throws IOException {
        checkOpen();
        writer.force();
    }

    /**
     * Makes evidence catch up: forces, and then forces a marker that says so, unless the evidence covers all events
     * already. On return {@link #provenOffset} is at least the end of the last frame that was appended before the call.
     */
    public void mark() throws IOException {
        checkOpen();
        writer.mark();
    }

    /** Where the next frame would begin, in bytes; any thread. */
    public long appendedOffset() {
        return writer.appended();
    }

    /** The end of the longest prefix of frames that are forced, in bytes; any thread. */
    public long durableOffset() {
        return writer.durable();
    }

    /** The largest <i>durable up to</i> that a forced frame carries, in bytes; any thread. */
    public long provenOffset() {
        return writer.proven();
    }

    /** The seq of the last event that was appended, 0 for none; any thread. */
    public long lastSeq() {
        return writer.lastSeq();
    }

    /** The seq of the last event that is durable, 0 for none; any thread. */
    public long durableSeq() {
        return writer.durableSeq();
    }

    /** The epoch of this open, from 1; every open has a higher one. */
    public int epoch() {
        return writer.epoch();
    }

    /** The store that the journal belongs to. */
    public UUID store() {
        return identity.store();
    }

    /** What the creator of the journal gave to keep; a copy. */
    public byte[] callerHeader() {
        return identity.callerBytes();
    }

    /**
     * Bytes of frames that can be appended for sure into space that is written already. Count each frame with its 64
     * bytes of header, rounded up to 64, and each force with up to 4 KiB more; any thread.
     */
    public long roomBytes() {
        return writer.roomBytes();
    }

    /**
     * What {@link #roomBytes} is at least while a segment of the configured size is written ahead, in bytes from 1: a
     * caller that asks for more room than this at one time may be refused on a device with plenty of it. Any thread.
     */
    public long segmentRoomBytes() {
        return preparer.segmentRoomBytes();
    }

    /** Bytes of all segments that hold history; any thread. */
    public long sizeBytes() {
        return catalog.totalBytes();
    }

    /** The oldest offset that history can be read from without a gap; any thread. */
    public long firstOffset() {
        return catalog.firstOffset();
    }

    /**
     * Says that recovery will not need anything below: segments that lie there wholly go as the retention policy says.
     * The caller has made durable what makes them needless. Any thread.
     *
     * @param offset bytes; a frame boundary that is durable
     */
    public void releaseBelow(long offset) throws IOException {
        checkOpen();
        failure.check();
        try {
            catalog.release(Math.min(offset, durableOffset()));
        } catch (IOException | RuntimeException e) {
            throw failure.set("releasing segments", e);
        }
        preparer.retry();
    }

    /**
     * Tries again to write segments ahead, after room may have been made on the device, and waits until that is done or
     * the device has no room, or fails; any thread.
     */
    public void retryRoom() throws IOException {
        checkOpen();
        preparer.retry();
        preparer.prepareAhead();
        preparer.awaitAhead();
    }

    /**
     * Why the last try to write a segment ahead failed, null when it did not: for who has to refuse something for lack
     * of {@link #roomBytes}. Any thread.
     */
    public IOException shortage() {
        return preparer.shortage();
    }

    /** The first failure, or null while all is well; any thread. */
    public Throwable failure() {
        return failure.cause();
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("the journal is closed");
        }
    }

    /**
     * Closes without writing anything, after a failure elsewhere that is final for the caller: ends the helper and
     * gives
     * the files back. No other thread may be in a call.
     */
    public void abandon(Throwable cause) throws IOException {
        failure.set("its owner was stopped by another failure", cause);
        close();
    }

    /**
     * Forces and marks what was appended, unless the journal has failed: then nothing is written. No other thread may
     * be in a call. Where there is no room for the mark, all is durable nevertheless; only the evidence of it is not.
     */
    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        try {
            if (!failure.isSet()) {
                writer.force();
                writer.mark();
            }
        } catch (JournalFullException e) {
            LOG.warn("closed without a marker: {}", e.getMessage());
        } finally {
            preparer.close();
            writer.close();
        }
    }
}
