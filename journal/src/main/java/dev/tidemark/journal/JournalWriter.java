package dev.tidemark.journal;

import static dev.tidemark.journal.FrameDescriptor.KIND_DATA;
import static dev.tidemark.journal.FrameDescriptor.KIND_MARKER;

import dev.tidemark.storage.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Appends frames and forces them. Frames gather in one staging buffer while the other is written and forced, so one
 * thread
 * appends while another forces.
 *
 * <p>Invariants:
 *
 * <ol>
 *   <li>Bytes that were forced are never written again: a force pads to 4 KiB first, and each byte of the journal is
 *   written
 *       once.
 *   <li>{@code durable} moves only after a force that began after everything below it was written, segments included: a
 *       segment is padded and forced before the next one is begun.
 *   <li>A frame's <i>durable up to</i> is the value of {@code durable} when the frame was appended, so it is true
 *   whenever
 *       it is read.
 *   <li>After the first failure nothing is written and {@code durable} does not move.
 * </ol>
 *
 * Locks: {@code io} is held while writing and forcing, {@code staging} while a frame is put into the buffer; {@code
 * io} is
 * taken first. {@code active}, {@code current} and what belongs to them change only under both.
 */
final class JournalWriter {
    /** The segment that is written to. */
    record Current(String path, StorageFile file, long first, long end) {
        /** Where frames of the caller's must end. */
        long limit() {
            return end - SegmentDescriptor.RESERVE_BYTES;
        }
    }

    /** Is told of each segment that was begun. */
    interface SegmentListener {
        void begun(SegmentHeader header, String path);
    }

    private final JournalConfig config;
    private final SegmentHeader identity;
    private final SegmentPreparer preparer;
    private final StickyFailure failure;
    private final SegmentListener listener;
    private final int epoch;
    private final ReentrantLock io = new ReentrantLock();
    private final StagingLock staging = new StagingLock();

    private Staging active;
    private Staging spare;
    private volatile Current current;
    private long homeDurable;
    private long carried;
    private long lastDataEnd;

    private volatile long appended;
    private volatile long lastSeq;
    private volatile long durable;
    private volatile long durableSeq;
    private volatile long proven;

    /**
     * A writer in no segment yet.
     *
     * @param identity a header of the journal, for its store, salt and caller's bytes
     * @param offset where the journal goes on; everything below is durable
     * @param seq of the last event before
     */
    JournalWriter(
            JournalConfig config,
            SegmentHeader identity,
            SegmentPreparer preparer,
            StickyFailure failure,
            SegmentListener listener,
            int epoch,
            long offset,
            long seq) {
        this.config = config;
        this.identity = identity;
        this.preparer = preparer;
        this.failure = failure;
        this.listener = listener;
        this.epoch = epoch;
        active = new Staging(config.stagingBytes(), identity.salt(), epoch);
        spare = new Staging(config.stagingBytes(), identity.salt(), epoch);
        active.restart(offset);
        appended = offset;
        durable = offset;
        lastSeq = seq;
        durableSeq = seq;
    }

    /** Goes on in a segment that exists; {@code block} holds what stands before the offset in its block of 4 KiB. */
    void resume(Current segment, ByteBuffer block) {
        current = segment;
        active.restart(appended - block.remaining());
        active.preload(block);
        durable = active.base();
    }

    /** Begins the next segment at the current offset, its header and a marker durable on return. */
    void beginSegment() throws IOException {
        io.lock();
        try {
            beginNext();
        } finally {
            io.unlock();
        }
    }

    long append(int type, long firstSeq, int count, long home, DirectBuffer payload, int offset, int length)
            throws IOException {
        int at = claim(type, firstSeq, count, length);
        try {
            active.buffer().putBytes(at, payload, offset, length);
            return commit(type, firstSeq, count, home, length);
        } finally {
            staging.unlock();
        }
    }

    /**
     * Finds room for a frame and keeps the staging lock.
     *
     * @return where the payload is to stand in {@link #stagingBuffer}
     */
    int claim(int type, long firstSeq, int count, int length) throws IOException {
        if (length < 0 || length > config.maxPayloadBytes()) {
            throw new IllegalArgumentException(
                    "length=" + length + ": must be from 0 to maxPayloadBytes=" + config.maxPayloadBytes());
        }
        if (type < 0 || type > FrameDescriptor.MAX_TYPE || count < 0) {
            throw new IllegalArgumentException("type=" + type + ", count=" + count + ": out of range");
        }
        int bytes = FrameDescriptor.frameBytes(length);
        while (true) {
            failure.check();
            staging.lock();
            if (firstSeq != lastSeq + 1) {
                long expected = lastSeq + 1;
                staging.unlock();
                throw new IllegalArgumentException("firstSeq=" + firstSeq + ": the next one is " + expected);
            }
            Current segment = current;
            boolean fits = appended + bytes <= segment.limit();
            if (fits && bytes <= active.room()) {
                return active.position() + FrameDescriptor.HEADER_BYTES;
            }
            staging.unlock();
            if (fits) {
                spill();
            } else {
                rotate(segment);
            }
        }
    }

    MutableDirectBuffer stagingBuffer() {
        return active.buffer();
    }

    /** Makes a frame of what was put behind the claimed place. The staging lock is held before and after. */
    long commit(int type, long firstSeq, int count, long home, int length) {
        homeDurable = home;
        put(KIND_DATA, type, firstSeq, count, length);
        lastSeq = firstSeq + count - 1;
        lastDataEnd = appended;
        return appended;
    }

