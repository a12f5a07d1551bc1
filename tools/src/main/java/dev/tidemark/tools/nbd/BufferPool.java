package dev.tidemark.tools.nbd;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/**
 * Keeps the buffers of ended connections for the next ones: memory outside the heap is given back only when the
 * collector finds it, which under many short connections is too late. Holds no more than were in use at once.
 */
final class BufferPool {
    private final ArrayDeque<ByteBuffer> free = new ArrayDeque<>();
    private final int bufferBytes;

    BufferPool(int bufferBytes) {
        this.bufferBytes = bufferBytes;
    }

    /** Returns a direct buffer, big-endian, with anything in it. */
    ByteBuffer take() {
        synchronized (free) {
            ByteBuffer buffer = free.poll();
            if (buffer != null) {
                return buffer.clear();
            }
        }
        return ByteBuffer.allocateDirect(bufferBytes);
    }

    /** Takes a buffer back that nobody uses any more. */
    void give(ByteBuffer buffer) {
        synchronized (free) {
            free.push(buffer);
        }
    }
}
