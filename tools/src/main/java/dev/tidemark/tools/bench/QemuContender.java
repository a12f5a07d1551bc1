package dev.tidemark.tools.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * qemu-nbd with a qcow2 image. Its snapshots are internal ones, which qemu-img takes while nobody serves the image: so
 * the server is stopped for that, and started again.
 */
final class QemuContender implements NbdContender {
    private static final String SNAPSHOT = "before";

    private final Path image;
    private final Path socket;
    private final Path log;
    private String aio = "io_uring";
    private String note = "";
    private ServerChild server;

    QemuContender(Path folder, Path sockets, long sizeBytes) throws IOException {
        image = folder.resolve("disk.qcow2");
        socket = sockets.resolve("qemu.sock");
        log = folder.resolve("qemu-nbd.log");
        Programs.run(List.of("qemu-img", "create", "-q", "-f", "qcow2", image.toString(), Long.toString(sizeBytes)));
        try {
            serve();
        } catch (IOException e) {
            aio = "threads";
            note = " (io_uring can't be used here)";
            serve();
        }
    }

    private void serve() throws IOException {
        server = ServerChild.start(
                List.of(
                        "qemu-nbd",
                        "--persistent",
                        "--shared=8",
                        "--socket=" + socket,
                        "--format=qcow2",
                        "--cache=none",
                        "--aio=" + aio,
                        "--export-name=" + EXPORT,
                        image.toString()),
                socket,
                log);
    }

    @Override
    public String title() {
        return "qcow2";
    }

    @Override
    public String version() throws IOException {
        return Programs.version("qemu-nbd", "--version") + ", qcow2, --cache=none --aio=" + aio + note;
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
        withoutServer("-c");
    }

    @Override
    public void removeSnapshot() throws IOException {
        withoutServer("-d");
    }

    private void withoutServer(String action) throws IOException {
        server.close();
        Programs.run(List.of("qemu-img", "snapshot", action, SNAPSHOT, image.toString()));
        serve();
    }

    @Override
    public void close() {
        server.close();
    }
}
