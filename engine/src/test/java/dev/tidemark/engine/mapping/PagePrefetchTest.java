package dev.tidemark.engine.mapping;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.engine.space.Space;
import org.agrona.UnsafeApi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Hints over trees that a checkpoint has, and of which nothing is in memory yet. */
@Tag("quick")
class PagePrefetchTest {
    private static final int LEAF = MappingPage.ENTRIES;
    private static final int LEAVES = 300;
    private static final long PLENTY_BYTES = 64 << 20;

    private final HeapSlots slots = new HeapSlots();
    private final PageStore before = new PageStore(slots, PLENTY_BYTES);
    private final Space beforeSpace = new Space(before);
    private MappingRoot root = new MappingRoot();
    private HeapCheckpoint checkpoint;
    private PageStore pages;
    private Space space;

    /** One block a leaf, the blocks' counts on as many pages of two heights. */
    @BeforeEach
    void save() {
        MappingTrees trees = new MappingTrees(before, beforeSpace);
        for (int i = 0; i < LEAVES; i++) {
            trees.put(root, (long) i * LEAF, physical(i), 1, new int[] {i}, 0, 0);
        }
        checkpoint = new HeapCheckpoint(before, slots);
        while (!checkpoint.step()) {
            // one step after the other
        }
    }

    @AfterEach
    void close() {
        pages.close();
        before.close();
    }

    private static long physical(int i) {
        return 1 + (long) i * PhysicalBlocks.PAGE_BLOCKS;
    }

    private PagePrefetch restore(long budgetBytes) {
        pages = checkpoint.restored(budgetBytes);
        space = new Space(pages);
        space.restore(beforeSpace.counts().rootPage(), beforeSpace.counts().height(), beforeSpace.usedBlocks());
        root = new MappingRoot(root.pointer(), root.mappedBlocks(), root.ownedAfter());
        return new PagePrefetch(pages, space, false);
    }

    @Test
    void shouldLeaveNothingToReadForAWrite() {
        restore(PLENTY_BYTES).write(root, 3 * LEAF - 1, 4 * LEAF);
        long read = pages.traffic().faults();
        assertThat(read).isGreaterThanOrEqualTo(4 + 4 + 3);
        ahead().put(root, 3 * LEAF - 1, 4 * LEAF, false);
        assertThat(pages.traffic().faults()).isEqualTo(read);
    }

    @Test
    void shouldLeaveNothingToReadForADiscard() {
        restore(PLENTY_BYTES).unmap(root, LEAF, 10 * LEAF, 100 * LEAF);
        long read = pages.traffic().faults();
        assertThat(read).isGreaterThanOrEqualTo(10 + 10);
        ahead().unmap(root, LEAF, 10 * LEAF);
        assertThat(pages.traffic().faults()).isEqualTo(read);
    }

    @Test
    void shouldReadTheEndsOfALargeDiscardOnly() {
        restore(PLENTY_BYTES).unmap(root, LEAF / 2, 290L * LEAF, LEAVES - 20);
        long read = pages.traffic().faults();
        assertThat(read).as("no leaf between the ends").isLessThan(20);
        ahead().cut(root, LEAF / 2, 290L * LEAF, false);
        assertThat(pages.traffic().faults()).isEqualTo(read);
    }

    /** What a thread holds of one tree must be nothing that it loses by looking into another. */
    @Test
    void shouldNeverStandInACopyOfTheThread() {
        restore(0);
        int most = (int) pages.budgetPages();
        for (int i = 0; i < most; i++) {
            pages.bringIn(leaf(i));
        }
        assertThat(pages.readable(leaf(LEAVES - 1), 1)).as("a copy").isNotZero();
        assertThat(pages.prefetch(leaf(LEAVES - 1), false)).isZero();
        long address = pages.prefetch(leaf(0), false);
        assertThat(address).isEqualTo(pages.address(leaf(0)));
        long content = sum(address);
        pages.epoch(5);
        for (int i = 0; i < 3; i++) {
            pages.trim(); // spares once what was looked at
        }
        assertThat(pages.traffic().evictions()).isPositive();
        for (int i = LEAVES - 1; i > most; i--) {
            pages.bringIn(leaf(i));
        }
        space.counts().usedRuns((start, length) -> {});
        pages.recycle(5);
        assertThat(sum(address)).as("good while the pin lasts").isEqualTo(content);
    }

    private PagesAhead ahead() {
        return new MappingTrees(pages, space).ahead();
    }

    private long leaf(int i) {
        return MappingPage.child(MappingPage.entry(before.address(upper(i)), i % LEAF));
    }

    private long upper(int i) {
        return MappingPage.child(MappingPage.entry(before.address(root.pageId()), i / LEAF));
    }

    private static long sum(long address) {
        long sum = 0;
        for (int i = 0; i < PageStore.PAGE_BYTES; i += Long.BYTES) {
            sum = sum * 31 + UnsafeApi.getLong(address + i);
        }
        return sum;
    }
}
