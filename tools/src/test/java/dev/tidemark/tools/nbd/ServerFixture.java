package dev.tidemark.tools.nbd;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A server on a Unix socket over one volume, {@code disk}, whose requests end on a thread of their own. */
final class ServerFixture implements AutoCloseable {
    static final long SIZE = 64L << 20;

    final ExecutorService store = Executors.newSingleThreadExecutor();
    final MemoryVolume volume = new MemoryVolume(1, "disk", SIZE, store);
    final MemoryExports exports = new MemoryExports().add(volume);
    final Path folder;
    final NbdServer server;
    final NbdAddress address;

    ServerFixture() throws IOException {
        this(NbdConfig.defaults(), NbdMetrics.NONE);
    }

    ServerFixture(NbdConfig config, NbdMetrics metrics) throws IOException {
        folder = Files.createTempDirectory("nbd");
        server = NbdServer.open(config, exports, metrics);
        address = server.listen(NbdAddress.unix(folder.resolve("s")));
    }

    @Override
    public void close() throws IOException {
        server.close();
        store.shutdownNow();
        Files.deleteIfExists(folder.resolve("s"));
        Files.delete(folder);
    }
}
