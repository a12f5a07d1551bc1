package dev.tidemark.engine.exception;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * CRC32C of blocks (Castagnoli polynomial, as in RFC 3720), computed by the JDK's intrinsic. An instance belongs to one
 * thread at a time and allocates nothing after it was made.
 */
public final class BlockChecksum {
    private final CRC32C crc = new CRC32C();

    /**
     * The checksum of {@code length} bytes from the absolute index {@code index}; position and limit of the buffer are
     * moved and put back.
     */
    public int of(ByteBuffer buffer, int index, int length) {
        int position = buffer.position();
        int limit = buffer.limit();
        crc.reset();
        buffer.limit(index + length).position(index);
        crc.update(buffer);
        buffer.limit(limit).position(position);
        return (int) crc.getValue();
    }
}
