package dev.tidemark.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.engine.history.Inspector;
import dev.tidemark.engine.history.Model;
import dev.tidemark.engine.history.Order;
import dev.tidemark.engine.history.Runner;
import dev.tidemark.engine.history.Setup;
import dev.tidemark.engine.history.Steps;
import dev.tidemark.storage.sim.SimStorage;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/**
 * The host's file system fills up at every possible moment, and stays full (G10): requests are refused, nothing stops.
 */
class FullDiskTest {
    private static final long PLENTY_BYTES = 1L << 30;
    private static final int PAGE_BYTES = 4096;
    private static final int HISTORIES = 6;

    @Test
    void shouldRefuseAndNeverStopWhenTheFileSystemIsFull() throws Exception {
        long tried = 0;
        long refused = 0;
        for (long seed = 1; seed <= HISTORIES; seed++) {
            for (long room = 0; room < 2 << 20; room += 9 * PAGE_BYTES) {
                tried++;
                refused += history(seed, room);
            }
        }
        System.out.println("full file systems: " + tried + ", " + refused + " requests refused");
        assertThat(refused).isPositive();
    }

    private static long history(long seed, long roomBytes) throws Exception {
        SimStorage device = new SimStorage(seed);
        Setup setup = Setup.varied(seed);
        Store.init(setup.on(device));
        device.limitCapacity(PLENTY_BYTES);
        device.limitCapacity(PLENTY_BYTES - device.usableBytes() + roomBytes);
        Model empty = new Model(setup.blockSizeBytes());
        AtomicLong refused = new AtomicLong();
        Runner runner = new Runner(device, setup, empty, request -> {
            if (request.isRefusedForSpace()) {
                refused.incrementAndGet();
            }
        });
        String name = "seed " + seed + ", room for " + roomBytes + " bytes: ";
        runner.beforeClose(
                store -> assertThat(store.failure()).as(name + "stopped").isNull());
        try {
            runner.run(Steps.draw(seed, 60));
        } catch (AssertionError e) {
            if (!(e.getCause() instanceof StoreOpenException)) {
                throw new AssertionError(name + e.getMessage(), e);
            }
            // a full device may refuse to open a store; with room again it must
        }
        device.limitCapacity(PLENTY_BYTES);
        try (Store store = Store.open(setup.again().on(device))) {
            long seq = store.status().appliedSeq();
            Order order = Order.of(device, empty, 0, runner);
            assertThat(Inspector.difference(store, order.picture(seq))).as(name).isNull();
            assertThat(Hooks.check(store)).as(name).isEmpty();
        }
        return refused.get();
    }

    /**
     * Met by hand: 64 MiB of 71 were discarded on a full disk, and not a single block could be written, for new blocks
     * came from behind the file's end until 128 MiB of writes had failed.
     */
    @Test
    void shouldWriteIntoWhatWasDiscardedWhenTheFileCannotGrow() throws Exception {
        SimStorage device = new SimStorage(1);
        Setup setup = Setup.small(1);
        Store.init(setup.on(device));
        device.limitCapacity(PLENTY_BYTES);
        try (Store store = Store.open(setup.on(device))) {
            store.send("create disk size=4M");
            Volume disk = store.volume("disk");
            for (int block = 0; block < 100; block++) {
                disk.write((long) block * PAGE_BYTES, ByteBuffer.allocate(PAGE_BYTES));
            }
            store.send("checkpoint");
            device.limitCapacity(PLENTY_BYTES - device.usableBytes());
            assertThatThrownBy(() -> disk.write(100L * PAGE_BYTES, ByteBuffer.allocate(8 * PAGE_BYTES)))
                    .hasMessageContaining("the host's file system is full");
            for (int round = 0; round < 2; round++) {
                disk.discard(0, 50L * PAGE_BYTES);
                disk.write((200L + round) * PAGE_BYTES, ByteBuffer.allocate(PAGE_BYTES));
                disk.write(0, ByteBuffer.allocate(20 * PAGE_BYTES));
            }
            assertThat(store.failure()).isNull();
            assertThat(Hooks.check(store)).isEmpty();
        }
    }

    @Test
    void shouldLeaveNothingOfAStoreForWhichThereIsNoRoom() throws Exception {
        Setup setup = Setup.small(1);
        int failed = 0;
        for (boolean made = false; !made; ) {
            SimStorage device = new SimStorage(1);
            device.limitCapacity((long) failed * PAGE_BYTES);
            try {
                Store.init(setup.on(device));
                made = true;
            } catch (StoreOpenException e) {
                failed++;
                assertThat(e).hasMessageEndingWith("(the file system is full: free some space)");
                assertThat(device.list("")).as("attempt " + failed).isEmpty();
            }
        }
        assertThat(failed).isGreaterThan(5);
    }
}
