package dev.tidemark.tools.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tidemark.engine.Store;
import dev.tidemark.engine.StoreConfig;
import dev.tidemark.storage.sim.Fault;
import dev.tidemark.storage.sim.Operation;
import dev.tidemark.storage.sim.SimStorage;
import dev.tidemark.tools.serve.ServeSettings;
import dev.tidemark.tools.serve.StoreServer;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A device that fails when a store is closed: who asked for it learns that. */
@Tag("quick")
class FailedCloseTest {
    private final SimStorage device = new SimStorage(3);
    private final StringWriter out = new StringWriter();

    private StoreConfig config() {
        return StoreConfig.in(device, "store").capacityBytes(64 << 20).build();
    }

    private Store open() throws Exception {
        if (!Store.exists(config())) {
            Store.init(config());
        }
        return Store.open(config());
    }

    @Test
    void shouldPrintTheReplyAndEndWithFiveWhenTheCloseFailsAfterIt() throws Exception {
        Store store = open();
        device.plan(Fault.ioError()
                .in(Operation.FORCE)
                .onNames(name -> name.contains("metadata"))
                .always());
        CommandFailure failure = catchThrowableOfType(
                CommandFailure.class,
                () -> MessageCommand.carryOut(store, "create disk size=1M", new PrintWriter(out, true)));
        assertThat(failure.code()).isEqualTo(ExitCode.FAIL_STOP);
        assertThat(failure).hasMessageContaining("Input/output error").hasMessageContaining("is done and durable");
        assertThat(out.toString()).startsWith("ok id=1 name=disk");
        device.clearPlan();
        try (Store again = open()) {
            assertThat(again.volume("disk").sizeBytes()).isEqualTo(1 << 20);
        }
    }

    @Test
    void shouldNotSayThatItIsDoneWhenTheMessageItselfFails() throws Exception {
        Store store = open();
        device.plan(Fault.ioError().in(Operation.FORCE).always());
        CommandFailure failure = catchThrowableOfType(
                CommandFailure.class,
                () -> MessageCommand.carryOut(store, "create disk size=1M", new PrintWriter(out, true)));
        assertThat(failure.code()).isEqualTo(ExitCode.FAIL_STOP);
        assertThat(failure).hasMessageContaining("whether it was carried out");
        assertThat(out.toString()).startsWith("error code=failed");
    }

    @Test
    void shouldTellTheServersOwnerThatTheLastForceFailed(@TempDir Path folder) throws Exception {
        open().close();
        StoreServer server = StoreServer.open(new ServeSettings(
                folder, config(), Map.of("disk", 1L << 20), List.of(ServeSettings.defaultNbd(folder)), null));
        device.plan(Fault.ioError().in(Operation.FORCE).always());
        server.close();
        assertThat(server.failure()).hasMessageContaining("Input/output error");
    }

    @Test
    void shouldSayNothingWhenAllIsWell() throws Exception {
        String reply = MessageCommand.carryOut(open(), "create disk size=1M", new PrintWriter(out, true));
        assertThat(out.toString().strip()).isEqualTo(reply);
        try (Store again = open()) {
            again.volume("disk").write(0, ByteBuffer.allocate(4096));
        }
    }
}
