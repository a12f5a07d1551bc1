package dev.tidemark.engine.codec;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** Protobuf's wire format, as far as the hand-written codec needs it. Allocates nothing. */
final class Wire {
    static final int VARINT = 0;
    static final int DELIMITED = 2;
    /** The longest varint. */
    static final int MAX_VARINT_BYTES = 10;

    private Wire() {}

    /** The tag of a field; all fields here have numbers below 16, so that it is one byte. */
    static int tag(int field, int type) {
        return field << 3 | type;
    }

    static int varintLength(long value) {
        return value == 0 ? 1 : (Long.SIZE - Long.numberOfLeadingZeros(value) + 6) / 7;
    }

    /** The length of a scalar field: nothing when it is 0, which is not written. */
    static int fieldLength(long value) {
        return value == 0 ? 0 : 1 + varintLength(value);
    }

    /** The length of a field with a body of that length. */
    static int delimitedLength(int bodyLength) {
        return 1 + varintLength(bodyLength) + bodyLength;
    }

    /** Writes a varint; returns the offset after it. */
    static int putVarint(MutableDirectBuffer buffer, int offset, long value) {
        int at = offset;
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            buffer.putByte(at++, (byte) ((rest & 0x7F) | 0x80));
            rest >>>= 7;
        }
        buffer.putByte(at++, (byte) rest);
        return at;
    }

    /** Writes a scalar field, unless it is 0; returns the offset after it. */
    static int putField(MutableDirectBuffer buffer, int offset, int field, long value) {
        if (value == 0) {
            return offset;
        }
        buffer.putByte(offset, (byte) tag(field, VARINT));
        return putVarint(buffer, offset + 1, value);
    }

    /** Writes the beginning of a field with a body of that length; returns the offset of the body. */
    static int putDelimited(MutableDirectBuffer buffer, int offset, int field, int bodyLength) {
        buffer.putByte(offset, (byte) tag(field, DELIMITED));
        return putVarint(buffer, offset + 1, bodyLength);
    }

    /** The length in bytes of the varint at {@code offset}; 0 when it does not end before {@code limit}, or never. */
    static int varintLengthAt(DirectBuffer buffer, int offset, int limit) {
        int end = Math.min(limit, offset + MAX_VARINT_BYTES);
        for (int at = offset; at < end; at++) {
            if (buffer.getByte(at) >= 0) {
                return at - offset + 1;
            }
        }
        return 0;
    }

    /** The value of a varint that is known to have that length. */
    static long varintAt(DirectBuffer buffer, int offset, int length) {
        long value = 0;
        for (int i = 0; i < length; i++) {
            value |= (buffer.getByte(offset + i) & 0x7FL) << (7 * i);
        }
        return value;
    }
}
