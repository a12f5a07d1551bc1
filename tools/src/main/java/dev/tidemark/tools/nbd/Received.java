package dev.tidemark.tools.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** The bytes of a connection that were read from the wire and not yet understood. Reads are relative to the first. */
final class Received {
    private final ByteBuffer buffer;
    private int start;
    private int end;

    Received(ByteBuffer buffer) {
        this.buffer = buffer;
    }

    int capacity() {
        return buffer.capacity();
    }

    int available() {
        return end - start;
    }

    /** Reads up to {@code maxBytes} more from the wire; returns what {@link Wire#read} does, and 0 when it is full. */
    int receive(Wire wire, int maxBytes) throws IOException {
        if (start > 0) {
            buffer.limit(end).position(start);
            buffer.compact();
            end -= start;
            start = 0;
        }
        buffer.limit(Math.min(buffer.capacity(), end + maxBytes)).position(end);
        if (!buffer.hasRemaining()) {
            return 0;
        }
        int count = wire.read(buffer);
        if (count > 0) {
            end += count;
        }
        buffer.clear();
        return count;
    }

    int intAt(int index) {
        return buffer.getInt(start + index);
    }

    int unsignedShortAt(int index) {
        return buffer.getShort(start + index) & 0xFFFF;
    }

    long longAt(int index) {
        return buffer.getLong(start + index);
    }

    String stringAt(int index, int length) {
        byte[] bytes = new byte[length];
        buffer.get(start + index, bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    void skip(int bytes) {
        start += bytes;
    }

    /** Moves the next bytes, as many as there are and the target has room for. */
    void moveTo(ByteBuffer target) {
        int count = Math.min(available(), target.remaining());
        buffer.limit(start + count).position(start);
        target.put(buffer);
        buffer.clear();
        start += count;
    }
}
