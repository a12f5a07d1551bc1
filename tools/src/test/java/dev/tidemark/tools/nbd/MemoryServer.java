package dev.tidemark.tools.nbd;

import java.nio.file.Path;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** A server over a volume in memory, as a program: for measurements with clients of the real world. */
final class MemoryServer {
    private MemoryServer() {}

    /** Arguments: the socket's path, the volume's size in MiB, and "direct" or "thread" for how writes end. */
    public static void main(String[] arguments) throws Exception {
        Executor executor = arguments[2].equals("direct")
                ? Runnable::run
                : new ThreadPoolExecutor(1, 1, 1, TimeUnit.HOURS, new LinkedBlockingQueue<>());
        MemoryVolume volume = new MemoryVolume(1, "disk", Long.parseLong(arguments[1]) << 20, executor);
        NbdServer server = NbdServer.open(NbdConfig.defaults(), new MemoryExports().add(volume), NbdMetrics.NONE);
        NbdAddress address = server.listen(NbdAddress.unix(Path.of(arguments[0])));
        System.err.println("ready " + address.uri(""));
        Thread.currentThread().join();
    }
}
