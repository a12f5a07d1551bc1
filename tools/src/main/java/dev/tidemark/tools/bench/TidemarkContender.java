package dev.tidemark.tools.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** This program's own server, in a process of its own, as {@code tidemark serve} starts it. */
final class TidemarkContender implements NbdContender {
    private static final String SNAPSHOT = "before";
    private static final long JOBS_NANOS = TimeUnit.MINUTES.toNanos(5);
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private final Path store;
    private final Path socket;
    private final ServerChild server;

    /** Makes a store in the folder, with a volume of that size, and serves it. */
    TidemarkContender(Path folder, Path sockets, long sizeBytes) throws IOException {
        store = folder.resolve("store");
        socket = sockets.resolve("tidemark.sock");
        List<String> command = ChildJvm.program(
                "serve", store.toString(), "--create", EXPORT + "=" + sizeBytes, "--nbd", "unix:" + socket);
        server = ServerChild.start(command, socket, folder.resolve("tidemark.log"));
    }

    @Override
    public String title() {
        return "tidemark";
    }

    @Override
    public String version() {
        return "tidemark serve on Java " + Runtime.version();
    }

    @Override
    public String uri() {
        return NbdContender.uri(socket);
    }

    @Override
    public boolean hasSnapshots() {
        return true;
    }

    @Override
    public void takeSnapshot() throws IOException {
        send("create " + SNAPSHOT + " origin=" + EXPORT);
    }

    @Override
    public void removeSnapshot() throws IOException {
        send("delete " + SNAPSHOT);
        long end = System.nanoTime() + JOBS_NANOS;
        while (!send("jobs").contains(" rows=0")) {
            if (System.nanoTime() > end) {
                throw new IOException("the removal of a snapshot does not end");
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }

    private String send(String message) throws IOException {
        return Programs.run(ChildJvm.program("message", store.toString(), message));
    }

    @Override
    public void close() {
        server.close();
    }
}
