package dev.tidemark.tools.nbd;

import java.nio.ByteBuffer;

/** Zeros to copy from. */
final class Zeros {
    private static final ByteBuffer BLOCK = ByteBuffer.allocateDirect(64 << 10).asReadOnlyBuffer();

    private Zeros() {}

    /** Fills the target's remaining bytes; its position stays. */
    static void fill(ByteBuffer target) {
        int at = target.position();
        int end = target.limit();
        while (at < end) {
            int length = Math.min(BLOCK.capacity(), end - at);
            target.put(at, BLOCK, 0, length);
            at += length;
        }
    }
}
