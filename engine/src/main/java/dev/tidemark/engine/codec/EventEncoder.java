package dev.tidemark.engine.codec;

import dev.tidemark.engine.state.BlocksUnmapped;
import dev.tidemark.engine.state.BlocksWritten;
import dev.tidemark.engine.state.Event;
import dev.tidemark.engine.state.RangeZeroed;
import java.nio.ByteOrder;
import org.agrona.MutableDirectBuffer;

/**
 * Typed events to bytes of {@code dev.tidemark.proto.Event}. Events of I/O are encoded by hand and allocate nothing;
 * what
 * comes out is byte for byte what the generated classes would write. One thread.
 *
 * <p>A delimited event is its length as a varint, then its bytes.
 */
public final class EventEncoder {
    static final int TIME = 1;
    static final int BLOCKS_WRITTEN = 2;
    static final int BLOCKS_UNMAPPED = 3;
    static final int RANGE_ZEROED = 4;

    static final int WRITTEN_VOLUME = 1;
    static final int WRITTEN_FIRST = 2;
    static final int WRITTEN_STARTS = 3;
    static final int WRITTEN_LENGTHS = 4;
    static final int WRITTEN_CHECKSUMS = 5;

    static final int UNMAPPED_VOLUME = 1;
    static final int UNMAPPED_FIRST = 2;
    static final int UNMAPPED_BLOCKS = 3;
    static final int UNMAPPED_JOB = 4;

    static final int ZEROED_HEAD = 1;
    static final int ZEROED_MIDDLE = 2;
    static final int ZEROED_TAIL = 3;

    // The last event of another kind that was measured, so that measuring and encoding it converts it once.
    private Event measured;
    private byte[] measuredBytes;

    /** How many bytes {@link #encode} writes. */
    public int length(Event event) {
        if (event instanceof BlocksWritten written) {
            return Wire.fieldLength(event.timeMs()) + Wire.delimitedLength(bodyLength(written));
        }
        if (event instanceof BlocksUnmapped unmapped) {
            return Wire.fieldLength(event.timeMs()) + Wire.delimitedLength(bodyLength(unmapped));
        }
        if (event instanceof RangeZeroed zeroed) {
            return Wire.fieldLength(event.timeMs()) + Wire.delimitedLength(bodyLength(zeroed));
        }
        return bytes(event).length;
    }

    /** How many bytes {@link #encodeDelimited} writes. */
    public int delimitedLength(Event event) {
        int length = length(event);
        return Wire.varintLength(length) + length;
    }

    /** Writes an event; returns its length. */
    public int encode(Event event, MutableDirectBuffer buffer, int offset) {
        if (event instanceof BlocksWritten written) {
            int at = Wire.putField(buffer, offset, TIME, event.timeMs());
            at = Wire.putDelimited(buffer, at, BLOCKS_WRITTEN, bodyLength(written));
            return putBody(written, buffer, at) - offset;
        }
        if (event instanceof BlocksUnmapped unmapped) {
            int at = Wire.putField(buffer, offset, TIME, event.timeMs());
            at = Wire.putDelimited(buffer, at, BLOCKS_UNMAPPED, bodyLength(unmapped));
            return putBody(unmapped, buffer, at) - offset;
        }
        if (event instanceof RangeZeroed zeroed) {
            int at = Wire.putField(buffer, offset, TIME, event.timeMs());
            at = Wire.putDelimited(buffer, at, RANGE_ZEROED, bodyLength(zeroed));
            return putBody(zeroed, buffer, at) - offset;
        }
        byte[] bytes = bytes(event);
        measured = null;
        measuredBytes = null;
        buffer.putBytes(offset, bytes);
        return bytes.length;
    }

    /** Writes an event's length and the event; returns the length of both. */
    public int encodeDelimited(Event event, MutableDirectBuffer buffer, int offset) {
        int at = Wire.putVarint(buffer, offset, length(event));
        return at + encode(event, buffer, at) - offset;
    }

