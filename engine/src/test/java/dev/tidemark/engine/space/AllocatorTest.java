package dev.tidemark.engine.space;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.engine.mapping.Unreadable;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("quick")
class AllocatorTest {
    private static final int REGION = Allocator.REGION_BLOCKS;

    @Test
    void shouldGiveAdjacentRunsFromOneRegionWhenEmpty() {
        TestSpace allocator = new TestSpace(10L * REGION, 0);
        long next = 1;
        for (int i = 0; i < 100; i++) {
            long run = allocator.allocate(100, false);
            assertThat(Allocator.start(run)).isEqualTo(next);
            assertThat(Allocator.length(run)).isEqualTo(100);
            next += 100;
        }
        assertThat(allocator.allocator.highWaterBlocks()).isEqualTo(next);
    }

    @Test
    void shouldKeepTheReserveForUrgentRequests() {
        TestSpace allocator = new TestSpace(101, 30);
        assertThat(Allocator.length(allocator.allocate(90, false))).isEqualTo(70);
        assertThat(allocator.allocate(1, false)).isZero();
        assertThat(Allocator.length(allocator.allocate(90, true))).isEqualTo(30);
        assertThat(allocator.allocate(1, true)).isZero();
        allocator.give(5, 31);
        assertThat(allocator.allocator.room(false)).isEqualTo(1);
    }

    @Test
    void shouldUseARegionAgainRatherThanGrowWhenMostOfItIsFree() {
        TestSpace allocator = new TestSpace(100L * REGION, 0);
        fill(allocator, 4L * REGION - 1);
        allocator.give(2L * REGION + 10, REGION / 4 * 3);
        assertThat(Allocator.start(allocator.allocate(8, false))).isEqualTo(2L * REGION + 10);
        assertThat(allocator.allocator.highWaterBlocks()).isEqualTo(4L * REGION);
    }

    @Test
    void shouldGrowRatherThanUseARegionWithLittleRoom() {
        TestSpace allocator = new TestSpace(100L * REGION, 0);
        fill(allocator, 4L * REGION - 1);
        allocator.give(2L * REGION + 10, (int) (REGION * Allocator.DEFAULT_REUSE_SHARE) - 1);
        assertThat(Allocator.start(allocator.allocate(8, false))).isEqualTo(4L * REGION);
    }

    @Test
    void shouldLeaveShortRunsWhileTheFileMayGrow() {
        TestSpace allocator = new TestSpace(100L * REGION, 0);
        fill(allocator, 4L * REGION - 1);
        allocator.give(2L * REGION + 10, Allocator.SHORT_RUN_BLOCKS - 1);
        allocator.give(2L * REGION + 100, REGION / 10 * 7);
        long run = allocator.allocate(2, false);
        assertThat(Allocator.start(run)).isEqualTo(2L * REGION + 100);
        // The run that was begun is taken to its end, however short that is.
        long rest = REGION / 10 * 7 - 2 - 3;
        assertThat(Allocator.length(allocator.allocate((int) rest, false))).isEqualTo((int) rest);
        run = allocator.allocate(8, false);
        assertThat(Allocator.start(run)).isEqualTo(2L * REGION + 100 + 2 + rest);
        assertThat(Allocator.length(run)).isEqualTo(3);
        assertThat(Allocator.start(allocator.allocate(8, false))).isEqualTo(4L * REGION);
    }

    @Test
    void shouldTakeShortRunsWhenARegionHasNoOthers() {
        TestSpace allocator = new TestSpace(100L * REGION, 0);
        fill(allocator, 4L * REGION - 1);
        long free = 0;
        for (int at = 0; at < REGION - 8; at += 8, free += 6) {
            allocator.give(2L * REGION + at, 6);
        }
        for (long taken = 0; taken < free; ) {
            long run = allocator.allocate(8, false);
            assertThat(Allocator.start(run) / REGION).isEqualTo(2);
            taken += Allocator.length(run);
        }
        assertThat(Allocator.start(allocator.allocate(8, false))).isEqualTo(4L * REGION);
    }

    @Test
    void shouldUseAnyHoleWhenItCannotGrow() {
        TestSpace allocator = new TestSpace(3L * REGION, 0);
        fill(allocator, 3L * REGION - 1);
        allocator.give(77, 1);
        allocator.give(REGION + 5L, 3);
        assertThat(allocator.allocate(8, false)).isEqualTo((REGION + 5L) << 16 | 3);
        assertThat(allocator.allocate(8, false)).isEqualTo(77L << 16 | 1);
        assertThat(allocator.allocate(8, true)).isZero();
    }

