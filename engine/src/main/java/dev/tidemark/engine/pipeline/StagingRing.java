package dev.tidemark.engine.pipeline;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The bytes of recent small writes, laid next to each other by PLACE so that a batch is one sequential write, and still
 * there when JOURNAL wants them in a frame.
 *
 * <p>One writer, one reader, and no waiting: PLACE never waits for JOURNAL, it writes over the oldest bytes. JOURNAL
 * copies and then asks {@link #isIntact} whether they were still whole; if not, it forces the exception store instead
 * of
 * carrying the data. Positions are bytes, ascending for ever; a piece never wraps.
 */
final class StagingRing {
    private static final VarHandle CLAIMED;

    static {
        try {
            CLAIMED = MethodHandles.lookup().findVarHandle(StagingRing.class, "claimed", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final ByteBuffer bytes;
    private final UnsafeBuffer view;
    private final int capacity;
    private final int mask;

    /** End of the bytes that PLACE has written or is writing now. */
    private volatile long claimed;

    StagingRing(int capacityBytes) {
        if (Integer.bitCount(capacityBytes) != 1) {
            throw new IllegalArgumentException("capacityBytes=" + capacityBytes + ": must be a power of two");
        }
        capacity = capacityBytes;
        mask = capacityBytes - 1;
        bytes = ByteBuffer.allocateDirect(capacityBytes);
        view = new UnsafeBuffer(bytes);
    }

    int capacity() {
        return capacity;
    }

    /** PLACE: room for {@code length} bytes in one piece; the position of its first byte. */
    long claim(int length) {
        long position = claimed;
        int index = (int) position & mask;
        if (index + length > capacity) {
            position += capacity - index;
        }
        CLAIMED.setVolatile(this, position + length);
        // the bytes that follow must not be written before the claim is seen
        VarHandle.fullFence();
        return position;
    }

    /** PLACE: the buffer that {@link #index} points into. */
    ByteBuffer bytes() {
        return bytes;
    }

    int index(long position) {
        return (int) position & mask;
    }

    /** PLACE: copies a request's bytes in. */
    void put(long position, ByteBuffer source, int sourceIndex, int length) {
        view.putBytes(index(position), source, sourceIndex, length);
    }

    /** JOURNAL: copies a piece out; whether it was whole is known only afterwards. */
    void copy(long position, int length, MutableDirectBuffer target, int targetIndex) {
        target.putBytes(targetIndex, view, index(position), length);
    }

    /** JOURNAL: whether nothing from {@code position} on has been written over so far. */
    boolean isIntact(long position) {
        VarHandle.fullFence();
        return (long) CLAIMED.getVolatile(this) - position <= capacity;
    }
}