    private byte[] bytes(Event event) {
        if (measured != event) {
            measured = event;
            measuredBytes = EventProtos.toProto(event).toByteArray();
        }
        return measuredBytes;
    }

    private static int bodyLength(BlocksWritten event) {
        return Wire.fieldLength(event.volumeId())
                + Wire.fieldLength(event.firstBlock())
                + Wire.delimitedLength(startsLength(event))
                + Wire.delimitedLength(lengthsLength(event))
                + Wire.delimitedLength(event.blocks() * Integer.BYTES);
    }

    private static int startsLength(BlocksWritten event) {
        int length = 0;
        for (int run = 0; run < event.runs(); run++) {
            length += Wire.varintLength(event.runStart(run));
        }
        return length;
    }

    private static int lengthsLength(BlocksWritten event) {
        int length = 0;
        for (int run = 0; run < event.runs(); run++) {
            length += Wire.varintLength(event.runLength(run));
        }
        return length;
    }

    private static int bodyLength(BlocksUnmapped event) {
        return Wire.fieldLength(event.volumeId())
                + Wire.fieldLength(event.firstBlock())
                + Wire.fieldLength(event.blocks())
                + Wire.fieldLength(event.jobId());
    }

    private static int bodyLength(RangeZeroed event) {
        int length = event.head().blocks() == 0 ? 0 : Wire.delimitedLength(bodyLength(event.head()));
        length += event.middle().blocks() == 0 ? 0 : Wire.delimitedLength(bodyLength(event.middle()));
        return length + (event.tail().blocks() == 0 ? 0 : Wire.delimitedLength(bodyLength(event.tail())));
    }

    private static int putBody(BlocksWritten event, MutableDirectBuffer buffer, int offset) {
        int at = Wire.putField(buffer, offset, WRITTEN_VOLUME, event.volumeId());
        at = Wire.putField(buffer, at, WRITTEN_FIRST, event.firstBlock());
        at = Wire.putDelimited(buffer, at, WRITTEN_STARTS, startsLength(event));
        for (int run = 0; run < event.runs(); run++) {
            at = Wire.putVarint(buffer, at, event.runStart(run));
        }
        at = Wire.putDelimited(buffer, at, WRITTEN_LENGTHS, lengthsLength(event));
        for (int run = 0; run < event.runs(); run++) {
            at = Wire.putVarint(buffer, at, event.runLength(run));
        }
        at = Wire.putDelimited(buffer, at, WRITTEN_CHECKSUMS, event.blocks() * Integer.BYTES);
        for (int i = 0; i < event.blocks(); i++) {
            buffer.putInt(at, event.checksum(i), ByteOrder.LITTLE_ENDIAN);
            at += Integer.BYTES;
        }
        return at;
    }

    private static int putBody(BlocksUnmapped event, MutableDirectBuffer buffer, int offset) {
        int at = Wire.putField(buffer, offset, UNMAPPED_VOLUME, event.volumeId());
        at = Wire.putField(buffer, at, UNMAPPED_FIRST, event.firstBlock());
        at = Wire.putField(buffer, at, UNMAPPED_BLOCKS, event.blocks());
        return Wire.putField(buffer, at, UNMAPPED_JOB, event.jobId());
    }

    private static int putBody(RangeZeroed event, MutableDirectBuffer buffer, int offset) {
        int at = offset;
        if (event.head().blocks() > 0) {
            at = Wire.putDelimited(buffer, at, ZEROED_HEAD, bodyLength(event.head()));
            at = putBody(event.head(), buffer, at);
        }
        if (event.middle().blocks() > 0) {
            at = Wire.putDelimited(buffer, at, ZEROED_MIDDLE, bodyLength(event.middle()));
            at = putBody(event.middle(), buffer, at);
        }
        if (event.tail().blocks() > 0) {
            at = Wire.putDelimited(buffer, at, ZEROED_TAIL, bodyLength(event.tail()));
            at = putBody(event.tail(), buffer, at);
        }
        return at;
    }
}
