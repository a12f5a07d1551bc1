package dev.tidemark.tools.bench;

import java.nio.ByteBuffer;
import java.util.Random;

/** Where a workload goes, and what it writes: a seeded choice of blocks and bytes that don't compress. */
final class Blocks {
    static final int BLOCK_BYTES = 4096;
    static final int LARGE_BYTES = 1 << 20;

    private final long blocks;
    private final ByteBuffer content;
    private long state;
    private long written;

    Blocks(long sizeBytes, long seed) {
        blocks = sizeBytes / BLOCK_BYTES;
        state = seed * 0x9E3779B97F4A7C15L | 1;
        byte[] bytes = new byte[LARGE_BYTES];
        new Random(seed).nextBytes(bytes);
        content = ByteBuffer.allocateDirect(LARGE_BYTES).put(bytes).clear();
    }

    /** A block chosen by xorshift (Marsaglia, 2003), which allocates nothing. */
    long next() {
        state ^= state << 13;
        state ^= state >>> 7;
        state ^= state << 17;
        return Long.remainderUnsigned(state, blocks);
    }

    /** The byte offset of a block chosen at random. */
    long nextOffset() {
        return next() * BLOCK_BYTES;
    }

    /** Bytes to write, never twice the same; the buffer is good until the next call. */
    ByteBuffer content(int length) {
        content.putLong(0, ++written);
        return content.clear().limit(length);
    }
}