    @Test
    void shouldUseWhatIsFreeInTheFileWhileTheHostHasNoSpaceThenTryToGrowAgain() {
        TestSpace space = new TestSpace(100L * REGION, 0);
        fill(space, 4L * REGION + 99);
        for (int round = 0; round < 3; round++) {
            assertThat(failToGrow(space)).isEqualTo(4L * REGION + 100);
            space.give(77, 20);
            space.give(2L * REGION + 10, 5);
            space.give(4L * REGION + 50, 13); // there the file ends
            for (int taken = 0; taken < 38; ) {
                long run = space.allocate(4, false);
                assertThat(Allocator.start(run)).isLessThan(4L * REGION + 100);
                taken += Allocator.length(run);
            }
        }
        assertThat(Allocator.start(space.allocate(4, false))).isEqualTo(4L * REGION + 100);
        space.give(77, 20);
        assertThat(Allocator.start(space.allocate(4, false))).isEqualTo(4L * REGION + 104);
        assertThat(space.allocator.lostBlocks()).isZero();
    }

    @Test
    void shouldUseTheLastBlocksOfALastRegionWhenTheHostHasNoSpaceForANewOne() {
        TestSpace space = new TestSpace(100L * REGION, 0);
        fill(space, 2L * REGION - 1);
        space.give(REGION + 5L, 3);
        assertThat(failToGrow(space)).isEqualTo(2L * REGION);
        assertThat(space.allocate(8, false)).isEqualTo((REGION + 5L) << 16 | 3);
        assertThat(failToGrow(space)).isEqualTo(2L * REGION);
        assertThat(Allocator.start(space.allocate(8, false))).isEqualTo(2L * REGION);
    }

    /** Takes blocks for a write for which the host has no space; returns where they began. */
    private static long failToGrow(TestSpace space) {
        long run = space.allocator.allocate(4, false);
        space.allocator.cancel(Allocator.start(run), Allocator.length(run));
        space.allocator.cannotGrow(Allocator.start(run));
        space.allocator.settle();
        assertThat(space.allocator.highWaterBlocks()).isEqualTo(Allocator.start(run));
        return Allocator.start(run);
    }

