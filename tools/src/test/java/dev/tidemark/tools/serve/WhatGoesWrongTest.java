package dev.tidemark.tools.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.tidemark.tools.serve.ServerProcess.Outcome;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A tour of what goes wrong for a user: each time one line that says what to do, an exit status, and no harm. */
@Timeout(600)
class WhatGoesWrongTest {
    @TempDir
    Path folder;

    private Path store;
    private String name;

    @BeforeEach
    void name() {
        store = folder.resolve("store");
        name = store.toString();
    }

    @Test
    void shouldSayThatThereIsNoSuchStore() throws IOException {
        assertFails(3, "there is no store " + name + ": make it with init, or with --create NAME=SIZE", "serve", name);
        String line = "there is no store " + name + ": make it with init, or check the path";
        assertFails(3, line, "list", name);
        assertFails(3, line, "message", name, "list");
        assertFails(3, line, "check", name);
        String parent = folder.resolve("none").toString();
        assertFails(
                3,
                "can't make " + parent + "/s: there is no folder " + parent + "; make it first",
                "serve",
                parent + "/s",
                "--create",
                "disk=1M");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void shouldSayThatItIsNoStore() throws IOException {
        Files.writeString(Files.createDirectory(store).resolve("letter"), "mine");
        String line = name + " is not a store: it has no superblock";
        assertFails(3, line, "serve", name, "--create", "disk=1M");
        assertFails(3, line, "status", name);
        assertFails(3, name + " exists already: choose another name, or remove it", "init", name);
        Path file = Files.writeString(folder.resolve("file"), "mine");
        assertFails(3, file + " is not a store: it is a file", "list", file.toString());
    }

    @Test
    void shouldSayWhoHasTheStore() throws IOException {
        try (ServerProcess server = ServerProcess.start(store, "--create", "disk=1M")) {
            String line = name + " is in use by process " + server.pid() + ": send messages to it, or stop it first";
            assertFails(3, line, "serve", name);
            assertFails(3, line, "check", name, "--data");
            assertThat(ServerProcess.run("message", name, "flush").status()).isZero();
        }
    }

    @Test
    void shouldSayWhatIsWrongWithASocketOrPort() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "mine");
        String deep = "x".repeat(100);
        String longPath = folder + "/" + deep;
        int length = longPath.length();
        String which = " (--nbd chooses the address)";
        try (ServerSocket port = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String taken = "127.0.0.1:" + port.getLocalPort();
            assertFails(
                    3,
                    "the socket path is too long: " + longPath + " has " + length
                            + " bytes, a Unix socket can have 106; use a shorter one" + which,
                    "serve",
                    name,
                    "--create",
                    "disk=1M",
                    "--nbd",
                    "unix:" + longPath);
            assertFails(
                    3,
                    "the socket path is taken: " + file + " is a file, folder or link; remove it or use another"
                            + which,
                    "serve",
                    name,
                    "--nbd",
                    "unix:" + file);
            assertFails(
                    3,
                    "cannot listen on tcp:" + taken + ": Address already in use" + which,
                    "serve",
                    name,
                    "--nbd",
                    "tcp:" + taken);
            assertFails(
                    3,
                    "cannot serve metrics on " + taken + ": Address already in use; use another port",
                    "serve",
                    name,
                    "--metrics",
                    taken);
        }
        Path other = folder.resolve("other");
        try (ServerProcess server = ServerProcess.start(other, "--create", "disk=1M")) {
            Path socket = server.nbd().unixPath();
            assertFails(
                    3,
                    "the socket path is taken: a server listens on " + socket + "; stop it or use another" + which,
                    "serve",
                    name,
                    "--nbd",
                    "unix:" + socket);
            assertThat(server.send("flush")).startsWith("ok ");
        }
    }

    @Test
    void shouldSayThatPermissionIsMissing() throws Exception {
        assertThat(ServerProcess.run("init", name, "--capacity", "1G").status()).isZero();
        List<String> below = List.of();
        if (Files.getOwner(store).getName().equals("root")) {
            // The owner of everything may look everywhere, unless these powers are taken away.
            below = List.of("setpriv", "--bounding-set", "-dac_override,-dac_read_search");
            assumeThat(Path.of("/usr/bin/setpriv")).exists();
            try (Stream<Path> files = Files.walk(store)) {
                for (Path path : files.toList()) {
                    Files.setAttribute(path, "unix:uid", 65_534);
                }
            }
        } else {
            Files.setPosixFilePermissions(store, PosixFilePermissions.fromString("---------"));
        }
        for (String command : List.of("list", "check", "serve")) {
            Outcome outcome = ServerProcess.run(below, command, name);
            assertThat(outcome.status()).as(outcome.err()).isEqualTo(3);
            assertThat(outcome.error()).startsWith("tidemark: can't ").contains("no permission for " + name);
        }
        Outcome outcome = ServerProcess.run(below, "message", name, "list");
        assertThat(outcome.status()).isEqualTo(3);
        Files.setAttribute(store, "posix:permissions", PosixFilePermissions.fromString("rwx------"));
    }

    @Test
    void shouldSayWhatASizeIs() throws IOException {
        String number = " takes a number of bytes, or a number and one of K, M, G, T (such as 10G), not ";
        assertFails(2, "capacity=" + number + "'1Q'", "init", name, "--capacity", "1Q");
        assertFails(2, "block-size=5120: must be a power of two from 4K to 64K", "init", name, "--block-size", "5K");
        assertFails(2, "--create disk=" + number + "'big'", "serve", name, "--create", "disk=big");
        assertThat(folder).isEmptyDirectory();
        assertThat(ServerProcess.run("init", name).status()).isZero();
        Outcome outcome = ServerProcess.run("message", name, "create d size=1000");
        assertThat(outcome.status()).isEqualTo(1);
        assertThat(outcome.out())
                .isEqualTo(
                        "error code=bad-size text=\"a volume's size is a multiple of 512 bytes: 1000 is not, 512 and "
                                + "1024 are\"\n");
        assertThat(outcome.err()).isEmpty();
    }

    @Test
    void shouldSayWhatIsWrongWithAMessageOrAnOption() throws IOException {
        assertThat(ServerProcess.run("init", name).status()).isZero();
        Outcome outcome = ServerProcess.run("message", name, "destroy disk");
        assertThat(outcome.status()).isEqualTo(1);
        assertThat(outcome.out()).startsWith("error code=bad-message text=\"'destroy' is no verb: use one of create,");
        assertThat(outcome.out().lines()).hasSize(1);
        assertThat(outcome.err()).isEmpty();
        Outcome option = ServerProcess.run("serve", name, "-o", "colour=blue");
        assertThat(option.status()).isEqualTo(2);
        assertThat(option.error()).startsWith("tidemark: colour=blue: there is no such option; the options are ");
    }

    @Test
    void shouldGoOnServingWhenTheDiskIsFull() throws Exception {
        assumeThat(System.getProperty("user.name"))
                .as("only root can mount a small disk")
                .isEqualTo("root");
        Path disk = Files.createDirectory(folder.resolve("disk"));
        String mount = "mount -t tmpfs -o size=24m tidemark-test " + disk;
        assumeThat(shell(mount)).as(mount).isZero();
        try (ServerProcess server =
                ServerProcess.start(disk.resolve("store"), "--create", "big=64M", "-o", "journal-segment=4M")) {
            try (DiskClient client = DiskClient.open(server.nbd(), "big")) {
                byte[] block = new byte[64 << 10];
                new Random(1).nextBytes(block);
                long written = 0;
                String failure = null;
                while (failure == null && written < 64 << 20) {
                    try {
                        client.write(written, ByteBuffer.wrap(block), false);
                        written += block.length;
                    } catch (IOException e) {
                        failure = e.getMessage();
                    }
                }
                assertThat(failure).as("ENOSPC, after %d bytes", written).isEqualTo("error 28");
                client.flush();
                assertThat(client.read(0, block.length)).isEqualTo(block);
                assertThat(client.read(written - block.length, block.length)).isEqualTo(block);
                assertThat(shell("mount -o remount,size=48m " + disk)).isZero();
                client.write(written, ByteBuffer.wrap(block), true);
                assertThat(client.read(written, block.length)).isEqualTo(block);
            }
            assertThat(server.terminate()).isZero();
            Outcome check = ServerProcess.run("check", disk.resolve("store").toString(), "--data");
            assertThat(check.out()).startsWith("clean ");
        } finally {
            shell("umount -l " + disk);
        }
    }

    /**
     * A file system on a loop device, whose own disk is full: what was written can't be forced, and that is an I/O
     * error.
     */
    @Test
    void shouldStopAtTheFirstFailureAndRecoverAtTheNextStart() throws Exception {
        assumeThat(System.getProperty("user.name"))
                .as("only root can make a disk that fails")
                .isEqualTo("root");
        Path ram = Files.createDirectory(folder.resolve("ram"));
        Path disk = Files.createDirectory(folder.resolve("disk"));
        assumeThat(shell("mount -t tmpfs -o size=60m tidemark-test " + ram)).isZero();
        try {
            assumeThat(shell("cd " + ram + " && truncate -s 200M image && mkfs.ext4 -q -E lazy_itable_init=0 image"))
                    .isZero();
            assumeThat(shell("mount -o loop " + ram + "/image " + disk))
                    .as("loop devices")
                    .isZero();
            Path failing = disk.resolve("store");
            try (ServerProcess server =
                            ServerProcess.start(failing, "--create", "disk=64M", "-o", "journal-segment=4M");
                    DiskClient client = DiskClient.open(server.nbd(), "disk")) {
                client.write(0, ByteBuffer.allocate(4096).put(0, (byte) 1), true);
                shell("dd if=/dev/zero of=" + ram + "/rest bs=1M 2>/dev/null");
                assertThatThrownBy(() -> {
                            for (long at = 4096; at < 60 << 20; at += 1 << 20) {
                                client.write(at, ByteBuffer.allocate(1 << 20).put(0, (byte) 2), false);
                                client.flush();
                            }
                        })
                        .as("nothing is acknowledged any more")
                        .isInstanceOf(IOException.class);
                assertThat(server.awaitEnd()).isEqualTo(5);
                assertThat(server.errors().lines().filter(line -> line.startsWith("tidemark: ")))
                        .singleElement()
                        .asString()
                        .startsWith("tidemark: the store has stopped, and nothing that was promised is lost: ")
                        .endsWith("; mend the cause, and start serve again: it recovers");
                assertThat(server.errors().lines()).noneMatch(line -> line.startsWith("\tat "));
            }
            // A new mount reads what is on the disk, not what was in memory.
            assertThat(shell("rm " + ram + "/rest && umount " + disk + " && mount -o loop " + ram + "/image " + disk))
                    .isZero();
            assertThat(ServerProcess.run("check", failing.toString(), "--data").out())
                    .startsWith("clean ");
            try (ServerProcess server = ServerProcess.start(failing);
                    DiskClient client = DiskClient.open(server.nbd(), "disk")) {
                assertThat(client.read(0, 1)[0]).isEqualTo((byte) 1);
                client.write(0, ByteBuffer.allocate(4096).put(0, (byte) 3), true);
                assertThat(server.terminate()).isZero();
            }
        } finally {
            shell("umount -l " + disk + " 2>/dev/null; umount -l " + ram);
        }
    }

    private static int shell(String command) throws IOException, InterruptedException {
        return new ProcessBuilder("sh", "-c", command).inheritIO().start().waitFor();
    }

    @Test
    void shouldRefuseADamagedJournalAndLeaveItAsItIs() throws IOException {
        try (ServerProcess server = ServerProcess.start(store, "--create", "disk=1M")) {
            for (int i = 0; i < 20; i++) {
                server.send("label disk turn=" + i);
            }
            server.kill(); // a clean end takes a checkpoint, and what lies below one is not needed
        }
        Path segment;
        try (Stream<Path> segments = Files.list(store.resolve("journal"))) {
            segment = segments.filter(path -> path.toString().endsWith(".seg"))
                    .sorted()
                    .findFirst()
                    .orElseThrow();
        }
        byte[] before;
        try (RandomAccessFile file = new RandomAccessFile(segment.toFile(), "rw")) {
            file.seek(4096 + 100);
            int old = file.read();
            file.seek(4096 + 100);
            file.write(old ^ 1);
            before = new byte[1 << 20];
            file.seek(0);
            file.readFully(before);
        }
        for (String command : List.of("serve", "list", "check")) {
            Outcome outcome = ServerProcess.run(command, name);
            assertThat(outcome.status()).as(outcome.err()).isEqualTo(4);
            assertThat(outcome.error())
                    .contains(name + ": it is damaged, and nothing was changed: ")
                    .contains(segment.getFileName().toString(), " at offset 4");
        }
        try (RandomAccessFile file = new RandomAccessFile(segment.toFile(), "r")) {
            byte[] after = new byte[before.length];
            file.readFully(after);
            assertThat(after).isEqualTo(before);
        }
    }

    @Test
    void shouldTellADamagedSuperblockFromANewerFormat() throws IOException {
        assertThat(ServerProcess.run("init", name).status()).isZero();
        Path file = store.resolve("superblock");
        byte[] whole = Files.readAllBytes(file);
        ByteBuffer newer = ByteBuffer.wrap(whole.clone()).order(ByteOrder.LITTLE_ENDIAN);
        for (int copy = 0; copy < 8192; copy += 4096) {
            newer.putInt(copy + 8, 99);
            CRC32C crc = new CRC32C();
            crc.update(newer.slice(copy, 12));
            crc.update(newer.slice(copy + 16, 4080));
            newer.putInt(copy + 12, (int) crc.getValue());
        }
        Files.write(file, newer.array());
        assertFails(
                3,
                "can't open " + name + ": the store has format version 99, written by a newer version; this program "
                        + "reads up to 3",
                "list",
                name);
        byte[] broken = whole.clone();
        broken[100]++;
        Files.write(file, broken);
        Outcome half = ServerProcess.run("check", name);
        assertThat(half.status()).isEqualTo(1);
        assertThat(half.out()).startsWith("finding: superblock: one copy is damaged or old");
        broken[4196]++;
        Files.write(file, broken);
        assertFails(
                4,
                "can't open " + name
                        + ": both copies of the superblock are damaged (bytes 0 and 4096 of superblock); if"
                        + " the whole journal is kept (retention=all), check --rebuild makes the metadata anew",
                "serve",
                name);
    }

    @Test
    void shouldFindADamagedBlock() throws IOException {
        try (ServerProcess server = ServerProcess.start(store, "--create", "disk=1M")) {
            try (DiskClient disk = DiskClient.open(server.nbd(), "disk")) {
                disk.write(8192, ByteBuffer.allocate(512 << 10).put(0, (byte) 1), true);
            }
            assertThat(server.send("create s origin=disk")).startsWith("ok ");
            assertThat(server.terminate()).isZero();
        }
        try (RandomAccessFile file =
                new RandomAccessFile(store.resolve("exceptions.data").toFile(), "rw")) {
            file.seek(4096 + 40 * 4096 + 7);
            file.write(99);
        }
        assertThat(ServerProcess.run("check", name).status()).isZero();
        Outcome check = ServerProcess.run("check", name, "--data");
        assertThat(check.status()).isEqualTo(1);
        assertThat(check.out().lines().toList())
                .hasSize(2)
                .first()
                .asString()
                .startsWith("finding: volume ")
                .contains("disk", "block 42: physical block 41 has checksum ");
        assertThat(check.out()).contains("findings=1 ", " checked_blocks=128\n");
        try (ServerProcess server = ServerProcess.start(store);
                DiskClient disk = DiskClient.open(server.nbd(), "s")) {
            assertThatThrownBy(() -> disk.read(42 * 4096, 4096)).hasMessage("error 5");
            assertThat(server.send("status")).contains("checksum_errors=1");
        }
    }

    @Test
    void shouldShowTheStackTraceOnlyWhenAsked() throws IOException {
        Outcome outcome = ServerProcess.run("list", name, "--verbose");
        assertThat(outcome.error()).startsWith("tidemark: there is no store");
        assertThat(outcome.err()).contains("at dev.tidemark.engine.");
    }

    private static void assertFails(int status, String line, String... arguments) throws IOException {
        Outcome outcome = ServerProcess.run(arguments);
        assertThat(outcome.error()).isEqualTo("tidemark: " + line);
        assertThat(outcome.status()).isEqualTo(status);
        assertThat(outcome.out()).isEmpty();
        assertThat(outcome.err().lines().filter(text -> text.startsWith("\tat ")))
                .as("no stack trace")
                .isEmpty();
    }
}
