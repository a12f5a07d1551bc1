package dev.tidemark.engine.mapping;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.agrona.UnsafeApi;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("quick")
class FreezeCostTest {
    private static final int PAGES = 2048;
    private static final int ROUNDS = 8;
    /** The copies of 32 chunks alone are 66 KiB. */
    private static final long FEW_BYTES = 4096;

    @Test
    void shouldAllocateNextToNothingOnTheWritersThreadOnceCheckpointsGoRound() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        HeapSlots slots = new HeapSlots();
        try (PageStore pages = new PageStore(slots, 64 << 20)) {
            for (int i = 0; i < PAGES; i++) {
                pages.allocate();
            }
            long allocated = 0;
            for (int round = 1; round <= ROUNDS; round++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                PageFreeze freeze = pages.freeze(slots::replaced);
                rewrite(pages, round);
                allocated = threads.getCurrentThreadAllocatedBytes() - before;
                finish(freeze, slots, round - 1);
            }
            assertThat(allocated).isLessThan(FEW_BYTES);
        }
    }

    private static void rewrite(PageStore pages, long content) {
        for (long id = 1; id <= PAGES; id++) {
            UnsafeApi.putLong(pages.writable(id), content);
        }
    }

    /** Writes the freeze; its pages are as they were, whatever the writer did. */
    private static void finish(PageFreeze freeze, HeapSlots slots, long content) {
        ByteBuffer image = ByteBuffer.allocateDirect(PageStore.PAGE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        slots.freeze();
        int seen = 0;
        while (freeze.nextLeaf()) {
            for (int i = 0; i < freeze.pages(); i++, seen++) {
                freeze.copyPage(i, image, 0);
                assertThat(image.getLong(0)).isEqualTo(content);
                byte[] bytes = bytes(image);
                freeze.placePage(i, slots.put(bytes), HeapSlots.checksum(PageKind.PAGE, freeze.pageId(i), bytes));
            }
            assertThat(freeze.leafImage(image, 0)).isPositive();
            byte[] bytes = bytes(image);
            freeze.placeLeaf(slots.put(bytes), HeapSlots.checksum(PageKind.TABLE_LEAF, freeze.leaf(), bytes));
            freeze.written();
        }
        assertThat(seen).isEqualTo(PAGES);
        while (freeze.nextNode()) {
            assertThat(freeze.nodeImage(image, 0)).isPositive();
            byte[] bytes = bytes(image);
            freeze.placeNode(slots.put(bytes), HeapSlots.checksum(PageKind.TABLE_NODE, freeze.node(), bytes));
        }
        freeze.end();
        slots.commit();
    }

    private static byte[] bytes(ByteBuffer image) {
        byte[] bytes = new byte[PageStore.PAGE_BYTES];
        image.get(0, bytes);
        return bytes;
    }
}
