package dev.tidemark.engine.mapping;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.engine.space.Space;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two blocks that are written again and again under a reader's eyes: place and checksum are always of one write. */
@Tag("quick")
class EntryRaceTest {
    private static final int WRITES = 1_000_000;
    private static final int PLACES = 1 << 12;

    @Test
    void shouldNeverPairAPlaceWithAnotherWritesChecksum() throws Exception {
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try (PageStore pages = new PageStore()) {
            Space space = new Space(pages);
            MappingTrees trees = new MappingTrees(pages, space);
            MappingRoot root = new MappingRoot();
            AtomicBoolean ended = new AtomicBoolean();
            Future<String> mixed = thread.submit(() -> lookForMixed(new MappingReader(pages), root, ended));
            int[] checksums = new int[2];
            for (int i = 0; i < WRITES && !mixed.isDone(); i++) {
                long physical = 1 + 2L * (i % PLACES);
                checksums[0] = checksum(physical);
                checksums[1] = checksum(physical + 1);
                trees.put(root, 255, physical, 2, checksums, 0, 0);
                space.freed().clear();
            }
            ended.set(true);
            assertThat(mixed.get()).isEmpty();
        } finally {
            thread.shutdownNow();
        }
    }

    private static String lookForMixed(MappingReader reader, MappingRoot root, AtomicBoolean ended) {
        MappingEntry entry = new MappingEntry();
        MappedRun run = new MappedRun(2);
        while (!ended.get()) {
            if (reader.lookup(root, 255, entry) && entry.checksum() != checksum(entry.physical())) {
                return "a lookup found " + entry;
            }
            reader.lookupRun(root, 255, 2, run);
            for (int i = 0; run.isMapped() && i < run.count(); i++) {
                if (run.checksum(i) != checksum(run.physical() + i)) {
                    return "a run of " + run.count() + " from " + run.physical() + " has a wrong checksum at " + i;
                }
            }
        }
        return "";
    }

    private static int checksum(long physical) {
        return (int) TreeDigest.mix(1, physical);
    }
}
