package dev.tidemark.engine.space;

/** Runs of bits in an array of words, the lowest bit of the first word first. */
final class Bits {
    private Bits() {}

    /** Sets a run of bits, whatever they are. */
    static void set(long[] bits, int from, int count) {
        for (int done = 0; done < count; ) {
            int bit = (from + done) & 63;
            int part = Math.min(64 - bit, count - done);
            bits[(from + done) >>> 6] |= mask(bit, part);
            done += part;
        }
    }

    /** Turns a run of bits over; false, with some of them turned, when they were not all as {@code set} says. */
    static boolean flip(long[] bits, int from, int count, boolean set) {
        for (int done = 0; done < count; ) {
            int bit = (from + done) & 63;
            int part = Math.min(64 - bit, count - done);
            long mask = mask(bit, part);
            int word = (from + done) >>> 6;
            if ((bits[word] & mask) != (set ? mask : 0)) {
                return false;
            }
            bits[word] ^= mask;
            done += part;
        }
        return true;
    }

    /** The first clear bit at or after {@code from}, 64 × length for none. */
    static int nextClear(long[] bits, int from) {
        return next(bits, from, -1L);
    }

    /** The first set bit at or after {@code from}, 64 × length for none. */
    static int nextSet(long[] bits, int from) {
        return next(bits, from, 0);
    }

    static int count(long[] bits) {
        int count = 0;
        for (long word : bits) {
            count += Long.bitCount(word);
        }
        return count;
    }

    private static int next(long[] bits, int from, long turned) {
        int word = from >>> 6;
        if (word == bits.length) {
            return from;
        }
        long left = (bits[word] ^ turned) & (-1L << from);
        while (left == 0) {
            if (++word == bits.length) {
                return word << 6;
            }
            left = bits[word] ^ turned;
        }
        return (word << 6) + Long.numberOfTrailingZeros(left);
    }

    private static long mask(int bit, int count) {
        return (count == 64 ? -1L : (1L << count) - 1) << bit;
    }
}
