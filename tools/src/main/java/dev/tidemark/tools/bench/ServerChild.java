package dev.tidemark.tools.bench;

import java.io.File;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A server in a process of its own, from when it listens on its Unix socket until it has ended. */
final class ServerChild implements AutoCloseable {
    private static final long START_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final long STOP_SECONDS = 60;
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private final Process process;

    private ServerChild(Process process) {
        this.process = process;
    }

    /**
     * Starts it, and waits until it answers on its socket.
     *
     * @param log takes what it says; shown when it does not start
     */
    static ServerChild start(List<String> command, Path socket, Path log) throws IOException {
        Process process = new ProcessBuilder(command)
                .redirectInput(new File("/dev/null"))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        ServerChild child = new ServerChild(process);
        boolean listens = false;
        try {
            long end = System.nanoTime() + START_NANOS;
            while (!isAnswered(socket)) {
                if (!process.isAlive() || System.nanoTime() > end) {
                    throw new IOException(String.join(" ", command) + " did not start: "
                            + Files.readString(log).strip());
                }
                LockSupport.parkNanos(LOOK_NANOS);
            }
            listens = true;
            return child;
        } finally {
            if (!listens) {
                process.destroyForcibly();
            }
        }
    }

    private static boolean isAnswered(Path socket) {
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return probe.connect(UnixDomainSocketAddress.of(socket));
        } catch (IOException e) {
            return false;
        }
    }

    /** Ends it, in order if it lets itself be asked. */
    @Override
    public void close() {
        process.destroy();
        try {
            if (process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.destroyForcibly();
    }
}
