package dev.tidemark.engine.space;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("quick")
class AllocatorTest {
    private static final int REGION = Allocator.REGION_BLOCKS;

    @Test
    void shouldGiveAdjacentRunsFromOneRegionWhenEmpty() {
        Allocator allocator = new Allocator(10L * REGION, 0);
        long next = 1;
        for (int i = 0; i < 100; i++) {
            long run = allocator.allocate(100, false);
            assertThat(Allocator.start(run)).isEqualTo(next);
            assertThat(Allocator.length(run)).isEqualTo(100);
            next += 100;
        }
        assertThat(allocator.highWaterBlocks()).isEqualTo(next);
    }

    @Test
    void shouldKeepTheReserveForUrgentRequests() {
        Allocator allocator = new Allocator(101, 30);
        assertThat(Allocator.length(allocator.allocate(90, false))).isEqualTo(70);
        assertThat(allocator.allocate(1, false)).isZero();
        assertThat(Allocator.length(allocator.allocate(90, true))).isEqualTo(30);
        assertThat(allocator.allocate(1, true)).isZero();
        allocator.give(5, 31);
        assertThat(allocator.room(false)).isEqualTo(1);
    }

    @Test
    void shouldUseARegionAgainRatherThanGrowWhenHalfOfItIsFree() {
        Allocator allocator = new Allocator(100L * REGION, 0);
        fill(allocator, 4L * REGION - 1);
        allocator.give(2L * REGION + 10, REGION / 2);
        assertThat(Allocator.start(allocator.allocate(8, false))).isEqualTo(2L * REGION + 10);
        assertThat(allocator.highWaterBlocks()).isEqualTo(4L * REGION);
    }

    @Test
    void shouldGrowRatherThanUseARegionWithLittleRoom() {
        Allocator allocator = new Allocator(100L * REGION, 0);
        fill(allocator, 4L * REGION - 1);
        allocator.give(2L * REGION + 10, REGION / 2 - 1);
        assertThat(Allocator.start(allocator.allocate(8, false))).isEqualTo(4L * REGION);
    }

    @Test
    void shouldUseAnyHoleWhenItCannotGrow() {
        Allocator allocator = new Allocator(3L * REGION, 0);
        fill(allocator, 3L * REGION - 1);
        allocator.give(77, 1);
        allocator.give(REGION + 5L, 3);
        assertThat(allocator.allocate(8, false)).isEqualTo((REGION + 5L) << 16 | 3);
        assertThat(allocator.allocate(8, false)).isEqualTo(77L << 16 | 1);
        assertThat(allocator.allocate(8, true)).isZero();
    }

    @Test
    void shouldRefuseToTakeBackWhatIsFreeOrWasNeverTaken() {
        Allocator allocator = new Allocator(3L * REGION, 0);
        allocator.allocate(10, false);
        assertThatThrownBy(() -> allocator.give(5, 7)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> allocator.give(2L * REGION, 1)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> allocator.give(0, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> allocator.use(3, 1)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void shouldWorkBeyondFourBillionBlocks() {
        long capacity = 1L << 34;
        Allocator allocator = new Allocator(capacity, 0);
        allocator.use((1L << 33) + 3, 5L * REGION);
        long start = (1L << 33) + 3 + 5L * REGION;
        assertThat(allocator.highWaterBlocks()).isEqualTo(start);
        assertThat(allocator.freeBlocks()).isEqualTo(capacity - 1 - 5L * REGION);
        // All free regions are alike; nothing but the boundary ones has a bitmap.
        assertThat(allocator.memoryBytes()).isLessThan(64L << 20);
        long run = allocator.allocate(REGION, false);
        assertThat(Allocator.length(run)).isPositive();
    }

    @Test
    void shouldFindLongRunsUnderRandomRewritingForAtMostTwiceTheData() {
        int data = 20 * REGION;
        Allocator allocator = new Allocator(1000L * REGION, 0);
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
        assertThat(allocator.highWaterBlocks()).isLessThan(2L * data);
        assertThat(2.0 * data / runs).as("blocks a run").isGreaterThan(1.9);
    }

    private static void fill(Allocator allocator, long blocks) {
        for (long done = 0; done < blocks; ) {
            done += Allocator.length(allocator.allocate((int) Math.min(REGION, blocks - done), false));
        }
    }
}
