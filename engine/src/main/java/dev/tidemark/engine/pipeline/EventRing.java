package dev.tidemark.engine.pipeline;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Encoded events on their way from PLACE to JOURNAL: a ring of bytes with one writer and one reader.
 *
 * <pre>
 *   0        4        8                16               24
 *   +--------+--------+----------------+----------------+---------------------------+
 *   | length | data   | data position  | data bytes     | the event, length bytes   |
 *   |  (-1 = | flags  | in the staging | (all blocks of | ... padded to 8           |
 *   |  wrap) |        | ring           |  the event)    |                           |
 *   +--------+--------+----------------+----------------+---------------------------+
 * </pre>
 *
 * <p>PLACE publishes an event with {@link #publish} after it was applied and its data was handed to the file; JOURNAL
 * consumes events once they are in a frame. Positions are bytes, ascending for ever.
 */
final class EventRing {
    /** Room for events while a force runs; the hold limit of data (see {@link ForcePolicy}) is reached long before. */
    static final int DEFAULT_CAPACITY_BYTES = 8 << 20;
    /** Largest single event: twice what a 32 MiB write of 8,192 blocks takes with each block in a run of its own. */
    static final int MAX_EVENT_BYTES = 256 << 10;

    static final int HEADER_BYTES = 24;
    /**
     * What must be free before PLACE takes a request: the gap before a wrap, the events of one {@link WriteRun} (at
     * most 9,215 blocks in as many runs, in 1,024 events: 14 bytes a block and 80 an event), and one event more.
     */
    private static final int ROOM_BYTES = 3 * (MAX_EVENT_BYTES + HEADER_BYTES);

    private static final int WRAP = -1;
    private static final int NOT_STAGED = 1;

    private static final VarHandle HEAD;
    private static final VarHandle TAIL;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            HEAD = lookup.findVarHandle(EventRing.class, "head", long.class);
            TAIL = lookup.findVarHandle(EventRing.class, "tail", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final UnsafeBuffer buffer;
    private final int capacity;
    private final int mask;

    /** Bytes published by PLACE. */
    private volatile long head;
    /** Bytes consumed by JOURNAL. */
    private volatile long tail;

    private long claimed; // PLACE only: where the event that is being written begins

    EventRing(int capacityBytes) {
        if (Integer.bitCount(capacityBytes) != 1 || capacityBytes < 4 * MAX_EVENT_BYTES) {
            throw new IllegalArgumentException(
                    "capacityBytes=" + capacityBytes + ": must be a power of two, at least " + 4 * MAX_EVENT_BYTES);
        }
        capacity = capacityBytes;
        mask = capacityBytes - 1;
        buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(capacityBytes));
    }

    UnsafeBuffer buffer() {
        return buffer;
    }

    int capacity() {
        return capacity;
    }

    // ---- PLACE

    /** Whether a request may be placed: the events of the run that it ends have room, and its own. */
    boolean hasRoom() {
        return head - (long) TAIL.getAcquire(this) + ROOM_BYTES <= capacity;
    }

    /** Bytes published and not yet consumed. */
    int pendingBytes() {
        return (int) (head - tail);
    }

    /**
     * The index in {@link #buffer} where the next event of at most {@link #MAX_EVENT_BYTES} may be encoded.
     *
     * @throws IllegalStateException when events that JOURNAL has not read would be written over: somebody did not ask
     *     {@link #hasRoom}, and nothing has changed
     */
    int claim() {
        long position = head;
        int index = (int) position & mask;
        int gap = capacity - index < MAX_EVENT_BYTES + HEADER_BYTES ? capacity - index : 0;
        long pending = position + gap - (long) TAIL.getAcquire(this);
        if (pending + MAX_EVENT_BYTES + HEADER_BYTES > capacity) {
            throw new IllegalStateException(
                    "no room for an event: " + pending + " of " + capacity + " bytes wait for the journal");
        }
        if (gap > 0) {
            buffer.putInt(index, WRAP);
            position += gap;
            index = 0;
        }
        claimed = position;
        return index + HEADER_BYTES;
    }

    /** Publishes the event encoded at the last {@link #claim}. */
    void publish(int lengthBytes, boolean staged, long dataPosition, long dataBytes) {
        int index = (int) claimed & mask;
        buffer.putInt(index, lengthBytes);
        buffer.putInt(index + 4, staged ? 0 : NOT_STAGED);
        buffer.putLong(index + 8, dataPosition);
        buffer.putLong(index + 16, dataBytes);
        HEAD.setRelease(this, claimed + align(HEADER_BYTES + lengthBytes));
    }

    // ---- JOURNAL

    /** What is published now; events below it may be read. */
    long head() {
        return head;
    }

    long tail() {
        return tail;
    }

    /** The position of the event at {@code position}, behind a wrap; {@code head} when there is none. */
    long skipWrap(long position, long upTo) {
        if (position < upTo && buffer.getInt((int) position & mask) == WRAP) {
            return position + capacity - ((int) position & mask);
        }
        return position;
    }

    int eventLength(long position) {
        return buffer.getInt((int) position & mask);
    }

    int eventIndex(long position) {
        return ((int) position & mask) + HEADER_BYTES;
    }

    boolean isStaged(long position) {
        return buffer.getInt(((int) position & mask) + 4) != NOT_STAGED;
    }

    long dataPosition(long position) {
        return buffer.getLong(((int) position & mask) + 8);
    }

    long dataBytes(long position) {
        return buffer.getLong(((int) position & mask) + 16);
    }

    long next(long position) {
        return position + align(HEADER_BYTES + eventLength(position));
    }

    /** Gives the room of all events before {@code position} back to PLACE. */
    void consume(long position) {
        TAIL.setRelease(this, position);
    }

    private static int align(int length) {
        return (length + 7) & ~7;
    }
}
