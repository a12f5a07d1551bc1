package dev.tidemark.engine.state;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.tidemark.engine.space.FreedBlocks;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Events of I/O allocate nothing when they are applied. */
class ApplierCostTest {
    private static final int BLOCKS = 1 << 16;

    @Test
    void shouldApplyWritesWithoutAllocation() {
        try (State state = new State(4096)) {
            Applier applier = new Applier(state);
            applier.apply(new CatalogueChanged(
                    1, "test", null, List.of(new Change.VolumeCreated(1, "disk", BLOCKS * 4096L, false))));
            Random random = new Random(7);
            BlocksWritten event = new BlocksWritten();
            long nextPhysical = 1;
            long allocated = Long.MAX_VALUE;
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            // Several tries: the first ones run in the interpreter, fill the volume, and grow what grows.
            for (int attempt = 0; attempt < 20 && allocated > 0; attempt++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                for (int i = 0; i < 50_000; i++) {
                    event.reset(2, 1, random.nextInt(BLOCKS - 4));
                    event.addRun(nextPhysical, 4);
                    // Around and around a space that is twice as large as the volume, so that blocks come free again.
                    nextPhysical = nextFree(state, nextPhysical + 4);
                    applier.apply(event);
                    FreedBlocks freed = state.space().freed();
                    freed.clear();
                    state.pages().epoch(state.seq());
                    state.pages().recycle(state.seq());
                }
                allocated = threads.getCurrentThreadAllocatedBytes() - before;
            }
            assertThat(allocated).as("bytes for 50,000 writes").isLessThan(50_000);
            assertThat(StateCheck.check(state)).isEmpty();
        }
    }

    private static long nextFree(State state, long from) {
        long start = from;
        int free = 0;
        long at = from;
        while (free < 4) {
            if (at > 4L * BLOCKS) {
                at = 1;
                start = 1;
                free = 0;
            }
            if (state.space().references(at) == 0) {
                free++;
            } else {
                start = at + 1;
                free = 0;
            }
            at++;
        }
        return start;
    }
}
