package dev.tidemark.engine.mapping;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.tidemark.engine.space.Space;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What things cost, counted, not timed: bytes, pages, garbage. */
@Tag("quick")
class MappingCostTest {
    private static final int BLOCKS_PER_GIB = 1 << 18;
    private static final int RUN = 8192;

    private final PageStore pages = new PageStore();
    private final Space space = new Space(pages);
    private final MappingTrees trees = new MappingTrees(pages, space);
    private final MappingReader reader = new MappingReader(pages);
    private final MappingRoot root = new MappingRoot();
    private final int[] checksums = new int[RUN];
    private long nextPhysical = 1;
    private long epoch;

    @AfterEach
    void close() {
        pages.close();
    }

    @Test
    void shouldTakeAtMost24BytesForABlockOfADenselyWrittenVolume() {
        for (int gib : new int[] {1, 2, 5}) {
            fill((long) gib * BLOCKS_PER_GIB - root.mappedBlocks());
            assertThat((double) pages.memoryBytes() / root.mappedBlocks())
                    .as("%d GiB", gib)
                    .isLessThan(24);
        }
    }

    @Test
    void shouldTakeAtMost24BytesForABlockAfterRewritingAtRandomUnderSnapshots() {
        int blocks = BLOCKS_PER_GIB / 4;
        fill(blocks);
        SplittableRandom random = new SplittableRandom(9);
        for (int round = 0; round < 60; round++) {
            MappingRoot snapshot = new MappingRoot();
            trees.share(root, snapshot);
            for (int i = 0; i < 500; i++) {
                trees.put(root, random.nextInt(blocks), nextPhysical++, 1, checksums, 0, 0);
            }
            reclaimAll(snapshot);
            endBatch();
        }
        // Scattered ids and counts, and the frames that copies needed at most, are in it.
        assertThat((double) pages.memoryBytes() / blocks).isLessThan(48);
        assertThat((double) pages.livePages() * PageStore.PAGE_BYTES / blocks).isLessThan(24);
    }

    @Test
    void shouldTakeNoPageForAnIdleSnapshot() {
        fill(16L * BLOCKS_PER_GIB);
        long before = pages.memoryBytes();
        long livePages = pages.livePages();
        List<MappingRoot> snapshots = new ArrayList<>();
        MappingRoot last = root;
        for (int i = 0; i < 10_000; i++) {
            MappingRoot snapshot = new MappingRoot();
            trees.share(last, snapshot);
            snapshots.add(snapshot);
            last = i % 3 == 0 ? snapshot : root;
        }
        assertThat(pages.memoryBytes()).isEqualTo(before);
        assertThat(pages.livePages()).isEqualTo(livePages);
        assertThat(pages.references(root.pageId())).isEqualTo(10_001);
        assertThat(snapshots)
                .allSatisfy(snapshot -> assertThat(snapshot.mappedBlocks()).isEqualTo(16L * BLOCKS_PER_GIB));
    }

    @Test
    void shouldCutAnyRangeByCopyingOnlyTheSpinesAtItsEnds() {
        fill(BLOCKS_PER_GIB);
        MappingRoot snapshot = new MappingRoot();
        trees.share(root, snapshot);
        long lastId = pages.lastId();
        MappingRoot removed = new MappingRoot();
        trees.cut(root, 1_000, 200_000, removed);
        assertThat(removed.mappedBlocks()).isEqualTo(200_000);
        // At most two pages of each height are copied, and as many are made for the removed part.
        assertThat(pages.lastId() - lastId).isLessThanOrEqualTo(4L * root.height());
    }

    @Test
    void shouldBoundAReclaimStepAndCopyAtMostOnePageOfEachHeight() {
        fill(BLOCKS_PER_GIB);
        MappingRoot job = new MappingRoot();
        trees.handOver(root, job);
        int steps = 0;
        while (!job.isEmpty()) {
            long lastId = pages.lastId();
            long taken = trees.reclaimStep(job, 1_000);
            assertThat(taken).isBetween(1L, 1_000L + MappingPage.ENTRIES);
            assertThat(pages.lastId() - lastId).isLessThanOrEqualTo(steps == 0 ? 3 : 1);
            steps++;
        }
        assertThat(steps).isLessThan(BLOCKS_PER_GIB / 900);
        assertThat(pages.livePages()).isZero();
    }

    @Test
    void shouldReclaimAnUnchangedSnapshotInOneStep() {
        fill(BLOCKS_PER_GIB);
        MappingRoot snapshot = new MappingRoot();
        trees.share(root, snapshot);
        MappingRoot job = new MappingRoot();
        trees.handOver(snapshot, job);
        assertThat(trees.reclaimStep(job, 1)).isEqualTo(BLOCKS_PER_GIB);
        assertThat(job.isEmpty()).isTrue();
        assertThat(space.freed().isEmpty()).isTrue();
    }

    @Test
    void shouldMakeNoGarbage() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        int blocks = BLOCKS_PER_GIB / 8;
        fill(blocks);
        MappingEntry entry = new MappingEntry();
        MappedRun run = new MappedRun(64);
        SplittableRandom random = new SplittableRandom(1);
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 20; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 2_000; i++) {
                int block = random.nextInt(blocks - 64);
                trees.put(root, block, claimable(), 1, checksums, 0, 0);
                reader.lookup(root, block, entry);
                reader.lookupRun(root, block, 64, run);
                reader.extentAt(root, block, 64);
                trees.ownsAlone(root, block, 1);
                endBatch();
            }
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        // A bound for the measurement itself: less than a hundredth of a byte for each operation.
        assertThat(least).isLessThan(100);
    }

    /** Physical blocks from a range that is used again and again: a steady state. */
    private long claimable() {
        do {
            nextPhysical = nextPhysical % (BLOCKS_PER_GIB / 4) + 1;
        } while (space.references(nextPhysical) != 0);
        return nextPhysical;
    }

    private void fill(long count) {
        long first = root.mappedBlocks();
        for (long block = first; block < first + count; block += RUN) {
            trees.put(root, block, nextPhysical, RUN, checksums, 0, 0);
            nextPhysical += RUN;
        }
    }

    private void reclaimAll(MappingRoot volume) {
        MappingRoot job = new MappingRoot();
        trees.handOver(volume, job);
        while (!job.isEmpty()) {
            trees.reclaimStep(job, 4_096);
        }
    }

    private void endBatch() {
        pages.epoch(++epoch);
        pages.recycle(epoch);
        space.freed().clear();
    }
}
