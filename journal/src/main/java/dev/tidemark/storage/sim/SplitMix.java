package dev.tidemark.storage.sim;

/** Sebastiano Vigna's SplitMix64: a small generator of one word of state, so that a fork of a device can copy it. */
final class SplitMix {
    private static final long GAMMA = 0x9E3779B97F4A7C15L;

    private long state;

    SplitMix(long seed) {
        this.state = seed;
    }

    SplitMix copy() {
        return new SplitMix(state);
    }

    static long mix(long value) {
        long z = (value ^ value >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }

    long next() {
        state += GAMMA;
        return mix(state);
    }

    /** From 0 up to but without {@code bound}, which is at least 1. */
    long below(long bound) {
        return Long.remainderUnsigned(next(), bound);
    }

    int below(int bound) {
        return (int) below((long) bound);
    }

    boolean coin() {
        return next() < 0;
    }

    /** True in {@code percent} of 100 cases. */
    boolean chance(int percent) {
        return below(100) < percent;
    }
}
