package dev.tidemark.engine.mapping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.agrona.UnsafeApi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Pages that a checkpoint has put into adjacent slots, asked for one after the other. */
@Tag("quick")
class PageReadAheadTest {
    private static final int PAGES = 60;
    private static final long PLENTY_BYTES = 64 << 20;

    private final HeapSlots slots = new HeapSlots();
    private final PageStore before = new PageStore(slots, PLENTY_BYTES);
    private PageStore pages;

    /** Page id holds its id. */
    @BeforeEach
    void save() {
        for (int i = 1; i <= PAGES; i++) {
            UnsafeApi.putLong(before.address(before.allocate()), i);
        }
        HeapCheckpoint checkpoint = new HeapCheckpoint(before, slots);
        while (!checkpoint.step()) {
            // one step after the other
        }
        pages = checkpoint.restored(PLENTY_BYTES);
        for (long id = 1; id <= PAGES; id++) {
            pages.bringInReferences(id); // the table is another matter
        }
        slots.reads = 0;
    }

    @AfterEach
    void close() {
        pages.close();
        before.close();
    }

    private void read(long id) {
        assertThat(UnsafeApi.getLong(pages.readable(id, 1))).isEqualTo(id);
    }

    @Test
    void shouldReadSeveralAtOnceForWhoGoesOn() {
        for (long id = 1; id <= PAGES; id++) {
            read(id);
        }
        assertThat(pages.traffic().faults()).isEqualTo(PAGES);
        assertThat(slots.reads).isLessThanOrEqualTo(2 + PAGES / FaultBuffers.MOST_PAGES);
    }

    @Test
    void shouldReadOneForWhoJumps() {
        for (long id = PAGES; id > 0; id--) {
            read(id);
        }
        assertThat(slots.reads).isEqualTo(PAGES);
        assertThat(pages.traffic().faults()).isEqualTo(PAGES);
    }

    @Test
    void shouldNotFailForAPageThatNobodyAskedFor() {
        slots.unreadable = 4;
        read(1);
        read(2);
        read(3);
        assertThatThrownBy(() -> read(4)).isInstanceOf(PageUnreadableException.class);
        read(5);
        slots.unreadable = 0;
        read(4);
    }

    @Test
    void shouldNotBringInWhatWasDropped() {
        pages.epoch(1);
        pages.release(3);
        read(1);
        read(2);
        read(4);
        assertThat(pages.traffic().resident()).isEqualTo(FaultBuffers.MOST_PAGES - 1);
        pages.recycle(2);
        assertThatThrownBy(() -> pages.address(3)).hasMessageContaining("is not there");
        read(5);
    }

    @Test
    void shouldStayWithinItsMemory() {
        HeapCheckpoint again = new HeapCheckpoint(pages, slots);
        while (!again.step()) {
            // nothing has changed
        }
        try (PageStore small = again.restored(0)) {
            for (long id = 1; id <= PAGES; id++) {
                assertThat(UnsafeApi.getLong(small.readable(id, 1))).isEqualTo(id);
            }
            assertThat(small.traffic().resident()).isEqualTo(PageCache.LEAST_FRAMES);
        }
    }
}
