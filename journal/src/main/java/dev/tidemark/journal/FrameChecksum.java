package dev.tidemark.journal;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** Computes the checksums of frames. For one thread at a time; allocates nothing. */
final class FrameChecksum {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private final CRC32C crc = new CRC32C();

    /**
     * The secret that is mixed into a frame's two checksums: nobody who does not know the store's salt can make a
     * frame, and a frame of another store, epoch or offset does not fit. Part of the format: do not change.
     *
     * <p>The mixing function is the finalizer of SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom
     * Number Generators", 2014).
     */
    static long seed(long salt, int epoch, long offset) {
        return mix(mix(salt + GOLDEN * epoch) ^ offset);
    }

    private static long mix(long value) {
        long z = value;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    static int headerCrc(int crc, long seed) {
        return crc ^ (int) seed;
    }

    static int payloadCrc(int crc, long seed) {
        return crc ^ (int) (seed >>> 32);
    }

    /** CRC32C of a range; moves the buffer's position and limit. */
    int crc(ByteBuffer buffer, int from, int length) {
        buffer.limit(from + length).position(from);
        crc.reset();
        crc.update(buffer);
        return (int) crc.getValue();
    }
}
