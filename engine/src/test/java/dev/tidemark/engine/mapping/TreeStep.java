package dev.tidemark.engine.mapping;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * One step of a random history over several trees. Its numbers are taken modulo what exists when it is played, so any
 * part of a history is a history.
 */
record TreeStep(Kind kind, int volume, int other, long block, int count) {
    enum Kind {
        PUT,
        UNMAP,
        CREATE,
        SHARE,
        DELETE,
        MERGE,
        CUT,
        RECLAIM,
        VIEW,
        RECYCLE
    }

    private static final Kind[] WEIGHTED = {
        Kind.PUT,
        Kind.PUT,
        Kind.PUT,
        Kind.PUT,
        Kind.PUT,
        Kind.PUT,
        Kind.UNMAP,
        Kind.UNMAP,
        Kind.UNMAP,
        Kind.CREATE,
        Kind.SHARE,
        Kind.SHARE,
        Kind.DELETE,
        Kind.MERGE,
        Kind.CUT,
        Kind.CUT,
        Kind.RECLAIM,
        Kind.RECLAIM,
        Kind.RECLAIM,
        Kind.VIEW,
        Kind.VIEW,
        Kind.RECYCLE
    };

    /** Places where pages of every height begin and end, and ordinary ones. */
    private static final long[] BASES = {
        0, 100, 256 - 20, 256 * 3, 65_536 - 40, 65_536, 65_536 + 256 * 7, 256L * 65_536 - 30, 256L * 65_536, 1L << 32
    };

    static List<TreeStep> history(long seed, int steps) {
        SplittableRandom random = new SplittableRandom(seed);
        int bases = 1 + random.nextInt(BASES.length);
        List<TreeStep> history = new ArrayList<>();
        for (int i = 0; i < steps; i++) {
            Kind kind = WEIGHTED[random.nextInt(WEIGHTED.length)];
            long block = BASES[random.nextInt(bases)] + random.nextInt(60);
            int count = 1 + random.nextInt(random.nextInt(8) == 0 ? 600 : 20);
            if (kind == Kind.CUT && random.nextBoolean()) {
                count = 1 << random.nextInt(30);
            }
            history.add(new TreeStep(kind, random.nextInt(1000), random.nextInt(1000), block, count));
        }
        return history;
    }
}
