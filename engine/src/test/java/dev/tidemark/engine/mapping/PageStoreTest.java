package dev.tidemark.engine.mapping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.agrona.UnsafeApi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("quick")
class PageStoreTest {
    private final PageStore pages = new PageStore();

    @AfterEach
    void close() {
        pages.close();
    }

    @Test
    void shouldGiveAscendingIdsAndPagesOfZerosWithOneReference() {
        for (long id = 1; id < 300; id++) {
            assertThat(pages.allocate()).isEqualTo(id);
            assertThat(pages.references(id)).isEqualTo(1);
            assertThat(sum(pages.address(id))).isZero();
            UnsafeApi.setMemory(pages.address(id), PageStore.PAGE_BYTES, (byte) 7);
            assertThat(pages.address(id) % PageStore.PAGE_BYTES).isZero();
        }
        assertThat(pages.lastId()).isEqualTo(299);
        assertThat(pages.livePages()).isEqualTo(299);
    }

    @Test
    void shouldKeepADroppedPageReadableUntilItsEpochIsSafe() {
        pages.epoch(5);
        long id = pages.allocate();
        UnsafeApi.putLong(pages.address(id), 42);
        pages.retain(id);
        assertThat(pages.release(id)).isEqualTo(1);
        assertThat(pages.release(id)).isZero();
        assertThat(pages.limboPages()).isEqualTo(1);
        pages.epoch(9);
        assertThat(pages.recycle(5)).isZero();
        assertThat(UnsafeApi.getLong(pages.address(id))).isEqualTo(42);
        assertThat(pages.recycle(6)).isEqualTo(1);
        assertThatThrownBy(() -> pages.address(id)).isInstanceOf(IllegalStateException.class);
        assertThat(pages.references(id)).isZero();
    }

    @Test
    void shouldUseAFrameAgainButNeverAnId() {
        long first = pages.allocate();
        long frame = pages.address(first);
        UnsafeApi.putLong(frame, 42);
        pages.release(first);
        pages.recycle(1);
        long second = pages.allocate();
        assertThat(second).isEqualTo(first + 1);
        assertThat(pages.address(second)).isEqualTo(frame);
        assertThat(UnsafeApi.getLong(frame)).isZero();
    }

    @Test
    void shouldRefuseToTouchAPageThatIsNotLive() {
        long id = pages.allocate();
        pages.release(id);
        assertThatThrownBy(() -> pages.retain(id)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> pages.release(id)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> pages.writable(id)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> pages.address(id + 1)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> pages.address(PageStore.MAX_ID)).isInstanceOf(IllegalStateException.class);
        assertThat(pages.references(0)).isZero();
    }

    @Test
    void shouldFailEveryLookupAfterClose() {
        long id = pages.allocate();
        pages.close();
        assertThatThrownBy(() -> pages.address(id)).hasMessageContaining("closed");
        pages.close();
    }

    @Test
    void shouldRefuseAnEpochThatGoesBack() {
        pages.epoch(3);
        assertThatThrownBy(() -> pages.epoch(2)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldForgetTheDirectoryOfDeadPages() {
        List<Long> kept = new ArrayList<>();
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < 300_000; i++) {
            long id = pages.allocate();
            UnsafeApi.putLong(pages.address(id), id);
            if (random.nextInt(30_000) == 0) {
                kept.add(id);
            } else {
                pages.release(id);
                pages.recycle(1);
            }
        }
        // Ten pages are left of 300,000: a few frames, a few leaves and branches of the directory.
        assertThat(pages.memoryBytes()).isLessThan(200_000);
        for (long id : kept) {
            assertThat(UnsafeApi.getLong(pages.address(id))).isEqualTo(id);
            pages.release(id);
        }
        pages.recycle(1);
        assertThat(pages.livePages()).isZero();
        assertThat(pages.allocate()).isEqualTo(300_001);
    }

    private static long sum(long address) {
        long sum = 0;
        for (int i = 0; i < PageStore.PAGE_BYTES; i += 8) {
            sum |= UnsafeApi.getLong(address + i);
        }
        return sum;
    }

    /**
     * The chunk that had changed was gone with its last page, so the leaf seemed to be as its checkpoint had it, and
     * left memory; the next checkpoint wrote it without the pages of its other chunks.
     */
    @Test
    void shouldKeepAChangedLeafOfThePageTableThatHasLostTheChunkThatChanged() {
        HeapSlots slots = new HeapSlots();
        long kept = 2L * PageDirectory.SLOTS; // in another chunk of the same leaf
        try (PageStore small = new PageStore(slots, 0)) {
            long others = PageTable.LEAF_IDS; // in another leaf, where the next pages go as well
            for (long id = 1; id < others + 40; id++) {
                small.allocate();
            }
            UnsafeApi.putLong(small.address(kept), 42);
            for (long id = 2; id < others; id++) {
                if (id != kept) {
                    small.release(id);
                }
            }
            small.recycle(1);
            save(small, slots);
            for (int i = 0; i < 5; i++) { // until both have left memory
                for (long id = others; id < others + 40; id++) {
                    small.bringIn(id);
                }
                small.trim();
            }
            small.release(1); // the last page of its chunk
            small.epoch(2);
            small.recycle(2);
            small.trim();
            HeapCheckpoint second = save(small, slots);
            try (PageStore restored = second.restored(0)) {
                restored.bringInReferences(kept);
                assertThat(restored.references(kept)).isEqualTo(1);
                assertThat(UnsafeApi.getLong(restored.address(kept))).isEqualTo(42);
            }
        }
    }

    /** Dropped pages stay resident until their readers have left: they don't stand for live ones that are absent. */
    @Test
    void shouldKnowThatALivePageIsAbsentWhileOthersAreInLimbo() {
        HeapSlots slots = new HeapSlots();
        try (PageStore made = new PageStore(slots, 1 << 20)) {
            for (int i = 0; i < 200; i++) {
                made.allocate();
            }
            try (PageStore restored = save(made, slots).restored(1 << 20)) {
                assertThat(restored.isPartlyAbsent()).isTrue();
                for (long id = 1; id < 200; id++) {
                    restored.bringIn(id);
                }
                for (long id = 1; id <= 20; id++) {
                    restored.release(id);
                }
                assertThat(restored.isPartlyAbsent()).as("200 is absent").isTrue();
                restored.bringIn(200);
                assertThat(restored.isPartlyAbsent()).isFalse();
                restored.epoch(2);
                restored.recycle(2);
                assertThat(restored.isPartlyAbsent()).isFalse();
            }
        }
    }

    private static HeapCheckpoint save(PageStore from, HeapSlots slots) {
        HeapCheckpoint checkpoint = new HeapCheckpoint(from, slots);
        while (!checkpoint.step()) {
            // one step after the other
        }
        return checkpoint;
    }
}