    @Test
    void shouldRefuseToTakeBackWhatIsFreeOrWasNeverTaken() {
        TestSpace allocator = new TestSpace(3L * REGION, 0);
        allocator.allocate(10, false);
        assertThatThrownBy(() -> allocator.give(5, 7)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> allocator.give(2L * REGION, 1)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> allocator.give(0, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> allocator.allocator.cancel(3, 1)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> TestSpace.over(allocator, allocator.used, 5, 0))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void shouldWorkBeyondFourBillionBlocks() {
        long capacity = 1L << 34;
        long first = (1L << 33) + 3;
        long start = first + 5L * REGION;
        RegionSource source = new RegionSource() {
            @Override
            public int usedBlocks(int region) {
                long[] bits = new long[REGION / Long.SIZE];
                usedBits(region, bits);
                return Bits.count(bits);
            }

            @Override
            public void usedBits(int region, long[] bits) {
                Arrays.fill(bits, 0);
                for (int i = 0; i < REGION; i++) {
                    long block = (long) region * REGION + i;
                    if (block >= first && block < start) {
                        Bits.set(bits, i, 1);
                    }
                }
            }
        };
        Allocator allocator = new Allocator(capacity, 0, Allocator.DEFAULT_REUSE_SHARE, start, 5L * REGION, source);
        assertThat(allocator.freeBlocks()).isEqualTo(capacity - 1 - 5L * REGION);
        assertThat(allocator.memoryBytes()).isLessThan(8L << 20);
        assertThat(Allocator.start(allocator.allocate(REGION, false))).isEqualTo(start);
        allocator.settle();
        while (allocator.hasUnknown()) {
            assertThat(allocator.examine()).isPositive();
        }
        while (Allocator.start(allocator.allocate(REGION, false)) >= start) {
            allocator.settle();
        }
        assertThat(allocator.highWaterBlocks()).isEqualTo((1L << 33) + 6L * REGION);
    }

    @Test
    void shouldTellAtOnceHowMuchIsFreeAndReadNothingForIt() {
        TestSpace before = new TestSpace(10L * REGION, 0);
        fill(before, 4L * REGION + 7);
        before.give(2L * REGION, REGION / 2);
        Allocator after = new Allocator(
                10L * REGION, 0, Allocator.DEFAULT_REUSE_SHARE, before.used.length(), before.used.cardinality(), null);
        assertThat(after.freeBlocks()).isEqualTo(before.allocator.freeBlocks());
        assertThat(after.highWaterBlocks()).isEqualTo(4L * REGION + 8);
        assertThat(after.hasUnknown()).isTrue();
    }

    @Test
    void shouldGoOnWhereTheFileEndedAfterRecovery() {
        TestSpace before = new TestSpace(10L * REGION, 0);
        fill(before, 2L * REGION + 7);
        Allocator after = TestSpace.over(before, before.used, 10L * REGION, 0);
        assertThat(after.allocate(3, false)).isEqualTo((2L * REGION + 8) << 16 | 3);
    }

    @Test
    void shouldGiveNothingThatWaitsOrIsOutstanding() {
        TestSpace space = new TestSpace(REGION, 0);
        fill(space, 1_000);
        FreedBlocks freed = new FreedBlocks();
        for (int i = 100; i < 200; i++) {
            freed.add(i);
        }
        space.used.clear(100, 200);
        space.allocator.pending().add(1, 1, freed);
        // Not settled: none of these is in the counts.
        for (int left = REGION - 1_001; left > 0; ) {
            left -= Allocator.length(space.allocator.allocate(left, false));
        }
        assertThat(space.allocator.allocate(1, true)).isZero();
        space.allocator.cancel(1_001, REGION - 1_001);
        assertThat(space.allocator.pending().release(1, 2, space.allocator)).isEqualTo(100);
        assertThat(space.allocator.allocate(200, true)).isEqualTo(100L << 16 | 100);
        assertThat(space.allocator.allocate(200, true)).isEqualTo(1_001L << 16 | 200);
    }

    @Test
    void shouldCarryOnWithoutRegionsWhoseCountsCannotBeRead() {
        TestSpace before = new TestSpace(3L * REGION, 0);
        fill(before, 3L * REGION - 1);
        before.give(10, 4);
        before.give(REGION + 10L, 5);
        before.give(2L * REGION + 10, 6);
        boolean[] damaged = {true};
        RegionSource source = new RegionSource() {
            @Override
            public int usedBlocks(int region) {
                return before.usedBlocks(region);
            }

            @Override
            public void usedBits(int region, long[] bits) {
                if (region == 1 && damaged[0]) {
                    throw Unreadable.page();
                }
                before.usedBits(region, bits);
            }
        };
        Allocator allocator = TestSpace.over(source, before.used, 3L * REGION, 0);
        assertThat(allocator.freeBlocks()).isEqualTo(15);
        long given = 0;
        for (long run = allocator.allocate(9, true); run != 0; run = allocator.allocate(9, true)) {
            assertThat(Allocator.start(run) / REGION).isNotEqualTo(1);
            given += Allocator.length(run);
        }
        assertThat(given).isEqualTo(10);
        assertThat(allocator.lostBlocks()).isEqualTo(5);
        assertThat(allocator.room(true)).isZero();
        allocator.give(REGION + 100L, 1);
        assertThat(allocator.room(true)).isZero();
        allocator.give(2L * REGION + 100, 1);
        assertThat(allocator.room(true)).isEqualTo(1);
        assertThat(allocator.freeBlocks()).isEqualTo(1);
    }

    @Test
    void shouldFindLongRunsUnderRandomRewritingForAtMostThriceTheData() {
        int data = 20 * REGION;
        TestSpace allocator = new TestSpace(1000L * REGION, 0);
        SplittableRandom random = new SplittableRandom(7);
        long[] place = new long[data];
        long runs = 0;
        for (int i = 0; i < 4 * data; i += 64) {
            if (i == 2 * data) {
                runs = 0;
            }
            for (int done = 0; done < 64; ) {
                long run = allocator.allocate(64 - done, false);
                runs++;
                for (int j = 0; j < Allocator.length(run); j++) {
                    int block = i < data ? i + done + j : random.nextInt(data);
                    if (place[block] != 0) {
                        allocator.give(place[block], 1);
                    }
                    place[block] = Allocator.start(run) + j;
                }
                done += Allocator.length(run);
            }
        }
        assertThat(allocator.allocator.highWaterBlocks()).isLessThan(3L * data);
        assertThat(2.0 * data / runs).as("blocks a run").isGreaterThan(7);
    }

    private static void fill(TestSpace allocator, long blocks) {
        for (long done = 0; done < blocks; ) {
            done += Allocator.length(allocator.allocate((int) Math.min(REGION, blocks - done), false));
        }
    }
}
