package dev.tidemark.engine.space;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.engine.mapping.PageStore;
import dev.tidemark.engine.read.EpochTable;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Threads that walk to counts while the writer makes and drops the pages on the way, and gives their frames away. */
class CountPrefetchRaceTest {
    private static final long[] BASES = {1, 5_000, 300_000, 70_000_000, 1L << 35};
    private static final int ROUNDS = 60_000;
    private static final int LEAST_WALKS = 20_000;

    @Test
    void shouldNeverLeaveTheTreeWhileItChanges() {
        try (PageStore pages = new PageStore()) {
            Space space = new Space(pages);
            EpochTable epochs = new EpochTable();
            AtomicBoolean ended = new AtomicBoolean();
            AtomicLong walks = new AtomicLong();
            CompletableFuture<Void> walker = CompletableFuture.runAsync(() -> {
                SplittableRandom random = new SplittableRandom(2);
                while (!ended.get()) {
                    EpochTable.Pin pin = epochs.enter();
                    try {
                        for (int i = 0; i < 8; i++) {
                            space.counts()
                                    .prefetch(
                                            BASES[random.nextInt(BASES.length)] + random.nextInt(4_000),
                                            random.nextBoolean());
                            walks.incrementAndGet();
                        }
                    } finally {
                        pin.exit();
                    }
                }
            });
            SplittableRandom random = new SplittableRandom(1);
            long[] used = new long[BASES.length];
            for (int round = 0; round < ROUNDS || (walks.get() < LEAST_WALKS && !walker.isDone()); round++) {
                pages.epoch(epochs.current());
                int i = random.nextInt(BASES.length);
                if (used[i] == 0) {
                    used[i] = BASES[i] + random.nextInt(4_000);
                    space.claim(used[i], 1);
                } else {
                    space.release(new long[] {used[i]}, 1);
                    space.freed().clear();
                    used[i] = 0;
                }
                epochs.advance();
                pages.epoch(epochs.current());
                pages.recycle(epochs.safeEpoch());
                if ((round & 63) == 0) {
                    // other pages in the frames that were given back: their words would be taken for links
                    long junk = pages.allocate();
                    org.agrona.UnsafeApi.setMemory(pages.address(junk), PageStore.PAGE_BYTES, (byte) 0x55);
                    pages.release(junk);
                }
            }
            ended.set(true);
            walker.join();
            assertThat(walks.get()).isPositive();
        }
    }
}
