package dev.tidemark.engine.codec;

import static dev.tidemark.engine.codec.Wire.DELIMITED;
import static dev.tidemark.engine.codec.Wire.VARINT;
import static dev.tidemark.engine.codec.Wire.tag;

import dev.tidemark.engine.state.BlocksUnmapped;
import dev.tidemark.engine.state.BlocksWritten;
import dev.tidemark.engine.state.Event;
import dev.tidemark.engine.state.RangeZeroed;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;

/**
 * Decodes events of I/O in exactly the form that {@link EventEncoder} writes, without allocation. For anything else,
 * other
 * legal forms of the same message included, it says "not mine", and the generated classes decide. One thread.
 */
final class WriteEventDecoder {
    private final BlocksWritten written = new BlocksWritten();
    private final BlocksUnmapped unmapped = new BlocksUnmapped();
    private final RangeZeroed zeroed = new RangeZeroed();

    private DirectBuffer buffer;
    private int at;
    private int limit;
    /** Once false, everything that was read is void. */
    private boolean mine;

    /** The event, valid until the next call; null when it is not in the form that this decoder knows. */
    Event decode(DirectBuffer source, int offset, int length) {
        buffer = source;
        at = offset;
        limit = offset + length;
        mine = true;
        long timeMs = scalar(EventEncoder.TIME);
        int kind = at < limit ? buffer.getByte(at) : 0;
        Event event = null;
        if (kind == tag(EventEncoder.BLOCKS_WRITTEN, DELIMITED) && body(EventEncoder.BLOCKS_WRITTEN) == limit) {
            event = written(written, timeMs, limit);
        } else if (kind == tag(EventEncoder.BLOCKS_UNMAPPED, DELIMITED)
                && body(EventEncoder.BLOCKS_UNMAPPED) == limit) {
            event = unmapped(unmapped, timeMs, limit);
        } else if (kind == tag(EventEncoder.RANGE_ZEROED, DELIMITED) && body(EventEncoder.RANGE_ZEROED) == limit) {
            event = zeroed(timeMs);
        }
        return mine && at == limit ? event : null;
    }

    /** The flyweights, for the decoder of other forms. */
    BlocksWritten written() {
        return written;
    }

    BlocksUnmapped unmapped() {
        return unmapped;
    }

    RangeZeroed zeroed() {
        return zeroed;
    }

    private BlocksWritten written(BlocksWritten event, long timeMs, int end) {
        event.reset(timeMs, scalar(EventEncoder.WRITTEN_VOLUME), scalar(EventEncoder.WRITTEN_FIRST));
        int startsEnd = body(EventEncoder.WRITTEN_STARTS);
        int starts = at;
        at = startsEnd;
        int lengthsEnd = body(EventEncoder.WRITTEN_LENGTHS);
        while (mine && at < lengthsEnd) {
            long length = varint(lengthsEnd);
            int lengths = at;
            at = starts;
            long start = varint(startsEnd);
            starts = at;
            at = lengths;
            mine &= start >= 1
                    && start <= Checks.MAX_PHYSICAL
                    && length >= 1
                    && length <= BlocksWritten.MAX_BLOCKS - event.blocks();
            if (mine) {
                event.addRun(start, (int) length);
            }
        }
        mine &= starts == startsEnd;
        int checksumsEnd = body(EventEncoder.WRITTEN_CHECKSUMS);
        mine &= checksumsEnd == end && checksumsEnd - at == event.blocks() * Integer.BYTES && Checks.isValid(event);
        for (int i = 0; mine && i < event.blocks(); i++) {
            event.checksum(i, buffer.getInt(at, ByteOrder.LITTLE_ENDIAN));
            at += Integer.BYTES;
        }
        return event;
    }

    private BlocksUnmapped unmapped(BlocksUnmapped event, long timeMs, int end) {
        long volumeId = scalar(EventEncoder.UNMAPPED_VOLUME);
        long firstBlock = scalar(EventEncoder.UNMAPPED_FIRST);
        long blocks = scalar(EventEncoder.UNMAPPED_BLOCKS);
        event.set(timeMs, volumeId, firstBlock, blocks, scalar(EventEncoder.UNMAPPED_JOB));
        mine &= at == end && Checks.isValid(event);
        return event;
    }

    private RangeZeroed zeroed(long timeMs) {
        zeroed.reset(timeMs);
        if (has(EventEncoder.ZEROED_HEAD)) {
            written(zeroed.head(), timeMs, body(EventEncoder.ZEROED_HEAD));
        }
        if (has(EventEncoder.ZEROED_MIDDLE)) {
            unmapped(zeroed.middle(), timeMs, body(EventEncoder.ZEROED_MIDDLE));
        }
        if (has(EventEncoder.ZEROED_TAIL)) {
            written(zeroed.tail(), timeMs, body(EventEncoder.ZEROED_TAIL));
        }
        mine &= Checks.isValid(zeroed);
        return zeroed;
    }

    private boolean has(int field) {
        return mine && at < limit && buffer.getByte(at) == tag(field, DELIMITED);
    }

    /** A scalar field, 0 when it is not the next one. */
    private long scalar(int field) {
        if (!mine || at >= limit || buffer.getByte(at) != tag(field, VARINT)) {
            return 0;
        }
        at++;
        return varint(limit);
    }

    /** Goes into a field that must be the next one; returns the offset of its end. */
    private int body(int field) {
        if (!mine || at >= limit || buffer.getByte(at) != tag(field, DELIMITED)) {
            mine = false;
            return at;
        }
        at++;
        long length = varint(limit);
        if (length < 0 || length > limit - at) {
            mine = false;
            return at;
        }
        return at + (int) length;
    }

    private long varint(int end) {
        int length = mine ? Wire.varintLengthAt(buffer, at, end) : 0;
        if (length == 0) {
            mine = false;
            return 0;
        }
        long value = Wire.varintAt(buffer, at, length);
        at += length;
        return value;
    }
}
