package dev.tidemark.tools.nbd;

import java.io.IOException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Real clients against the server in this process, over a volume in memory. */
class MemoryInteropTest extends InteropTests {
    private ExecutorService store;
    private NbdServer server;
    private NbdAddress address;

    @BeforeEach
    void open() throws IOException {
        store = Executors.newSingleThreadExecutor();
        MemoryVolume volume = new MemoryVolume(1, "disk", SIZE, store);
        server = NbdServer.open(NbdConfig.defaults(), new MemoryExports().add(volume), NbdMetrics.NONE);
        address = server.listen(NbdAddress.unix(folder.resolve("nbd.sock")));
    }

    @AfterEach
    void close() {
        server.close();
        store.shutdown();
    }

    @Override
    String uri(String export) {
        return address.uri(export);
    }
}
