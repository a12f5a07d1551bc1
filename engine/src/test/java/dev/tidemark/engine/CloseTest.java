package dev.tidemark.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.engine.history.Setup;
import dev.tidemark.storage.sim.Fault;
import dev.tidemark.storage.sim.Operation;
import dev.tidemark.storage.sim.SimStorage;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Whoever closes a store learns whether all of it is safe. */
@Tag("quick")
class CloseTest {
    private static final int BYTES = 64 << 10;

    private final Setup setup = Setup.small(5).withRareCheckpoints();
    private final SimStorage blank = new SimStorage(5);

    CloseTest() throws StoreOpenException {
        Store.init(setup.on(blank));
    }

    /** A store with a flushed block of ones, and one of twos that was written and not flushed. */
    private Store written(SimStorage device) throws StoreOpenException {
        Store store = Store.open(setup.on(device));
        store.send("create disk size=1M");
        store.volume("disk").write(0, block(1));
        store.volume("disk").flush();
        store.volume("disk").write(BYTES, block(2));
        return store;
    }

    private static ByteBuffer block(int value) {
        ByteBuffer block = ByteBuffer.allocate(BYTES);
        while (block.hasRemaining()) {
            block.put((byte) value);
        }
        return block.flip();
    }

    /** The last force, or any other operation of the close, failed, and the close came back as if all were well. */
    @Test
    void shouldThrowWhateverOperationOfTheCloseFails() throws Exception {
        SimStorage rehearsal = blank.afterProcessDeath();
        Store calm = written(rehearsal);
        long first = rehearsal.operations();
        calm.close();
        calm.close();
        Hooks.dispose(calm);
        long operations = rehearsal.operations();
        assertThat(operations - first).as("a force, a checkpoint, …").isGreaterThan(10);
        int thrown = 0;
        for (long at = first; at < operations; at++) {
            SimStorage device = blank.afterProcessDeath();
            Store store = written(device);
            device.plan(Fault.ioError().at(at));
            try {
                store.close();
                assertThat(store.failure()).as("operation " + at).isNull();
                assertThat(secondBlock(device.afterPowerCut(at))).isEqualTo((byte) 2);
            } catch (StoreException e) {
                assertThat(e).hasMessageContaining("Input/output error").hasCause(store.failure());
                assertThat(e.code()).isEqualTo(StoreException.FAILED);
                thrown++;
            }
            store.close(); // again does nothing
            device.checkUsers();
            Hooks.dispose(store);
            assertThat(secondBlock(device.afterProcessDeath()))
                    .as("nothing hinders the next open")
                    .isIn((byte) 0, (byte) 2);
        }
        assertThat(thrown).isGreaterThan(8);
    }

    @Test
    void shouldThrowWhenTheStoreHadStoppedBefore() throws Exception {
        SimStorage device = blank.afterProcessDeath();
        Store store = written(device);
        device.plan(Fault.ioError().in(Operation.FORCE).always());
        assertThatThrownBy(() -> store.volume("disk").flush()).isInstanceOf(StoreException.class);
        assertThatThrownBy(store::close).isInstanceOf(StoreException.class).hasCause(store.failure());
        store.close();
        Hooks.dispose(store);
    }

    /** The open after a clean close reads the superblock, the state's rows and an empty tail. */
    @Test
    void shouldLeaveNothingToRedo() throws Exception {
        SimStorage device = blank.afterProcessDeath();
        Store store = written(device);
        store.volume("disk").flush(); // small enough to be carried by its frame
        store.close();
        Hooks.dispose(store);
        try (Store again = Store.open(setup.on(device))) {
            assertThat(again.recoveryText())
                    .startsWith("0 events in ")
                    .endsWith("0 blocks brought home, 0 torn bytes cut");
        }
    }

    private byte secondBlock(SimStorage device) throws StoreOpenException {
        try (Store store = Store.open(setup.on(device))) {
            ByteBuffer target = ByteBuffer.allocate(BYTES);
            store.volume("disk").read(0, target);
            assertThat(target.get(0)).isEqualTo((byte) 1);
            store.volume("disk").read(BYTES, target.clear());
            return target.get(0);
        }
    }
}
