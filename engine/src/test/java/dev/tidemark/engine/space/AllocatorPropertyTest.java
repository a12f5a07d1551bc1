package dev.tidemark.engine.space;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Random histories of an allocator against a bit set. */
class AllocatorPropertyTest {
    private static final int SEEDS = 60;
    private static final int STEPS = 400;

    /** One step; its numbers are taken modulo what exists. */
    private record Step(Kind kind, int number, int count, boolean urgent) {
        enum Kind {
            ALLOCATE,
            GIVE_RUN,
            GIVE_HOLES,
            GIVE_MOST,
            EXHAUST,
            REBUILD
        }
    }

    @Test
    @Tag("quick")
    void shouldNeverGiveABlockTwiceAndGiveAll() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            long capacity = 2 + random.nextLong(3L * Allocator.REGION_BLOCKS + 100);
            long reserve = random.nextInt(4) == 0 ? 0 : random.nextLong(capacity / 4 + 1);
            List<Step> history = history(random);
            Throwable failure = play(capacity, reserve, history);
            if (failure != null) {
                throw shrunk(seed, capacity, reserve, history, failure);
            }
        }
    }

    private static List<Step> history(SplittableRandom random) {
        List<Step> history = new ArrayList<>();
        for (int i = 0; i < STEPS; i++) {
            int dice = random.nextInt(100);
            Step.Kind kind = dice < 60
                    ? Step.Kind.ALLOCATE
                    : dice < 78
                            ? Step.Kind.GIVE_RUN
                            : dice < 94
                                    ? Step.Kind.GIVE_HOLES
                                    : dice < 96
                                            ? Step.Kind.GIVE_MOST
                                            : dice < 98 ? Step.Kind.EXHAUST : Step.Kind.REBUILD;
            int count = 1 + random.nextInt(random.nextBoolean() ? 40 : Allocator.REGION_BLOCKS);
            history.add(new Step(kind, random.nextInt(1 << 20), count, random.nextInt(3) == 0));
        }
        return history;
    }

    private static AssertionError shrunk(
            long seed, long capacity, long reserve, List<Step> history, Throwable firstFailure) {
        List<Step> smallest = new ArrayList<>(history);
        Throwable failure = firstFailure;
        for (int part = smallest.size() / 2; part > 0; part /= 2) {
            for (int from = 0; from + part <= smallest.size(); ) {
                List<Step> candidate = new ArrayList<>(smallest);
                candidate.subList(from, from + part).clear();
                Throwable other = play(capacity, reserve, candidate);
                if (other != null) {
                    smallest = candidate;
                    failure = other;
                } else {
                    from += part;
                }
            }
        }
        return new AssertionError(
                "seed " + seed + " capacity " + capacity + " reserve " + reserve + " fails: " + smallest, failure);
    }

    private static Throwable play(long capacity, long reserve, List<Step> history) {
        try {
            World world = new World(capacity, reserve);
            history.forEach(world::play);
            return null;
        } catch (RuntimeException | AssertionError e) {
            return e;
        }
    }

    private static final class World {
        private final long capacity;
        private final long reserve;
        private final BitSet used = new BitSet();
        private final TreeMap<Long, Integer> runs = new TreeMap<>();
        private Allocator allocator;

        World(long capacity, long reserve) {
            this.capacity = capacity;
            this.reserve = reserve;
            allocator = new Allocator(capacity, reserve);
            used.set(0);
        }

        void play(Step step) {
            switch (step.kind()) {
                case ALLOCATE -> allocate(step.count(), step.urgent());
                case GIVE_RUN -> giveRun(step.number());
                case GIVE_HOLES -> giveHoles(step.number(), step.count());
                case GIVE_MOST -> {
                    for (int i = runs.size() / 2; i > 0; i--) {
                        giveRun(step.number() + i * 31);
                    }
                }
                case EXHAUST -> {
                    while (allocate(step.count(), step.urgent())) {
                        assertThat(runs).isNotEmpty();
                    }
                    assertThat(free()).isEqualTo(step.urgent() ? 0 : Math.min(reserve, free()));
                }
                case REBUILD -> rebuild();
            }
            assertThat(allocator.freeBlocks()).isEqualTo(free());
            assertThat(allocator.room(true)).isEqualTo(free());
            assertThat(allocator.room(false)).isEqualTo(Math.max(0, free() - reserve));
            assertThat(allocator.highWaterBlocks()).isGreaterThanOrEqualTo(used.length());
        }

        private long free() {
            return capacity - used.cardinality();
        }

        private boolean allocate(int count, boolean urgent) {
            long room = allocator.room(urgent);
            long run = allocator.allocate(count, urgent);
            assertThat(run == 0).isEqualTo(room == 0);
            if (run == 0) {
                return false;
            }
            int start = (int) Allocator.start(run);
            int length = Allocator.length(run);
            assertThat(length).isBetween(1, (int) Math.min(count, room));
            assertThat(start).isPositive();
            assertThat((long) start + length).isLessThanOrEqualTo(capacity);
            assertThat(used.nextSetBit(start))
                    .satisfies(next ->
                            assertThat(next == -1 || next >= start + length).isTrue());
            used.set(start, start + length);
            runs.put((long) start, length);
            return true;
        }

        private void giveRun(int number) {
            if (!runs.isEmpty()) {
                Long key = runs.ceilingKey((long) number % used.length());
                long start = key == null ? runs.firstKey() : key;
                int length = runs.remove(start);
                allocator.give(start, length);
                used.clear((int) start, (int) start + length);
            }
        }

        /** Gives every other block of a run back. */
        private void giveHoles(int number, int count) {
            if (!runs.isEmpty()) {
                Long key = runs.ceilingKey((long) number % used.length());
                long start = key == null ? runs.firstKey() : key;
                int length = runs.remove(start);
                for (int i = 0; i < length; i++) {
                    if (i % 2 == 0 && i < count) {
                        allocator.give(start + i, 1);
                        used.clear((int) start + i);
                    } else {
                        runs.put(start + i, 1);
                    }
                }
            }
        }

        private void rebuild() {
            allocator = new Allocator(capacity, reserve);
            for (int from = used.nextSetBit(1); from >= 0; ) {
                int to = used.nextClearBit(from);
                allocator.use(from, to - from);
                from = used.nextSetBit(to);
            }
        }
    }
}
