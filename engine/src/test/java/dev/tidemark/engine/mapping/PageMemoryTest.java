package dev.tidemark.engine.mapping;

import static org.assertj.core.api.Assertions.assertThat;

import org.agrona.UnsafeApi;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What pages and the table that leads to them take together, when the table grows after the pages took theirs. */
@Tag("quick")
class PageMemoryTest {
    private static final long PLENTY_BYTES = 256 << 20;
    private static final long BUDGET_BYTES = 4 << 20;
    /** More pages than the budget holds, in a few leaves of the table. */
    private static final int DENSE = 1_200;
    /** From there on one page in so many ids: every chunk of every leaf has some. */
    private static final int APART = 16;

    private static final int LAST = 60_000;

    private final HeapSlots slots = new HeapSlots();

    private PageStore saved() {
        try (PageStore before = new PageStore(slots, PLENTY_BYTES)) {
            for (int i = 1; i <= LAST; i++) {
                long id = before.allocate();
                UnsafeApi.putLong(before.address(id), id);
                if (id > DENSE && id % APART != 0) {
                    before.release(id);
                    before.recycle(1);
                }
            }
            HeapCheckpoint checkpoint = new HeapCheckpoint(before, slots);
            while (!checkpoint.step()) {
                // one step after the other
            }
            return checkpoint.restored(BUDGET_BYTES);
        }
    }

    /** 32M took 40.8 MiB: frames that were taken while the table was small are never given back. */
    @Test
    void shouldLeaveRoomForATableThatGrowsLater() {
        try (PageStore pages = saved()) {
            long epoch = 1;
            long most = 0;
            for (long id = 1; id <= LAST; id += id < DENSE ? 1 : APART) {
                long asked = id <= DENSE ? id : id / APART * APART;
                assertThat(UnsafeApi.getLong(pages.readable(asked, 1))).isEqualTo(asked);
                if (pages.wantsTrim()) {
                    pages.epoch(++epoch);
                    pages.trim();
                    pages.recycle(++epoch);
                }
                most = Math.max(most, pages.memoryBytes());
            }
            assertThat(pages.traffic().resident()).isGreaterThan(BUDGET_BYTES / PageStore.PAGE_BYTES / 2);
            assertThat((double) most / BUDGET_BYTES).as("of the budget").isBetween(0.8, 1.2);
        }
    }
}
