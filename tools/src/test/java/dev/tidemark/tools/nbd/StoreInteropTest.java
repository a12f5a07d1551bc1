package dev.tidemark.tools.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.engine.Store;
import dev.tidemark.engine.StoreConfig;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Real clients against the server in this process, over a real store. */
class StoreInteropTest extends InteropTests {
    private Store store;
    private NbdServer server;
    private NbdAddress address;

    @BeforeEach
    void open() throws Exception {
        StoreConfig config = StoreConfig.at(folder.resolve("store")).build();
        Store.init(config);
        store = Store.open(config);
        assertThat(store.send("create disk size=" + SIZE)).startsWith("ok");
        server = NbdServer.open(NbdConfig.defaults(), new StoreExports(store), NbdMetrics.NONE);
        address = server.listen(NbdAddress.unix(folder.resolve("nbd.sock")));
    }

    @AfterEach
    void close() {
        server.close();
        store.close();
    }

    @Override
    String uri(String export) {
        return address.uri(export);
    }

    @Test
    void shouldServeSnapshotsAndMergeBackWhatTheyHeld() throws Exception {
        ExternalProgram.require("libnbd-bin", "nbdcopy");
        Path before = image(11);
        ExternalProgram.run("nbdcopy", "--flush", before.toString(), uri("disk"));
        assertThat(store.send("create snap origin=disk")).startsWith("ok");
        ExternalProgram.run("nbdcopy", "--flush", "--allocated", image(12).toString(), uri("disk"));
        Path back = folder.resolve("back");
        ExternalProgram.run("nbdcopy", uri("snap"), back.toString());
        same(before, back);
        try (TestClient client = TestClient.open(address, "snap")) {
            assertThat(store.send("merge snap")).contains("code=busy");
            assertThat(store.send("merge snap force=true")).startsWith("ok");
            assertThat(client.isClosedByServer()).isTrue();
        }
        ExternalProgram.run("nbdcopy", uri("disk"), back.toString());
        same(before, back);
        assertThat(ExternalProgram.attempt("nbdinfo", uri("snap")).status()).isEqualTo(1);
    }
}
