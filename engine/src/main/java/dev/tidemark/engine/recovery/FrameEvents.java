package dev.tidemark.engine.recovery;

import dev.tidemark.engine.codec.EventDecoder;
import dev.tidemark.engine.codec.FrameTypes;
import dev.tidemark.engine.codec.MalformedException;
import dev.tidemark.engine.codec.TooNewException;
import dev.tidemark.engine.state.BlocksWritten;
import dev.tidemark.engine.state.Event;
import dev.tidemark.journal.Frame;
import java.io.IOException;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;

/** Takes the events out of a frame, each with the place of the data that the frame carries for it. One thread. */
public final class FrameEvents {
    private final EventDecoder decoder = new EventDecoder();
    private final int blockSizeBytes;

    /** For frames of a store with that block size. */
    public FrameEvents(int blockSizeBytes) {
        this.blockSizeBytes = blockSizeBytes;
    }

    /** Takes one event after the other. */
    @FunctionalInterface
    public interface Sink {
        /**
         * Takes one event.
         *
         * @param event valid during the call
         * @param seq its seq
         * @param data the buffer with its blocks' bytes, or null when the frame carries none
         * @param dataIndex where they begin
         */
        void event(Event event, long seq, DirectBuffer data, int dataIndex) throws IOException;
    }

    /**
     * Hands the events of a frame out, in order.
     *
     * @throws HistoryException when the payload is not what this engine writes, though its checksum is right
     */
    public void forEach(Frame frame, Sink sink) throws IOException {
        DirectBuffer buffer = frame.buffer();
        int start = frame.payloadOffset();
        int end = start + frame.payloadLength();
        if (frame.payloadLength() < FrameTypes.HEADER_BYTES) {
            throw malformed(frame, "its payload is too short");
        }
        int index = start + FrameTypes.HEADER_BYTES;
        int eventsLength = buffer.getInt(start, ByteOrder.LITTLE_ENDIAN);
        if (eventsLength < 0 || eventsLength > end - index) {
            throw malformed(frame, "its events would take " + eventsLength + " bytes");
        }
        int eventsEnd = index + eventsLength;
        int dataIndex = eventsEnd;
        boolean withData = frame.type() == FrameTypes.EVENTS_WITH_DATA;
        for (long seq = frame.firstSeq(); index < eventsEnd; seq++) {
            int length = 0;
            int shift = 0;
            byte part;
            do {
                if (index == eventsEnd || shift > 28) {
                    throw malformed(frame, "an event's length is broken");
                }
                part = buffer.getByte(index++);
                length |= (part & 0x7F) << shift;
                shift += 7;
            } while (part < 0);
            if (length < 0 || length > eventsEnd - index) {
                throw malformed(frame, "an event would take " + length + " bytes");
            }
            Event event = decode(frame, seq, buffer, index, length);
            index += length;
            int dataLength = withData && event instanceof BlocksWritten written ? written.blocks() * blockSizeBytes : 0;
            if (dataLength > end - dataIndex) {
                throw malformed(frame, "the data of seq " + seq + " is missing");
            }
            sink.event(event, seq, dataLength > 0 ? buffer : null, dataIndex);
            dataIndex += dataLength;
        }
    }

    private Event decode(Frame frame, long seq, DirectBuffer buffer, int index, int length) throws HistoryException {
        try {
            return decoder.decode(buffer, index, length);
        } catch (TooNewException e) {
            throw new HistoryException(true, "the event at seq " + seq + ": " + e.getMessage(), e);
        } catch (MalformedException e) {
            throw malformed(frame, "the event at seq " + seq + " can't be read: " + e.getMessage());
        }
    }

    private static HistoryException malformed(Frame frame, String why) {
        return new HistoryException(
                false,
                "the frame at offset " + frame.offset() + " of " + frame.segment() + " is whole, but " + why
                        + ": it was not written by this program",
                null);
    }
}
