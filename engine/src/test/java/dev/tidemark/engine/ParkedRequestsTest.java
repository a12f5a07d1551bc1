package dev.tidemark.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.engine.history.Setup;
import dev.tidemark.engine.message.Message;
import dev.tidemark.engine.message.MessageParser;
import dev.tidemark.storage.sim.SimStorage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Requests that wait for space, by the thousand. */
class ParkedRequestsTest {
    private static final int BLOCK = 4096;
    private static final int MIB = 1 << 20;
    private static final int CAPACITY_MIB = 96;
    /** Their events take 56 bytes each of the ring of 1 MiB, and more. */
    private static final int PARKED = 20_000;

    private final SimStorage device = new SimStorage(1);
    private final Setup setup = Setup.small(1).capacity(CAPACITY_MIB * (long) MIB);

    private static ByteBuffer block(int number) {
        ByteBuffer bytes = ByteBuffer.allocate(BLOCK);
        while (bytes.hasRemaining()) {
            bytes.putInt(number);
        }
        return bytes.flip();
    }

    private static void fill(Store store, Volume volume) {
        ByteBuffer bytes = ByteBuffer.allocate(MIB);
        for (int i = 0; i < CAPACITY_MIB; i++) {
            try {
                volume.write((long) i * MIB, bytes.clear());
            } catch (StoreException e) {
                assertThat(e.code()).isEqualTo(StoreException.OUT_OF_SPACE);
            }
        }
        store.send("flush");
    }

    /**
     * All of them were carried out in one turn, however many events JOURNAL had not read yet: the ring of events
     * wrapped into those, and what came into the journal was not what had been applied.
     */
    @Test
    void shouldCarryOutOnlyAsManyInOneTurnAsTheirEventsHaveRoom() throws Exception {
        Store.init(setup.on(device));
        try (Store store = Store.open(setup.on(device))) {
            store.send("create disk size=128M");
            store.send("create old size=" + CAPACITY_MIB + "M");
            Volume disk = store.volume("disk");
            fill(store, store.volume("old"));
            store.sendAsync((Message) MessageParser.parse("delete old"), "test");
            List<CompletableFuture<Void>> writes = new ArrayList<>();
            for (int i = 0; i < PARKED; i++) {
                writes.add(disk.writeAsync((long) i * BLOCK, block(i)).toCompletableFuture());
            }
            store.stepPlace(1 + PARKED);
            store.stepPlace(0); // the job gives all of "old" back,
            store.step(0); // and that is proven
            assertThat(writes.stream().filter(CompletableFuture::isDone).count())
                    .as("answered from the rest that was too small for a MiB")
                    .isLessThan(MIB / BLOCK);
            store.stepPlace(0);
            store.runUntil(() -> writes.stream().allMatch(CompletableFuture::isDone));
            assertThat(store.failure()).isNull();
            assertThat(writes.stream().anyMatch(CompletableFuture::isCompletedExceptionally))
                    .isFalse();
        }
        try (Store store = Store.open(setup.on(device))) {
            Volume disk = store.volume("disk");
            ByteBuffer found = ByteBuffer.allocate(BLOCK);
            for (int i = 0; i < PARKED; i++) {
                disk.read((long) i * BLOCK, found.clear());
                assertThat(found.flip()).isEqualTo(block(i));
            }
            assertThat(Hooks.check(store)).isEmpty();
        }
    }
}
