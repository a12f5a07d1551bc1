package dev.tidemark.journal;

import static dev.tidemark.journal.SegmentDescriptor.CALLER_LENGTH_OFFSET;
import static dev.tidemark.journal.SegmentDescriptor.CALLER_OFFSET;
import static dev.tidemark.journal.SegmentDescriptor.CRC_OFFSET;
import static dev.tidemark.journal.SegmentDescriptor.DURABLE_OFFSET;
import static dev.tidemark.journal.SegmentDescriptor.EPOCH_OFFSET;
import static dev.tidemark.journal.SegmentDescriptor.FIRST_OFFSET_OFFSET;
import static dev.tidemark.journal.SegmentDescriptor.HEADER_BYTES;
import static dev.tidemark.journal.SegmentDescriptor.LENGTH_OFFSET;
import static dev.tidemark.journal.SegmentDescriptor.MADE_AT_OFFSET;
import static dev.tidemark.journal.SegmentDescriptor.MAGIC;
import static dev.tidemark.journal.SegmentDescriptor.MAGIC_OFFSET;
import static dev.tidemark.journal.SegmentDescriptor.MAX_CALLER_BYTES;
import static dev.tidemark.journal.SegmentDescriptor.MAX_SEGMENT_BYTES;
import static dev.tidemark.journal.SegmentDescriptor.MIN_SEGMENT_BYTES;
import static dev.tidemark.journal.SegmentDescriptor.NEXT_SEQ_OFFSET;
import static dev.tidemark.journal.SegmentDescriptor.SALT_OFFSET;
import static dev.tidemark.journal.SegmentDescriptor.STORE_HIGH_OFFSET;
import static dev.tidemark.journal.SegmentDescriptor.STORE_LOW_OFFSET;
import static dev.tidemark.journal.SegmentDescriptor.VERSION;
import static dev.tidemark.journal.SegmentDescriptor.VERSION_OFFSET;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * A segment's header as written; see {@link SegmentDescriptor}.
 *
 * @param version of the format
 * @param store whose journal it is
 * @param first the segment's first offset: of this header
 * @param length bytes of the whole segment, this header included
 * @param epoch of the open that began the segment
 * @param durableUpTo everything below was durable when the segment was begun
 * @param salt of the store's frames
 * @param nextSeq the seq of the segment's first event
 * @param madeAtMillis when it was begun
 * @param caller what the caller gave to keep; read-only, its position stays 0
 */
