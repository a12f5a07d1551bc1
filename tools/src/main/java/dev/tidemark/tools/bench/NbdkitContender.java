package dev.tidemark.tools.bench;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.List;

/** nbdkit's file plugin over a raw file: what an NBD server costs where there is no store behind it. */
final class NbdkitContender implements NbdContender {
    private final Path socket;
    private final ServerChild server;

    NbdkitContender(Path folder, Path sockets, long sizeBytes) throws IOException {
        Path file = folder.resolve("disk.raw");
        socket = sockets.resolve("nbdkit.sock");
        try (RandomAccessFile made = new RandomAccessFile(file.toFile(), "rw")) {
            made.setLength(sizeBytes);
        }
        server = ServerChild.start(
                List.of("nbdkit", "--foreground", "--unix", socket.toString(), "file", file.toString()),
                socket,
                folder.resolve("nbdkit.log"));
    }

    @Override
    public String title() {
        return "nbdkit";
    }

    @Override
    public String version() throws IOException {
        return Programs.version("nbdkit", "--version") + ", file plugin over a raw file";
    }

    @Override
    public String uri() {
        return NbdContender.uri(socket);
    }

    @Override
    public boolean hasSnapshots() {
        return false;
    }

    @Override
    public void takeSnapshot() {
        throw new UnsupportedOperationException("a raw file has no snapshots");
    }

    @Override
    public void removeSnapshot() {
        throw new UnsupportedOperationException("a raw file has no snapshots");
    }

    @Override
    public void close() {
        server.close();
    }
}
