package dev.tidemark.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tidemark.engine.history.Setup;
import dev.tidemark.storage.sim.Fault;
import dev.tidemark.storage.sim.Operation;
import dev.tidemark.storage.sim.SimStorage;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A device on which no journal segment can be written ahead any more, for a while. */
@Tag("quick")
class JournalAheadTest {
    private static final int BYTES = 4096;
    private static final int MANY = 10_000;

    /** The store stopped at the first I/O error, although nothing that it had promised was in danger. */
    @Test
    void shouldRefuseNamingTheCauseAndGoOnWhenTheDeviceDoes() throws Exception {
        Setup setup = Setup.small(6);
        SimStorage device = new SimStorage(6);
        Store.init(setup.on(device));
        long written = 0;
        try (Store store = Store.open(setup.on(device))) {
            store.send("create disk size=1M");
            device.plan(Fault.ioError()
                    .in(Operation.PREALLOCATE)
                    .on("store/journal")
                    .always());
            StoreException refused = null;
            for (int i = 0; i < MANY && refused == null; i++) {
                int block = i % 16;
                refused = catchThrowableOfType(StoreException.class, () -> write(store, block));
                written += refused == null ? 1 : 0;
            }
            assertThat(refused).isNotNull();
            assertThat(refused.code()).isEqualTo(StoreException.OUT_OF_SPACE);
            assertThat(refused)
                    .hasMessageContaining("the journal can't be written ahead")
                    .hasMessageContaining("Input/output error")
                    .hasMessageContaining("see to its device, then write again");
            assertThat(written).isGreaterThan(5);
            assertThat(store.failure()).isNull();
            assertThat(store.send("delete disk")).as("the reserve is for that").startsWith("ok");
            device.clearPlan();
            setup.pass(1000);
            store.send("create other size=1M");
            store.volume("other").write(0, ByteBuffer.allocate(BYTES).put(0, (byte) 7));
            store.volume("other").flush();
        }
        try (Store store = Store.open(setup.again().on(device))) {
            ByteBuffer target = ByteBuffer.allocate(BYTES);
            store.volume("other").read(0, target);
            assertThat(target.get(0)).isEqualTo((byte) 7);
            assertThat(Hooks.check(store)).isEmpty();
        }
    }

    private static void write(Store store, int block) {
        store.volume("disk").write((long) block * BYTES, ByteBuffer.allocate(BYTES));
        store.volume("disk").flush();
    }
}
