package dev.tidemark.engine.codec;

/**
 * The engine's frame types, and the layout of their payloads. On disk: do not change.
 *
 * <pre>
 *   0              4
 *   +--------------+------------------------------------------+--------------------------+
 *   | length of    | events, each: length (varint), bytes of  | with data: the written   |
 *   | the events   | a protobuf Event                         | blocks, in order         |
 *   +--------------+------------------------------------------+--------------------------+
 * </pre>
 */
public final class FrameTypes {
    /** Events whose data is forced in the exception store. */
    public static final int EVENTS = 1;
    /** Events with the bytes of the blocks that they wrote. */
    public static final int EVENTS_WITH_DATA = 2;
    /** Bytes before the events. */
    public static final int HEADER_BYTES = 4;

    private FrameTypes() {}

    /** The type of a frame with, or without, the written blocks. */
    public static int of(boolean withData) {
        return withData ? EVENTS_WITH_DATA : EVENTS;
    }
}
