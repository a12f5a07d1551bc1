package dev.tidemark.engine.mapping;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Readers race with the writer; everything that they find must have been in that volume at some time since they looked,
 * must be whole (place and checksum of one write), and must not have been given out again under their pin.
 */
class TreeRaceTest {
    private static final int READERS = 3;
    private static final int QUICK_ROUNDS = 4;
    private static final int ROUNDS = 40;
    private static final int BATCHES = 1_500;
    private long faults;

    @Test
    @Tag("quick")
    void shouldShowReadersOnlyWhatWasThereQuick() throws Exception {
        run(1, QUICK_ROUNDS);
    }

    @Test
    void shouldShowReadersOnlyWhatWasThere() throws Exception {
        run(100, ROUNDS);
    }

    @Test
    @Tag("quick")
    void shouldShowReadersOnlyWhatWasThereWhenPagesComeAndGoQuick() throws Exception {
        run(500, QUICK_ROUNDS, true);
    }

    @Test
    void shouldShowReadersOnlyWhatWasThereWhenPagesComeAndGo() throws Exception {
        run(600, ROUNDS, true);
    }

    private void run(long firstSeed, int rounds) throws Exception {
        run(firstSeed, rounds, false);
    }

    private void run(long firstSeed, int rounds, boolean paged) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(READERS);
        try {
            long looks = 0;
            for (int round = 0; round < rounds; round++) {
                looks += round(firstSeed + round, threads, paged ? new HeapSlots() : null);
            }
            assertThat(looks).isPositive();
            assertThat(faults > 0).isEqualTo(paged);
        } finally {
            threads.shutdownNow();
        }
    }

    private long round(long seed, ExecutorService threads, HeapSlots slots) throws Exception {
        try (RaceWorld world = new RaceWorld(seed, slots)) {
            List<Future<Long>> readers = new ArrayList<>();
            for (int i = 0; i < READERS; i++) {
                RaceReader reader = new RaceReader(world, i, seed * 31 + i);
                readers.add(CompletableFuture.supplyAsync(reader::lookUntilEnded, threads));
            }
            try {
                for (int batch = 0; batch < BATCHES && !world.failed(); batch++) {
                    world.playBatch();
                }
            } finally {
                world.end();
            }
            long looks = 0;
            for (Future<Long> reader : readers) {
                looks += reader.get();
            }
            world.checkAll();
            faults += world.pages.faults();
            return looks;
        } catch (Exception | AssertionError e) {
            throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
        }
    }
}
