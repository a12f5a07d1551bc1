package dev.tidemark.tools.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.engine.StoreConfig;
import dev.tidemark.engine.StoreReader;
import dev.tidemark.tools.serve.ServerProcess;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Real clients against the real server process, over a store on disk, which is checked block by block afterwards. */
class ServerInteropTest extends InteropTests {
    private Path store;
    private ServerProcess server;

    @BeforeEach
    void open() throws IOException {
        store = folder.resolve("store");
        server = ServerProcess.start(store, "--create", "disk=" + SIZE);
    }

    @AfterEach
    void close() throws IOException {
        try (ServerProcess ended = server) {
            assertThat(ended.terminate()).isZero();
        }
        try (StoreReader reader = StoreReader.openAlone(StoreConfig.at(store).build())) {
            assertThat(reader.checkState()).isEmpty();
            assertThat(reader.checkData(blocks -> {}).findings()).isEmpty();
        }
    }

    @Override
    String uri(String export) {
        return server.nbd().uri(export);
    }
}
