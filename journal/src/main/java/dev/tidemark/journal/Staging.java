package dev.tidemark.journal;

import static dev.tidemark.journal.FrameDescriptor.BLOCK_BYTES;
import static dev.tidemark.journal.FrameDescriptor.HEADER_BYTES;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A buffer of frames that were appended and not written yet. It begins at a multiple of 4 KiB in the journal, and in
 * memory, so that the storage can write it directly. Guarded by the writer's locks.
 */
final class Staging {
    private final FrameChecksum checksum = new FrameChecksum();
    private final long salt;
    private final int epoch;
    private final ByteBuffer bytes;
    private final ByteBuffer view;
    private final UnsafeBuffer buffer;
    private long base;
    private int position;

    /** A block more than {@code capacity} is kept for pads and markers, which must always fit. */
    Staging(int capacity, long salt, int epoch) {
        this.salt = salt;
        this.epoch = epoch;
        bytes = ByteBuffer.allocateDirect(capacity + 2 * BLOCK_BYTES)
                .alignedSlice(BLOCK_BYTES)
                .slice(0, capacity + BLOCK_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN);
        view = bytes.duplicate();
        buffer = new UnsafeBuffer(bytes);
    }

    /** Empties it; what comes next begins at that offset. */
    void restart(long offset) {
        base = offset;
        position = 0;
    }

    long base() {
        return base;
    }

    int position() {
        return position;
    }

    /** Where the next frame will begin in the journal. */
    long end() {
        return base + position;
    }

    /** Room for frames of the caller's. */
    int room() {
        return bytes.capacity() - BLOCK_BYTES - position;
    }

    UnsafeBuffer buffer() {
        return buffer;
    }

    /** The first bytes, to be written. */
    ByteBuffer written(int length) {
        return view.limit(length).position(0);
    }

    /** Takes over bytes that are already in the journal. */
    void preload(ByteBuffer source) {
        int length = source.remaining();
        bytes.put(position, source, source.position(), length);
        position += length;
    }

    /** Takes over the bytes of another buffer from an index on. */
    void preload(Staging other, int from) {
        int length = other.position - from;
        buffer.putBytes(0, other.buffer, from, length);
        position = length;
    }

    void putHeader(SegmentHeader header) {
        header.encode(bytes, position);
        position += SegmentDescriptor.HEADER_BYTES;
    }

    /** Makes a frame of the payload that already stands behind the header's place, and moves behind it. */
    void putFrame(byte kind, int type, long seq, int count, long durable, long homeDurable, int length) {
        int at = position;
        long offset = base + at;
        long seed = FrameChecksum.seed(salt, epoch, offset);
        bytes.putLong(at + FrameDescriptor.OFFSET_OFFSET, offset);
        bytes.putLong(at + FrameDescriptor.FIRST_SEQ_OFFSET, seq);
        bytes.putInt(at + FrameDescriptor.COUNT_OFFSET, count);
        bytes.putInt(at + FrameDescriptor.EPOCH_OFFSET, epoch);
        bytes.putLong(at + FrameDescriptor.DURABLE_OFFSET, durable);
        bytes.putLong(at + FrameDescriptor.HOME_DURABLE_OFFSET, homeDurable);
        bytes.putInt(at + FrameDescriptor.LENGTH_OFFSET, length);
        bytes.put(at + FrameDescriptor.KIND_OFFSET, kind);
        bytes.put(at + FrameDescriptor.FLAGS_OFFSET, (byte) 0);
        bytes.putShort(at + FrameDescriptor.TYPE_OFFSET, (short) type);
        bytes.putLong(at + FrameDescriptor.RESERVED_OFFSET, 0);
        int payload = kind == FrameDescriptor.KIND_DATA ? length : 0;
        int payloadCrc = FrameChecksum.payloadCrc(checksum.crc(view, at + HEADER_BYTES, payload), seed);
        bytes.putInt(at + FrameDescriptor.PAYLOAD_CRC_OFFSET, payloadCrc);
        int crc = checksum.crc(
                view, at + FrameDescriptor.PAYLOAD_CRC_OFFSET, HEADER_BYTES - FrameDescriptor.PAYLOAD_CRC_OFFSET);
        bytes.putInt(at + FrameDescriptor.HEADER_CRC_OFFSET, FrameChecksum.headerCrc(crc, seed));
        int end = FrameDescriptor.frameBytes(payload);
        zero(at + HEADER_BYTES + payload, at + end);
        position = at + end;
    }

    /** A pad up to that offset. Only its header, and the filler up to a multiple of 4 KiB, will be written. */
    void putPad(long end, long seq, long durable, long homeDurable) {
        int filler = (int) (end - end() - HEADER_BYTES);
        putFrame(FrameDescriptor.KIND_PAD, 0, seq, 0, durable, homeDurable, filler);
        int written = (int) (Math.min(end, FrameDescriptor.alignBlock(end())) - base);
        zero(position, written);
        position = written;
    }

    private void zero(int from, int to) {
        buffer.setMemory(from, to - from, (byte) 0);
    }
}
