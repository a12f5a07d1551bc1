package dev.tidemark.tools.bench;

import java.nio.ByteBuffer;

/** A block store made of a key-value store: the key is the volume and the block, big-endian; the value the block. */
interface BlockPeer extends AutoCloseable {
    /** One volume is enough for the comparison; its number stands in every key. */
    long VOLUME = 1;

    /** Bytes of a key. */
    int KEY_BYTES = 16;

    /** The name and version, for the report. */
    String title();

    /** Writes a block; not durable before {@link #flush}. */
    void write(long block, byte[] content) throws Exception;

    /** Makes every write before it durable. */
    void flush() throws Exception;

    /** Waits until no work is left that it does behind its callers' backs: it must not run in the others' time. */
    default void settle() throws Exception {}

    @Override
    void close();

    /** Fills in the key of a block. */
    static byte[] key(long block) {
        return ByteBuffer.allocate(KEY_BYTES).putLong(VOLUME).putLong(block).array();
    }
}
