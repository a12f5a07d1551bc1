package dev.tidemark.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.engine.history.Setup;
import dev.tidemark.storage.sim.Fault;
import dev.tidemark.storage.sim.SimStorage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What works and what is refused, and how, when the exception store or the journal's file system is full (G10). */
class FullStoreTest {
    private static final int BLOCK = 4096;

    private final SimStorage device = new SimStorage(1);
    private final Setup setup = Setup.small(1);
    private Store store;
    private Volume disk;

    @BeforeEach
    void open() throws Exception {
        Store.init(setup.on(device));
        store = Store.open(setup.on(device));
        store.send("create disk size=4M");
        disk = store.volume("disk");
    }

    @AfterEach
    void close() throws Exception {
        assertThat(store.failure()).isNull();
        assertThat(Hooks.check(store)).isEmpty();
        store.close();
        try (Store again = Store.open(setup.on(device))) {
            assertThat(Hooks.check(again)).isEmpty();
        }
    }

    private static ByteBuffer block(int fill) {
        byte[] bytes = new byte[BLOCK];
        java.util.Arrays.fill(bytes, (byte) fill);
        return ByteBuffer.wrap(bytes);
    }

    /** Writes new blocks until none is free; returns how many there are. */
    private int fill() {
        for (int i = 0; ; i++) {
            try {
                disk.write((long) i * BLOCK, block(i));
            } catch (StoreException e) {
                assertThat(e.code()).isEqualTo(StoreException.OUT_OF_SPACE);
                assertThat(e.getMessage()).contains("the store is full");
                return i;
            }
        }
    }

    private ByteBuffer read(int block) {
        ByteBuffer target = ByteBuffer.allocate(BLOCK);
        disk.read((long) block * BLOCK, target);
        return target.flip();
    }

    @Test
    void shouldReadOverwriteAndDiscardWhenFull() {
        int blocks = fill();
        assertThat(blocks).isGreaterThan(200);
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < blocks; i++) {
                disk.write((long) i * BLOCK, block(i + round));
            }
        }
        for (int i = 0; i < blocks; i++) {
            assertThat(read(i)).isEqualTo(block(i + 2));
        }
        disk.discard(0, 10 * BLOCK);
        disk.write((long) blocks * BLOCK, block(1)); // new ground, on what was given back
        assertThatThrownBy(this::overfill).hasMessageContaining("the store is full");
    }

    private void overfill() {
        for (int i = 0; i < 100; i++) {
            disk.write((300L + i) * BLOCK, block(1));
        }
    }

    @Test
    void shouldOverwriteWholeRequestsOfOwnBlocksFromTheReserve() {
        int blocks = fill();
        ByteBuffer large = ByteBuffer.allocate(20 * BLOCK);
        for (int i = 0; i + 20 <= blocks; i += 20) {
            disk.write((long) i * BLOCK, large.clear());
        }
        assertThat(read(19)).isEqualTo(block(0));
    }

    @Test
    void shouldMergeAndDeleteWhenFullAndFinishWhatWaits() {
        disk.write(0, block(1));
        store.send("create before origin=disk");
        int blocks = fill();
        assertThat(store.send("create after origin=disk")).startsWith("ok");
        assertThatThrownBy(() -> disk.write(0, block(7))).hasMessageContaining("the store is full");
        assertThat(store.send("delete after")).startsWith("ok");
        assertThat(store.send("merge before")).startsWith("ok");
        assertThat(read(0)).isEqualTo(block(1));
        // the reclaim is under way: what comes meanwhile waits for it, and is not refused
        List<CompletableFuture<Void>> waiting = new ArrayList<>();
        for (int i = 0; i < blocks - 1; i++) {
            waiting.add(disk.writeAsync((long) i * BLOCK, block(i + 3)).toCompletableFuture());
        }
        waiting.forEach(stage -> store.runUntil(stage::isDone));
        assertThat(waiting).allMatch(stage -> !stage.isCompletedExceptionally());
        assertThat(read(blocks - 2)).isEqualTo(block(blocks + 1));
        assertThat(store.send("create other size=1M")).startsWith("ok");
        assertThat(store.send("delete disk")).startsWith("ok");
        Volume other = store.volume("other");
        for (int i = 0; i < 200; i++) {
            other.write((long) i * BLOCK, block(i)); // waits for the reclaim of what was deleted
        }
        disk = other;
        assertThat(read(199)).isEqualTo(block(199));
    }

    @Test
    void shouldNotRunOutOfJournalUnderRequestsThatWerePlaced() throws Exception {
        device.limitCapacity(1L << 30);
        device.limitCapacity((1L << 30) - device.usableBytes());
        for (int batch = 0; batch < 4; batch++) {
            List<CompletableFuture<Void>> stages = new ArrayList<>();
            for (int i = 0; i < 4000; i++) {
                stages.add(disk.discardAsync(i * 4096L % (1 << 20), 4096).toCompletableFuture());
            }
            for (int i = 0; i < 200; i++) {
                store.stepPlace(20);
            }
            store.step(1);
            store.runUntil(() -> stages.stream().allMatch(CompletableFuture::isDone));
            setup.pass(2000);
            store.tick();
            assertThat(store.failure()).as("batch " + batch).isNull();
        }
        device.limitCapacity(1L << 30);
    }

    /** The file that names the owner was cut first, and then had no room: a full device kept a store closed. */
    @Test
    void shouldOpenOnAFullDeviceThoughNobodyCanBeNamed() throws Exception {
        disk.write(0, block(5));
        store.close();
        device.plan(Fault.noSpace().on(Setup.STORE + "/store.owner").always());
        store = Store.open(setup.on(device));
        disk = store.volume("disk");
        assertThat(read(0)).isEqualTo(block(5));
        device.clearPlan();
    }

    @Test
    void shouldNotRunOutOfJournalUnderTheStepsOfJobs() throws Exception {
        for (int i = 0; i < 16; i++) {
            store.send("create v" + i + " size=1M");
        }
        device.limitCapacity(1L << 30);
        device.limitCapacity((1L << 30) - device.usableBytes());
        for (int i = 0; i < 200; i++) {
            String reply = store.send("create w" + i + " size=1M; delete w" + i);
            setup.pass(2000);
            store.tick();
            store.tick();
            assertThat(store.failure()).as("after " + i + ": " + reply).isNull();
        }
        device.limitCapacity(1L << 30);
        setup.pass(2000); // a full device is not asked again at once
        assertThat(store.send("create last size=1M")).startsWith("ok");
    }
}
