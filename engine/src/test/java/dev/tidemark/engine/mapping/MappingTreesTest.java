package dev.tidemark.engine.mapping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.engine.space.Space;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("quick")
class MappingTreesTest {
    private final PageStore pages = new PageStore();
    private final Space space = new Space(pages);
    private final MappingTrees trees = new MappingTrees(pages, space);
    private final MappingReader reader = new MappingReader(pages);
    private final MappingRoot root = new MappingRoot();
    private final MappingEntry entry = new MappingEntry();

    @AfterEach
    void close() {
        pages.close();
    }

    @Test
    void shouldReadAnEmptyTreeAsUnmapped() {
        assertThat(reader.lookup(root, 0, entry)).isFalse();
        assertThat(reader.lookup(root, 1L << 50, entry)).isFalse();
        assertThat(entry.physical()).isZero();
        assertThat(reader.extentAt(root, 7, 1L << 40)).isEqualTo(-(1L << 40));
        assertThat(trees.unmap(root, 0, MappingTrees.MAX_BLOCKS)).isZero();
        assertThat(trees.ownsAlone(root, 0, 1)).isFalse();
        assertThat(root.height()).isZero();
    }

    @Test
    void shouldKeepFlagsAndEndARunWhereTheyChange() {
        put(10, 100, 0x8001, 1, 2);
        put(12, 102, 0, 3);
        assertThat(reader.lookup(root, 11, entry)).isTrue();
        assertThat(entry.flags()).isEqualTo(0x8001);
        assertThat(entry.physical()).isEqualTo(101);
        assertThat(entry.checksum()).isEqualTo(2);
        MappedRun run = new MappedRun(8);
        assertThat(reader.lookupRun(root, 10, 8, run)).isEqualTo(2);
        assertThat(run.flags()).isEqualTo(0x8001);
        MappingRoot snapshot = new MappingRoot();
        trees.share(root, snapshot);
        put(10, 200, 0, 9);
        assertThat(reader.lookup(snapshot, 10, entry)).isTrue();
        assertThat(entry.flags()).isEqualTo(0x8001);
        assertThat(space.references(101)).isEqualTo(2);
        assertThat(space.references(100)).isEqualTo(1);
    }

    @Test
    void shouldGrowAsHighAsABlockNeedsAndTellExtentsOverTheGap() {
        put(0, 1, 0, 1);
        assertThat(root.height()).isEqualTo(1);
        put(256, 2, 0, 1);
        assertThat(root.height()).isEqualTo(2);
        put(MappingTrees.MAX_BLOCKS - 1, 3, 0, 1);
        assertThat(root.height()).isEqualTo(5);
        assertThat(root.mappedBlocks()).isEqualTo(3);
        List<String> extents = new ArrayList<>();
        reader.extents(
                root,
                0,
                MappingTrees.MAX_BLOCKS,
                (first, count, mapped) -> extents.add((mapped ? "data " : "hole ") + first + "+" + count));
        assertThat(extents)
                .containsExactly(
                        "data 0+1", "hole 1+255", "data 256+1", "hole 257+1099511627518", "data 1099511627775+1");
        assertThat(trees.unmap(root, 0, MappingTrees.MAX_BLOCKS)).isEqualTo(3);
        assertThat(root.isEmpty()).isTrue();
        assertThat(pages.livePages()).isZero();
    }

    @Test
    void shouldStopTellingExtentsWhenTheSinkHasEnough() {
        put(3, 1, 0, 1);
        List<Long> firsts = new ArrayList<>();
        reader.extents(root, 0, 100, (first, count, mapped) -> {
            firsts.add(first);
            return firsts.size() < 2;
        });
        assertThat(firsts).containsExactly(0L, 3L);
    }

    @Test
    void shouldOwnAloneOnlyWhatNoSnapshotHolds() {
        put(5, 50, 0, 1, 2, 3);
        assertThat(trees.ownsAlone(root, 5, 3)).isTrue();
        assertThat(trees.ownsAlone(root, 4, 2)).isFalse();
        MappingRoot snapshot = new MappingRoot();
        trees.share(root, snapshot);
        assertThat(trees.ownsAlone(root, 5, 1)).isFalse();
        put(6, 60, 0, 4);
        assertThat(trees.ownsAlone(root, 6, 1)).isTrue();
        assertThat(trees.ownsAlone(root, 5, 1)).isFalse();
        MappingRoot job = new MappingRoot();
        trees.handOver(snapshot, job);
        trees.reclaimStep(job, 100);
        assertThat(job.isEmpty()).isTrue();
        assertThat(trees.ownsAlone(root, 5, 3)).isTrue();
    }

    @Test
    void shouldRefuseWhatCannotBeAnEventOfThisHistory() {
        put(5, 50, 0, 1);
        assertThatThrownBy(() -> put(9, 50, 0, 1)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> put(-1, 60, 0, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> put(MappingTrees.MAX_BLOCKS, 60, 0, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> put(9, 0, 0, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> trees.unmap(root, 0, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> trees.share(new MappingRoot(), root)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> trees.reclaimStep(root, 0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldRefuseToChangeATreeThatWasHandedOverButStillReadIt() {
        put(5, 50, 0, 7);
        trees.handOver(root, new MappingRoot());
        assertThat(root.isDetached()).isTrue();
        assertThat(reader.lookup(root, 5, entry)).isTrue();
        assertThat(entry.checksum()).isEqualTo(7);
        assertThatThrownBy(() -> put(6, 60, 0, 1)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> trees.share(root, new MappingRoot())).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void shouldFindDamageInACheck() {
        put(5, 50, 0, 1, 2);
        assertThat(audit()).isEmpty();
        pages.retain(root.pageId());
        assertThat(audit()).anySatisfy(finding -> assertThat(finding).contains("2 references, but 1 links"));
        pages.release(root.pageId());
        long leak = pages.allocate();
        assertThat(audit()).anySatisfy(finding -> assertThat(finding).contains("pages are live"));
        pages.release(leak);
        space.retain(new long[] {50}, 1);
        assertThat(audit()).anySatisfy(finding -> assertThat(finding).contains("physical block 50 has count 2"));
        space.release(new long[] {50}, 1);
        MappingPage.set(MappingPage.entry(pages.address(root.pageId()), 9), 77, 1);
        assertThat(audit()).anySatisfy(finding -> assertThat(finding).contains("the root says 2 mapped blocks"));
        MappingPage.set(MappingPage.entry(pages.address(root.pageId()), 9), 0, 0);
        assertThat(audit()).isEmpty();
    }

    private List<String> audit() {
        TreeAudit audit = new TreeAudit(pages);
        audit.tree("volume", root);
        space.audit(audit);
        return audit.finish();
    }

    private void put(long block, long physical, int flags, int... checksums) {
        trees.put(root, block, physical, checksums.length, checksums, 0, flags);
    }
}
