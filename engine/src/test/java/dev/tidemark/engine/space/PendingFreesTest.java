package dev.tidemark.engine.space;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("quick")
class PendingFreesTest {
    private final TestSpace space = new TestSpace(300_000, 0);
    private final Allocator allocator = space.allocator;
    private final PendingFrees pending = allocator.pending();

    @Test
    void shouldGiveBackOnlyWhatIsProvenAndUnseen() {
        take(1_000);
        pending.add(10, 1, freed(5, 6, 7, 9));
        pending.add(20, 2, freed(20));
        pending.add(30, 3, freed(30, 31));
        long free = allocator.freeBlocks();
        assertThat(pending.release(9, 100, allocator)).isZero();
        assertThat(pending.release(100, 1, allocator)).isZero();
        assertThat(pending.release(10, 100, allocator)).isEqualTo(4);
        assertThat(pending.release(100, 3, allocator)).isEqualTo(1);
        assertThat(allocator.freeBlocks()).isEqualTo(free + 5);
        assertThat(pending.blocks()).isEqualTo(2);
        assertThat(pending.oldestPosition()).isEqualTo(30);
        assertThat(pending.release(30, 4, allocator)).isEqualTo(2);
        assertThat(pending.oldestPosition()).isZero();
    }

    @Test
    void shouldKeepFreesOfOneEpochTogetherUntilTheLastIsProven() {
        take(100);
        pending.add(10, 1, freed(5));
        pending.add(11, 1, freed(6));
        assertThat(pending.release(10, 2, allocator)).isZero();
        assertThat(pending.release(11, 2, allocator)).isEqualTo(2);
    }

    @Test
    void shouldTakeRunsLongerThanOneEntryHolds() {
        take(200_000);
        FreedBlocks freed = new FreedBlocks();
        for (int i = 1; i <= 150_000; i++) {
            freed.add(i);
        }
        assertThat(freed.runs()).isEqualTo(1);
        pending.add(1, 1, freed);
        assertThat(freed.isEmpty()).isTrue();
        long free = allocator.freeBlocks();
        assertThat(pending.release(1, 2, allocator)).isEqualTo(150_000);
        assertThat(allocator.freeBlocks()).isEqualTo(free + 150_000);
    }

    @Test
    void shouldGiveBackNoMoreThanItIsAskedFor() {
        take(1_000);
        pending.add(10, 1, freed(2, 4, 6, 8));
        pending.add(20, 2, freed(10));
        assertThat(pending.release(30, 3, 1, allocator)).isEqualTo(1);
        assertThat(pending.blocks()).isEqualTo(4);
        assertThat(pending.oldestPosition()).isEqualTo(10);
        assertThat(pending.mayRelease(0, 0))
                .as("the rest of a group that went in part")
                .isTrue();
        assertThat(pending.blocksIn(0)).isEqualTo(4);
        assertThat(pending.release(10, 2, 100, allocator)).isEqualTo(3);
        assertThat(pending.mayRelease(10, 2)).isFalse();
        assertThat(pending.oldestPosition()).isEqualTo(20);
    }

    @Test
    void shouldNotLetBlocksGoWithAGroupThatWentInPart() {
        take(1_000);
        pending.add(10, 1, freed(2, 4));
        pending.release(10, 2, 1, allocator);
        pending.add(11, 1, freed(6));
        assertThat(pending.release(10, 2, 100, allocator)).isEqualTo(1);
        assertThat(pending.blocks()).isEqualTo(1);
        assertThat(pending.release(11, 2, 100, allocator)).isEqualTo(1);
    }

