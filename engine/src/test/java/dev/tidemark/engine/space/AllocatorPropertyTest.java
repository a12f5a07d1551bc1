package dev.tidemark.engine.space;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Random histories of an allocator against a bit set. */
class AllocatorPropertyTest {
    private static final int SEEDS = 25;
    private static final int STEPS = 400;

    private static final Step.Kind[] KINDS = kinds();

    private static Step.Kind[] kinds() {
        int[] weights = {42, 16, 6, 10, 10, 2, 8, 2, 2, 2};
        List<Step.Kind> kinds = new ArrayList<>();
        int index = 0;
        for (Step.Kind kind : Step.Kind.values()) {
            kinds.addAll(Collections.nCopies(weights[index++], kind));
        }
        return kinds.toArray(Step.Kind[]::new);
    }

    /** One step; its numbers are taken modulo what exists. */
    private record Step(Kind kind, int number, int count, boolean urgent) {
        enum Kind {
            ALLOCATE,
            SETTLE,
            CANCEL,
            FREE_RUN,
            FREE_HOLES,
            FREE_MOST,
            RELEASE,
            EXAMINE,
            EXHAUST,
            REOPEN
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
            int dice = random.nextInt(KINDS.length);
            Step.Kind kind = KINDS[dice];
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

    /** The counts, and what they don't tell: runs that are outstanding, and freed blocks that wait, oldest first. */
    private static final class World {
        private final long capacity;
        private final long reserve;
        private final TestSpace counts;
        private final BitSet outstanding = new BitSet();
        private final BitSet waiting = new BitSet();
        private final List<Long> outstandingRuns = new ArrayList<>();
        private final TreeMap<Long, Integer> runs = new TreeMap<>();
        private final ArrayDeque<BitSet> groups = new ArrayDeque<>();
        private Allocator allocator;
        private long position = 1;

        World(long capacity, long reserve) {
            this.capacity = capacity;
            this.reserve = reserve;
            counts = new TestSpace(capacity, reserve);
            allocator = counts.allocator;
        }

        void play(Step step) {
            switch (step.kind()) {
                case ALLOCATE -> allocate(step.count(), step.urgent());
                case SETTLE -> settle();
                case CANCEL -> cancel(step.number(), step.urgent());
                case FREE_RUN -> free(step.number(), step.count(), 1);
                case FREE_HOLES -> free(step.number(), step.count(), 2);
                case FREE_MOST -> {
                    for (int i = runs.size() / 2; i > 0; i--) {
                        free(step.number() + i * 31, step.count(), 1);
                    }
                }
                case RELEASE -> release(step.number());
                case EXHAUST -> {
                    while (allocate(step.count(), step.urgent())) {
                        assertThat(outstandingRuns).isNotEmpty();
                    }
                    assertThat(free()).isEqualTo(step.urgent() ? 0 : Math.min(reserve, free()));
                }
                case EXAMINE ->
                    assertThat(allocator.examine() > 0 || !allocator.hasUnknown())
                            .isTrue();
                case REOPEN -> reopen();
            }
            assertThat(allocator.freeBlocks()).isEqualTo(free());
            assertThat(allocator.lostBlocks()).isZero();
            assertThat(allocator.room(true)).isEqualTo(free());
            assertThat(allocator.room(false)).isEqualTo(Math.max(0, free() - reserve));
            assertThat(allocator.highWaterBlocks()).isGreaterThanOrEqualTo(counts.used.length());
            assertThat(allocator.pending().blocks()).isEqualTo(waiting.cardinality());
        }

        private long free() {
            return capacity - 1 - counts.used.cardinality() - outstanding.cardinality() - waiting.cardinality();
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
            for (BitSet taken : List.of(counts.used, outstanding, waiting)) {
                int next = taken.nextSetBit(start);
                assertThat(next == -1 || next >= start + length).isTrue();
            }
            outstanding.set(start, start + length);
            outstandingRuns.add(run);
            return true;
        }

        private void settle() {
            for (long run : outstandingRuns) {
                runs.put(Allocator.start(run), Allocator.length(run));
            }
            counts.used.or(outstanding);
            outstanding.clear();
            outstandingRuns.clear();
            allocator.settle();
        }

        /** A write that failed; also because the host has no space. */
        private void cancel(int number, boolean hostFull) {
            if (!outstandingRuns.isEmpty()) {
                long run = outstandingRuns.remove(number % outstandingRuns.size());
                int start = (int) Allocator.start(run);
                allocator.cancel(start, Allocator.length(run));
                if (hostFull) {
                    allocator.cannotGrow(start);
                }
                outstanding.clear(start, start + Allocator.length(run));
            }
        }

        /** An event frees every block, or every other one, of an applied run, or of a part of it. */
        private void free(int number, int count, int every) {
            if (runs.isEmpty()) {
                return;
            }
            Long key = runs.ceilingKey((long) number % counts.used.length());
            int start = (int) (long) (key == null ? runs.firstKey() : key);
            int length = runs.remove((long) start);
            FreedBlocks freed = new FreedBlocks();
            BitSet group = new BitSet();
            for (int i = 0; i < length; i++) {
                if (i % every == 0 && i < count) {
                    freed.add(start + i);
                    group.set(start + i);
                } else {
                    runs.put((long) start + i, 1);
                }
            }
            counts.used.andNot(group);
            waiting.or(group);
            groups.add(group);
            allocator.pending().add(position, position, freed);
            position++;
        }

        private void release(int number) {
            int most = number % (groups.size() + 1);
            long expected = 0;
            long first = position - groups.size();
            for (int i = 0; i < most; i++) {
                BitSet group = groups.remove();
                expected += group.cardinality();
                waiting.andNot(group);
            }
            assertThat(allocator.pending().release(first + most - 1, Long.MAX_VALUE, allocator))
                    .isEqualTo(expected);
        }

        /** Only the counts are left: what was outstanding never happened, and what waited is proven. */
        private void reopen() {
            outstanding.clear();
            outstandingRuns.clear();
            waiting.clear();
            groups.clear();
            allocator = TestSpace.over(counts, counts.used, capacity, reserve);
        }
    }
}