record SegmentHeader(
        int version,
        UUID store,
        long first,
        long length,
        int epoch,
        long durableUpTo,
        long salt,
        long nextSeq,
        long madeAtMillis,
        ByteBuffer caller) {

    /** What the first 4 KiB of a segment turned out to be. */
    enum State {
        /** Written by this or an earlier version, and whole. */
        WHOLE,
        /** Whole, but of a version that is not known here. */
        NEWER,
        /** Zeros: written ahead and not begun. */
        UNUSED,
        /** Anything else: torn, or damaged. */
        BROKEN
    }

    /** Bytes to keep, copied. */
    static ByteBuffer keep(byte[] caller) {
        return ByteBuffer.wrap(caller.clone()).asReadOnlyBuffer();
    }

    /** A copy of what the caller gave to keep. */
    byte[] callerBytes() {
        byte[] bytes = new byte[caller.remaining()];
        caller.get(0, bytes);
        return bytes;
    }

    long end() {
        return first + length;
    }

    /** Whether both can be segments of one journal. */
    boolean sameJournal(SegmentHeader other) {
        return store.equals(other.store) && salt == other.salt;
    }

    /** Writes the header block to the buffer's bytes from {@code index}. The buffer is little-endian. */
    void encode(ByteBuffer buffer, int index) {
        for (int at = 0; at < HEADER_BYTES; at += Long.BYTES) {
            buffer.putLong(index + at, 0);
        }
        buffer.putLong(index + MAGIC_OFFSET, MAGIC);
        buffer.putInt(index + VERSION_OFFSET, version);
        buffer.putLong(index + STORE_HIGH_OFFSET, store.getMostSignificantBits());
        buffer.putLong(index + STORE_LOW_OFFSET, store.getLeastSignificantBits());
        buffer.putLong(index + FIRST_OFFSET_OFFSET, first);
        buffer.putLong(index + LENGTH_OFFSET, length);
        buffer.putInt(index + EPOCH_OFFSET, epoch);
        buffer.putInt(index + CALLER_LENGTH_OFFSET, caller.remaining());
        buffer.putLong(index + DURABLE_OFFSET, durableUpTo);
        buffer.putLong(index + SALT_OFFSET, salt);
        buffer.putLong(index + NEXT_SEQ_OFFSET, nextSeq);
        buffer.putLong(index + MADE_AT_OFFSET, madeAtMillis);
        buffer.put(index + CALLER_OFFSET, caller, 0, caller.remaining());
        buffer.putInt(index + CRC_OFFSET, crc(buffer, index));
    }

    /** Looks at a header block; {@code available} says how many of its bytes the file has, from {@code index} on. */
    static State state(ByteBuffer buffer, int index, int available) {
        boolean zeros = true;
        for (int at = 0; at < available && zeros; at++) {
            zeros = buffer.get(index + at) == 0;
        }
        if (zeros) {
            return State.UNUSED;
        }
        if (available < HEADER_BYTES
                || buffer.getLong(index + MAGIC_OFFSET) != MAGIC
                || buffer.getInt(index + CRC_OFFSET) != crc(buffer, index)) {
            return State.BROKEN;
        }
        if (buffer.getInt(index + VERSION_OFFSET) > VERSION) {
            return State.NEWER;
        }
        return isSane(decode(buffer, index)) ? State.WHOLE : State.BROKEN;
    }

    private static boolean isSane(SegmentHeader header) {
        return header.version >= 1
                && header.caller.remaining() <= MAX_CALLER_BYTES
                && header.length >= MIN_SEGMENT_BYTES
                && header.length <= MAX_SEGMENT_BYTES
                && header.length % HEADER_BYTES == 0
                && header.first >= 0
                && header.first % HEADER_BYTES == 0
                && header.epoch > 0
                && header.nextSeq > 0
                && header.durableUpTo >= 0
                && header.durableUpTo <= header.first;
    }

    /** Reads a header that is {@link State#WHOLE}. */
    static SegmentHeader decode(ByteBuffer buffer, int index) {
        int callerLength = buffer.getInt(index + CALLER_LENGTH_OFFSET);
        byte[] caller = new byte[Math.max(0, Math.min(callerLength, MAX_CALLER_BYTES))];
        buffer.get(index + CALLER_OFFSET, caller);
        return new SegmentHeader(
                buffer.getInt(index + VERSION_OFFSET),
                new UUID(buffer.getLong(index + STORE_HIGH_OFFSET), buffer.getLong(index + STORE_LOW_OFFSET)),
                buffer.getLong(index + FIRST_OFFSET_OFFSET),
                buffer.getLong(index + LENGTH_OFFSET),
                buffer.getInt(index + EPOCH_OFFSET),
                buffer.getLong(index + DURABLE_OFFSET),
                buffer.getLong(index + SALT_OFFSET),
                buffer.getLong(index + NEXT_SEQ_OFFSET),
                buffer.getLong(index + MADE_AT_OFFSET),
                keep(caller));
    }

    private static int crc(ByteBuffer buffer, int index) {
        CRC32C crc = new CRC32C();
        ByteBuffer view = buffer.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        crc.update(view.limit(index + CRC_OFFSET).position(index));
        crc.update(new byte[Integer.BYTES]);
        crc.update(view.limit(index + HEADER_BYTES).position(index + CRC_OFFSET + Integer.BYTES));
        return (int) crc.getValue();
    }
}