    @Test
    void shouldKnowWhichBlocksOfARegionWait() {
        take(200_000);
        BitSet waiting = new BitSet();
        BitSet freedBefore = new BitSet();
        SplittableRandom random = new SplittableRandom(3);
        ArrayDeque<Integer> order = new ArrayDeque<>();
        for (int epoch = 1; epoch < 3_000; epoch++) {
            FreedBlocks freed = new FreedBlocks();
            for (int i = random.nextInt(5); i > 0; i--) {
                int block = 1 + random.nextInt(199_999);
                if (!freedBefore.get(block)) {
                    freedBefore.set(block);
                    waiting.set(block);
                    order.add(block);
                    freed.add(block);
                }
            }
            pending.add(epoch, epoch, freed);
            if (random.nextInt(20) == 0) {
                long most = 1L + random.nextInt(60);
                for (long given = pending.release(epoch, epoch - random.nextInt(30), most, allocator);
                        given > 0;
                        given--) {
                    waiting.clear(order.remove());
                }
            }
            int region = random.nextInt(7);
            long[] bits = new long[Allocator.REGION_BLOCKS / Long.SIZE];
            pending.mark(region, bits);
            BitSet expected = waiting.get(region * Allocator.REGION_BLOCKS, (region + 1) * Allocator.REGION_BLOCKS);
            assertThat(BitSet.valueOf(bits)).isEqualTo(expected);
            assertThat(pending.blocksIn(region)).isEqualTo(expected.cardinality());
        }
    }

    @Test
    void shouldRefuseAPositionOrEpochThatGoesBack() {
        take(100);
        pending.add(10, 5, freed(5));
        assertThatThrownBy(() -> pending.add(9, 5, freed(6))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> pending.add(10, 4, freed(6))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldReleaseInOrderWhateverTheMixOfPositionsAndEpochs() {
        for (long seed = 1; seed <= 50; seed++) {
            playRandom(seed);
        }
    }

    private static void playRandom(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Allocator allocator = new TestSpace(200_000, 0).allocator;
        PendingFrees pending = allocator.pending();
        ArrayDeque<long[]> model = new ArrayDeque<>();
        long position = 1;
        long epoch = 1;
        long waiting = 0;
        for (int step = 0; step < 300; step++) {
            position += random.nextInt(3);
            epoch += random.nextInt(4) == 0 ? 1 : 0;
            int count = random.nextInt(10);
            FreedBlocks freed = new FreedBlocks();
            for (int i = 0; i < count; i++) {
                freed.add(Allocator.start(allocator.allocate(1, false)));
            }
            allocator.settle();
            waiting += count;
            if (count > 0) {
                model.add(new long[] {position, epoch, count});
            }
            pending.add(position, epoch, freed);
            long proven = position - random.nextInt(6);
            long safe = epoch - random.nextInt(3) + 1;
            long most = 0;
            long least = 0;
            for (long[] group : model) {
                boolean qualifies = group[0] <= proven && group[1] < safe;
                most += qualifies ? group[2] : 0;
                // Blocks of an epoch wait for the last of it.
                boolean all = model.stream().allMatch(g -> g[1] != group[1] || g[0] <= proven);
                least += qualifies && all ? group[2] : 0;
            }
            long bound = 1L + random.nextInt(12);
            long given = pending.release(proven, safe, bound, allocator);
            assertThat(given).as("seed %d step %d", seed, step).isLessThanOrEqualTo(most);
            if (pending.mayRelease(proven, safe)) {
                given += pending.release(proven, safe, allocator);
            }
            assertThat(given).as("seed %d step %d", seed, step).isBetween(least, most);
            waiting -= given;
            assertThat(pending.blocks()).isEqualTo(waiting);
            for (long left = given; left > 0; ) {
                long[] oldest = model.peek();
                long part = Math.min(left, oldest[2]);
                oldest[2] -= part;
                left -= part;
                if (oldest[2] == 0) {
                    model.remove();
                }
            }
        }
    }

    private void take(int blocks) {
        for (int done = 0; done < blocks; ) {
            done += Allocator.length(allocator.allocate(Math.min(1000, blocks - done), false));
        }
        allocator.settle();
    }

    private static FreedBlocks freed(long... blocks) {
        FreedBlocks freed = new FreedBlocks();
        for (long block : blocks) {
            freed.add(block);
        }
        return freed;
    }
}
