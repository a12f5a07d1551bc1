package dev.tidemark.journal;

import static dev.tidemark.journal.FrameDescriptor.HEADER_BYTES;

import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;

/**
 * A frame that was read and found whole: a flyweight over the reader's buffer, valid only during the call that hands it
 * out. For one thread.
 */
public final class Frame {
    private DirectBuffer buffer;
    private ByteBuffer wrapped;
    private int index;
    private long offset;
    private int length;
    private long evidence;
    private String segment = "";

    Frame() {}

    /** The frame whose header is at that index of the window. */
    void wrap(FileWindow window, int at, String segmentName, long evidenceOffset) {
        ByteBuffer bytes = window.bytes();
        wrapped = bytes;
        buffer = window.buffer();
        index = at;
        segment = segmentName;
        evidence = evidenceOffset;
        offset = bytes.getLong(at + FrameDescriptor.OFFSET_OFFSET);
        length = bytes.getInt(at + FrameDescriptor.LENGTH_OFFSET);
    }

    /** Where it begins in the whole journal, in bytes. */
    public long offset() {
        return offset;
    }

    /** Where the next frame begins, unless the segment ends there; filler included. */
    public long endOffset() {
        return offset + FrameDescriptor.align(HEADER_BYTES + length);
    }

    /** The file that it lies in. */
    public String segment() {
        return segment;
    }

    /** Whether it holds events of the caller's; the others are the journal's own. */
    public boolean isData() {
        return kind() == FrameDescriptor.KIND_DATA;
    }

    /** Whether it is only filler. */
    public boolean isPad() {
        return kind() == FrameDescriptor.KIND_PAD;
    }

    /** Whether it only carries {@link #durableUpTo}. */
    public boolean isMarker() {
        return kind() == FrameDescriptor.KIND_MARKER;
    }

    private byte kind() {
        return wrapped.get(index + FrameDescriptor.KIND_OFFSET);
    }

    /** The caller's type, 0 to 65535. */
    public int type() {
        return wrapped.getShort(index + FrameDescriptor.TYPE_OFFSET) & FrameDescriptor.MAX_TYPE;
    }

    /** The seq of its first event; without events, of the next one. */
    public long firstSeq() {
        return wrapped.getLong(index + FrameDescriptor.FIRST_SEQ_OFFSET);
    }

    /** How many events it holds. */
    public int count() {
        return wrapped.getInt(index + FrameDescriptor.COUNT_OFFSET);
    }

    /** The seq of its last event; without events, of the last one before. */
    public long lastSeq() {
        return firstSeq() + count() - 1;
    }

    /** The epoch of the open that wrote it. */
    public int epoch() {
        return wrapped.getInt(index + FrameDescriptor.EPOCH_OFFSET);
    }

    /** Everything below this offset was durable when it was appended. */
    public long durableUpTo() {
        return wrapped.getLong(index + FrameDescriptor.DURABLE_OFFSET);
    }

    /** The caller's value of that name. */
    public long homeDurableUpTo() {
        return wrapped.getLong(index + FrameDescriptor.HOME_DURABLE_OFFSET);
    }

    /** Whether evidence says that it was durable; the last frames before a crash may have been durable without. */
    public boolean forced() {
        return endOffset() <= evidence;
    }

    /** The buffer that the payload lies in. */
    public DirectBuffer buffer() {
        return buffer;
    }

    /** Where the payload begins in {@link #buffer}. */
    public int payloadOffset() {
        return index + HEADER_BYTES;
    }

    /** Bytes of the payload. */
    public int payloadLength() {
        return isPad() ? 0 : length;
    }
}
