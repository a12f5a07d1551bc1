package dev.tidemark.engine.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the whole state takes, heap and pages together, for the sizes that the design promises. */
class MetadataCostTest {
    private static final int BLOCK_BYTES = 4096;
    private static final long VOLUME_BYTES = 16L << 30;
    private static final long BLOCKS = VOLUME_BYTES / BLOCK_BYTES;
    /** A write request of 32 MiB. */
    private static final int BLOCKS_AT_ONCE = 8192;

    private static final int SNAPSHOTS = 10_000;

    @Test
    void shouldTakeAtMost24BytesForABlockAndLittleForAnIdleSnapshot() {
        long before = heapBytes();
        try (State state = new State(BLOCK_BYTES)) {
            Applier applier = new Applier(state);
            apply(applier, new Change.VolumeCreated(1, "disk", VOLUME_BYTES, false));
            BlocksWritten event = new BlocksWritten();
            for (long block = 0; block < BLOCKS; block += BLOCKS_AT_ONCE) {
                event.reset(2, 1, block);
                event.addRun(block + 1, BLOCKS_AT_ONCE);
                applier.apply(event);
            }
            long mapped = heapBytes() - before + state.pages().memoryBytes();
            assertThat((double) mapped / BLOCKS)
                    .as("bytes for a mapped block, heap included")
                    .isLessThan(24);
            for (int i = 0; i < SNAPSHOTS; i++) {
                apply(applier, new Change.SnapshotTaken(i + 2, "snapshot-" + i, 1, false, false));
            }
            long snapshots = heapBytes() - before + state.pages().memoryBytes() - mapped;
            assertThat(snapshots).as("bytes for 10,000 idle snapshots").isLessThan(20L << 20);
            assertThat(state.catalogue().byName("snapshot-9999").root().mappedBlocks())
                    .isEqualTo(BLOCKS);
        }
    }

    private static void apply(Applier applier, Change change) {
        applier.apply(new CatalogueChanged(1, "test", null, List.of(change)));
    }

    /** Of what is reachable: three collections, as the first ones only queue what has a cleaner. */
    private static long heapBytes() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
