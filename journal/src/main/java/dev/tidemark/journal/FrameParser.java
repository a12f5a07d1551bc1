package dev.tidemark.journal;

import static dev.tidemark.journal.FrameDescriptor.HEADER_BYTES;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Finds out whether a whole frame lies at a place of a segment. A frame is whole only at its own offset, with the
 * checksums of its store, epoch and offset; the length is believed only after the header's checksum. For one thread.
 */
final class FrameParser {
    private final FrameChecksum checksum = new FrameChecksum();
    private final FileWindow window;
    private final long salt;
    private long segmentFirst;
    private long segmentEnd;
    private int index;

    FrameParser(FileWindow window, long salt) {
        this.window = window;
        this.salt = salt;
    }

    /** The segment that the window's file is. */
    void segment(long first, long end) {
        segmentFirst = first;
        segmentEnd = end;
    }

    /** Where the last frame's header lies in the window. */
    int index() {
        return index;
    }

    /** Whether 64 zeros, or nothing, lie at that offset. */
    boolean isUnused(long offset) throws IOException {
        int at = window.need(offset - segmentFirst, HEADER_BYTES);
        if (at < 0) {
            return true;
        }
        ByteBuffer bytes = window.bytes();
        long all = 0;
        for (int i = 0; i < HEADER_BYTES; i += Long.BYTES) {
            all |= bytes.getLong(at + i);
        }
        return all == 0;
    }

    /**
     * How many bytes there are from that offset on, in whole units in which a frame might begin, that are zeros and can
     * be seen without reading more of the file; 0 when it {@link #isUnused} not, or the file ends before a whole unit.
     */
    long unusedBytes(long offset) throws IOException {
        long position = offset - segmentFirst;
        return window.need(position, HEADER_BYTES) < 0 ? 0 : window.zeros(position) & -FrameDescriptor.ALIGNMENT;
    }

    /** Whether a whole frame begins at that offset; then the accessors tell of it. */
    boolean isFrame(long offset) throws IOException {
        int at = window.need(offset - segmentFirst, HEADER_BYTES);
        if (at < 0) {
            return false;
        }
        ByteBuffer bytes = window.bytes();
        if (bytes.getLong(at + FrameDescriptor.OFFSET_OFFSET) != offset) {
            return false;
        }
        index = at;
        long seed = FrameChecksum.seed(salt, epoch(), offset);
        int crc = checksum.crc(
                window.crcView(),
                at + FrameDescriptor.PAYLOAD_CRC_OFFSET,
                HEADER_BYTES - FrameDescriptor.PAYLOAD_CRC_OFFSET);
        return FrameChecksum.headerCrc(crc, seed) == bytes.getInt(at + FrameDescriptor.HEADER_CRC_OFFSET)
                && isSane(offset)
                && isPayloadWhole(offset, seed);
    }

    private boolean isSane(long offset) {
        byte kind = kind();
        int length = length();
        long durable = durableUpTo();
        boolean control = kind == FrameDescriptor.KIND_PAD || (kind == FrameDescriptor.KIND_MARKER && length == 0);
        return (kind == FrameDescriptor.KIND_DATA || (control && count() == 0))
                && length >= 0
                && offset + HEADER_BYTES + length <= segmentEnd
                && durable >= 0
                && durable <= offset
                && durable % FrameDescriptor.BLOCK_BYTES == 0
                && count() >= 0
                && firstSeq() > 0
                && epoch() > 0;
    }

    private boolean isPayloadWhole(long offset, long seed) throws IOException {
        int length = kind() == FrameDescriptor.KIND_DATA ? length() : 0;
        int at = length == 0 ? index : window.need(offset - segmentFirst, HEADER_BYTES + length);
        if (at < 0) {
            return false;
        }
        index = at;
        int crc = checksum.crc(window.crcView(), at + HEADER_BYTES, length);
        return FrameChecksum.payloadCrc(crc, seed) == window.bytes().getInt(at + FrameDescriptor.PAYLOAD_CRC_OFFSET);
    }

    /** Where the frame ends, filler included. */
    long endOffset() {
        return window.bytes().getLong(index + FrameDescriptor.OFFSET_OFFSET)
                + FrameDescriptor.align(HEADER_BYTES + length());
    }

    byte kind() {
        return window.bytes().get(index + FrameDescriptor.KIND_OFFSET);
    }

    int length() {
        return window.bytes().getInt(index + FrameDescriptor.LENGTH_OFFSET);
    }

    int count() {
        return window.bytes().getInt(index + FrameDescriptor.COUNT_OFFSET);
    }

    int epoch() {
        return window.bytes().getInt(index + FrameDescriptor.EPOCH_OFFSET);
    }

    long firstSeq() {
        return window.bytes().getLong(index + FrameDescriptor.FIRST_SEQ_OFFSET);
    }

    long durableUpTo() {
        return window.bytes().getLong(index + FrameDescriptor.DURABLE_OFFSET);
    }
}