    void release() {
        staging.unlock();
    }

    boolean isClaimed() {
        return staging.isHeld();
    }

    private void put(byte kind, int type, long seq, int count, int length) {
        carried = durable;
        active.putFrame(kind, type, seq, count, carried, homeDurable, length);
        appended = active.end();
    }

    private void pad(long end) {
        carried = durable;
        active.putPad(end, lastSeq + 1, carried, homeDurable);
        appended = end;
    }

    /** Writes the whole blocks of a full buffer, without forcing. */
    private void spill() throws IOException {
        io.lock();
        try {
            failure.check();
            staging.lock();
            Staging full = active;
            int whole = (int) FrameDescriptor.floorBlock(full.position());
            spare.restart(full.base() + whole);
            spare.preload(full, whole);
            active = spare;
            spare = full;
            staging.unlock();
            write(full, whole);
        } catch (IOException | RuntimeException | Error e) {
            throw failure.set("writing", e);
        } finally {
            io.unlock();
        }
    }

    private void write(Staging full, int length) throws IOException {
        if (length > 0) {
            current.file().write(full.base() - current.first(), full.written(length));
        }
    }

    void force() throws IOException {
        failure.check();
        io.lock();
        try {
            failure.check();
            forceAppended();
        } finally {
            io.unlock();
        }
    }

    /** Under the io lock: makes everything durable that was appended. */
    private void forceAppended() throws IOException {
        staging.lock();
        if (appended == durable) {
            staging.unlock();
            return;
        }
        long end = FrameDescriptor.alignBlock(appended);
        if (end != appended) {
            pad(end);
        }
        forceStaged(end);
    }

    /**
     * Under both locks; gives the staging lock back. What is staged ends at {@code end}, which may lie behind a pad.
     */
    private void forceStaged(long end) throws IOException {
        long seq = lastSeq;
        long proof = carried;
        Staging full = active;
        active = spare;
        spare = full;
        active.restart(end);
        staging.unlock();
        try {
            write(full, full.position());
            current.file().force();
        } catch (IOException | RuntimeException | Error e) {
            throw failure.set("forcing", e);
        }
        durableSeq = seq;
        proven = proof;
        durable = end;
    }

    /** Forces a marker if there are events that no evidence covers yet. */
    void mark() throws IOException {
        failure.check();
        io.lock();
        try {
            failure.check();
            if (lastDataEnd > proven) {
                forceMarker();
            }
        } finally {
            io.unlock();
        }
    }

    /** Makes evidence of everything appended; the marker is of this writer's epoch. */
    void forceMarker() throws IOException {
        io.lock();
        try {
            forceAppended();
            staging.lock();
            if (appended == current.end()) {
                staging.unlock();
                beginNext();
                return;
            }
            put(KIND_MARKER, 0, lastSeq + 1, 0, 0);
            staging.unlock();
            forceAppended();
        } finally {
            io.unlock();
        }
    }

    private void rotate(Current full) throws IOException {
        io.lock();
        try {
            failure.check();
            if (current.first() != full.first()) {
                return; // the other thread was faster
            }
            beginNext();
        } finally {
            io.unlock();
        }
    }

    /** Under the io lock: pads the current segment to its end, forces it, and begins the next one. */
    private void beginNext() throws IOException {
        SegmentPreparer.Ready next = preparer.take();
        try {
            if (current != null && appended < current.end()) {
                long end = current.end();
                staging.lock();
                pad(end);
                forceStaged(end);
            } else if (current != null) {
                forceAppended();
            }
            begin(next);
        } finally {
            if (current == null || current.first() != next.first()) {
                next.file().close();
            }
        }
    }

    /** Under the io lock, with everything before durable: begins a segment with its header and a marker. */
    private void begin(SegmentPreparer.Ready next) throws IOException {
        Current old = current;
        SegmentHeader header;
        staging.lock();
        if (next.first() != appended || durable != appended) {
            staging.unlock();
            throw failure.set("rotating", new IllegalStateException("a gap before segment " + next.path()));
        }
        header = new SegmentHeader(
                SegmentDescriptor.VERSION,
                identity.store(),
                next.first(),
                next.length(),
                epoch,
                durable,
                identity.salt(),
                lastSeq + 1,
                config.clock().millis(),
                identity.caller());
        current = new Current(next.path(), next.file(), next.first(), next.first() + next.length());
        active.restart(next.first());
        active.putHeader(header);
        appended = active.end();
        put(KIND_MARKER, 0, lastSeq + 1, 0, 0);
        staging.unlock();
        try {
            forceAppended();
        } finally {
            closeOld(old);
        }
        listener.begun(header, next.path());
        preparer.prepareAhead();
    }

    private void closeOld(Current old) throws IOException {
        try {
            if (old != null) {
                old.file().close();
            }
        } catch (IOException e) {
            throw failure.set("closing " + old.path(), e);
        }
    }

    /** Room that is written ahead, in bytes of frames; see {@link Journal#roomBytes}. */
    long roomBytes() {
        Current segment = current;
        return Math.max(0, segment.limit() - appended) + preparer.roomBytes();
    }

    void close() throws IOException {
        io.lock();
        try {
            if (current != null) {
                current.file().close();
            }
        } finally {
            io.unlock();
        }
    }

    int epoch() {
        return epoch;
    }

    long appended() {
        return appended;
    }

    long durable() {
        return durable;
    }

    long proven() {
        return proven;
    }

    long lastSeq() {
        return lastSeq;
    }

    long durableSeq() {
        return durableSeq;
    }
}
