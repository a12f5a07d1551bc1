package dev.tidemark.engine.codec;

import dev.tidemark.engine.state.Event;
import org.agrona.DirectBuffer;

/**
 * Bytes of {@code dev.tidemark.proto.Event} to typed events. Events of I/O come in flyweights that the next call uses
 * again, and allocate nothing. One thread.
 *
 * <p>Throws {@link TooNewException} for what a newer version wrote, and {@link MalformedException} for what no version
 * did;
 * takes no more memory than a small multiple of the bytes given, whatever they say.
 */
public final class EventDecoder {
    private final WriteEventDecoder writes = new WriteEventDecoder();
    private DirectBuffer buffer;
    private int position;
    private int limit;

    /** Decodes exactly one event. Valid until the next call. */
    public Event decode(DirectBuffer source, int offset, int length) {
        source.boundsCheck(offset, length);
        Event event = writes.decode(source, offset, length);
        if (event != null) {
            return event;
        }
        return EventProtos.fromProto(Protos.parse(dev.tidemark.proto.Event.parser(), source, offset, length), writes);
    }

    /** Begins to read delimited events, one after the other, from exactly these bytes. */
    public EventDecoder wrap(DirectBuffer source, int offset, int length) {
        source.boundsCheck(offset, length);
        buffer = source;
        position = offset;
        limit = offset + length;
        return this;
    }

    /** Whether another delimited event follows. */
    public boolean hasNext() {
        return position < limit;
    }

    /** The next delimited event, valid until the next call. */
    public Event next() {
        int lengthLength = Wire.varintLengthAt(buffer, position, limit);
        long length = lengthLength == 0 ? -1 : Wire.varintAt(buffer, position, lengthLength);
        int start = position + lengthLength;
        if (length < 0 || length > limit - start) {
            throw new MalformedException("an event of " + length + " bytes where " + (limit - start) + " are left");
        }
        position = start + (int) length;
        return decode(buffer, start, (int) length);
    }
}
