package dev.tidemark.tools.nbd;

import dev.tidemark.engine.Store;
import dev.tidemark.engine.StoreConfig;
import java.nio.file.Path;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** A server over a volume in memory, or over a new store, as a program: for measurements with real clients. */
final class ServerProgram {
    private ServerProgram() {}

    /**
     * Arguments: the socket's path; the volume's size in MiB; "direct" or "thread" for how writes to memory end, or the
     * folder of a new store.
     */
    public static void main(String[] arguments) throws Exception {
        NbdServer server = NbdServer.open(
                NbdConfig.defaults(), exports(arguments[2], Long.parseLong(arguments[1]) << 20), NbdMetrics.NONE);
        NbdAddress address = server.listen(NbdAddress.unix(Path.of(arguments[0])));
        System.err.println("ready " + address.uri(""));
        Thread.currentThread().join();
    }

    private static ExportSource exports(String kind, long sizeBytes) throws Exception {
        if (kind.startsWith("/")) {
            StoreConfig config = StoreConfig.at(Path.of(kind)).build();
            Store.init(config);
            Store store = Store.open(config);
            System.err.println(store.send("create disk size=" + sizeBytes));
            return new StoreExports(store);
        }
        Executor executor = kind.equals("direct")
                ? Runnable::run
                : new ThreadPoolExecutor(1, 1, 1, TimeUnit.HOURS, new LinkedBlockingQueue<>());
        return new MemoryExports().add(new MemoryVolume(1, "disk", sizeBytes, executor));
    }
}
