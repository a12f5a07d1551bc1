package dev.tidemark.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.engine.history.Setup;
import dev.tidemark.engine.message.Message;
import dev.tidemark.engine.message.MessageParser;
import dev.tidemark.storage.sim.Operation;
import dev.tidemark.storage.sim.SimStorage;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A batch whose data was forced, in two frames since a checkpoint ends between them, of which a crash leaves the first:
 * that one says that home copies are forced up to the end of the batch. The seqs of the second are given anew, and a
 * block that was flushed under one of them was not brought home after the next crash.
 */
@Tag("quick")
class TornBatchTest {
    private static final int BLOCK = 4096;
    private static final int SEEDS = 60;
    private static final int BEFORE = 3;
    private static final int BEHIND = 40;
    private static final long FREE_BLOCK = 100;

    private static ByteBuffer block(int value) {
        byte[] bytes = new byte[BLOCK];
        Arrays.fill(bytes, (byte) value);
        return ByteBuffer.wrap(bytes);
    }

    private static void write(Volume disk, int from, int count) {
        for (int i = from; i < from + count; i++) { // not adjacent, so that their events take room
            disk.writeAsync(2L * i * BLOCK, block(i + 1));
        }
    }

    @Test
    void shouldBringHomeWhatFollowsIt() throws Exception {
        int torn = 0;
        for (int seed = 1; seed <= SEEDS; seed++) {
            Setup setup = Setup.small(seed).withRareCheckpoints();
            SimStorage device = new SimStorage(seed);
            Store.init(setup.on(device));
            Store first = Store.open(setup.on(device));
            first.send("create disk size=512K");
            long boundary = first.status().appliedSeq() + BEFORE;
            SimStorage left = cutInForce(first, device, seed);
            Hooks.dispose(first);

            Store second = Store.open(setup.on(left));
            if (second.status().appliedSeq() == boundary) {
                torn++;
                second.volume("disk").write(FREE_BLOCK * BLOCK, block(77));
                second.volume("disk").flush();
                Store third = Store.open(setup.on(left.afterPowerCut(seed)));
                ByteBuffer read = ByteBuffer.allocate(BLOCK);
                third.volume("disk").read(FREE_BLOCK * BLOCK, read);
                assertThat(read.flip()).as("seed " + seed).isEqualTo(block(77));
                Hooks.dispose(third);
            }
            Hooks.dispose(second);
        }
        assertThat(torn).as("crashes that left the first frame").isPositive();
    }

    /** What is left when the power is cut in the force of a batch in which a checkpoint's seq lies. */
    private static SimStorage cutInForce(Store store, SimStorage device, int seed) {
        Volume disk = store.volume("disk");
        write(disk, 0, BEFORE);
        store.sendAsync((Message) MessageParser.parse("checkpoint"), "test");
        store.stepPlace(Integer.MAX_VALUE);
        store.stepPlace(0); // freezes
        write(disk, BEFORE, BEHIND);
        store.stepPlace(Integer.MAX_VALUE);
        SimStorage[] left = new SimStorage[1];
        device.observe((storage, number, kind, name) -> {
            if (kind == Operation.FORCE && name.contains("journal") && left[0] == null) {
                left[0] = storage.afterPowerCut(seed);
            }
        });
        CompletableFuture<Void> flushed = disk.flushAsync().toCompletableFuture();
        store.step(1);
        device.observe(null);
        assertThat(flushed).isDone();
        return left[0];
    }
}
