package dev.tidemark.journal;

import java.io.IOException;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Room for one frame's payload in the journal's own buffer, so that a caller can gather it from several pieces without
 * another copy. Between {@link Journal#claim} and {@link #commit} or {@link #abort} the claim's thread must not use the
 * journal otherwise, and forces by others wait. One object for a journal, used again and again; for the appender's
 * thread.
 */
public final class FrameClaim {
    private final JournalWriter writer;
    private int type;
    private long firstSeq;
    private int count;
    private long homeDurable;
    private int start;
    private int maxLength;
    private int position;
    private MutableDirectBuffer buffer;

    FrameClaim(JournalWriter writer) {
        this.writer = writer;
    }

    FrameClaim begin(int frameType, long seq, int events, long home, int length) throws IOException {
        start = writer.claim(frameType, seq, events, length);
        buffer = writer.stagingBuffer();
        type = frameType;
        firstSeq = seq;
        count = events;
        homeDurable = home;
        maxLength = length;
        position = 0;
        return this;
    }

    /** The buffer to write the payload to, from {@link #offset} on, at most as many bytes as were claimed. */
    public MutableDirectBuffer buffer() {
        return buffer;
    }

    /** Where the payload begins in {@link #buffer}. */
    public int offset() {
        return start;
    }

    /** Copies a piece behind those before. */
    public FrameClaim put(DirectBuffer source, int index, int length) {
        if (length < 0 || length > maxLength - position) {
            throw new IndexOutOfBoundsException("length=" + length + ": only " + (maxLength - position) + " left");
        }
        buffer.putBytes(start + position, source, index, length);
        position += length;
        return this;
    }

    /** How many bytes {@link #put} has copied. */
    public int position() {
        return position;
    }

    /** Appends the frame with what was {@link #put}; returns its end, as {@link Journal#append} does. */
    public long commit() {
        return commit(position);
    }

    /** Appends the frame with the first {@code length} bytes of the claim; returns its end. */
    public long commit(int length) {
        return commit(count, length);
    }

    /** The same, with another count of events than was claimed. */
    public long commit(int events, int length) {
        if (length < 0 || length > maxLength || events < 0) {
            throw new IndexOutOfBoundsException(
                    "events=" + events + ", length=" + length + ": claimed were " + maxLength + " bytes");
        }
        if (!writer.isClaimed()) {
            throw new IllegalStateException("nothing is claimed");
        }
        try {
            return writer.commit(type, firstSeq, events, homeDurable, length);
        } finally {
            writer.release();
        }
    }

    /** Gives the room back; nothing was appended. Without a claim it does nothing. */
    public void abort() {
        if (writer.isClaimed()) {
            writer.release();
        }
    }
}
