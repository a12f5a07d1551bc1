package dev.tidemark.tools.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import dev.tidemark.tools.serve.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A kernel's file system on a volume, through nbdfuse and a loop device: files are written, a snapshot is taken, the
 * files are changed, the snapshot is merged back; then they are as they were, and the file system's own check is clean.
 */
@Timeout(300)
class FileSystemTest {
    private static final int FILES = 40;

    @TempDir
    Path folder;

    private Path fuse;
    private Path mounted;
    private Path store;
    private ServerProcess server;
    private Process fuseProcess;
    private String loop;

    @BeforeEach
    void open() throws IOException {
        assumeThat(Path.of("/dev/fuse")).as("/dev/fuse is needed").exists();
        assumeThat(System.getProperty("user.name")).as("only root may mount").isEqualTo("root");
        fuse = Files.createDirectory(folder.resolve("fuse"));
        mounted = Files.createDirectory(folder.resolve("mounted"));
        store = folder.resolve("store");
    }

    @AfterEach
    void close() throws Exception {
        if (server != null) {
            detach();
            server.close();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "e2fsprogs, mkfs.ext4, -q, fsck.ext4, -fn",
        "xfsprogs, mkfs.xfs, -q, xfs_repair, -n",
    })
    void shouldBeAsItWasAfterTheSnapshotIsMergedBack(
            String aptPackage, String make, String makeOption, String check, String checkOption) throws Exception {
        ExternalProgram.require("libnbd-bin", "nbdfuse");
        ExternalProgram.require(aptPackage, make, check);
        server = ServerProcess.start(store, "--create", "disk=400M");
        attach();
        ExternalProgram.run(make, makeOption, loop);
        mount();
        write(1);
        Path sums = folder.resolve("sums");
        shell("cd " + mounted + " && find . -type f | sort | xargs sha256sum > " + sums);
        unmount();
        assertThat(server.send("create before origin=disk")).startsWith("ok ");

        mount();
        write(2);
        shell("cd " + mounted + " && rm -f file-1* && sha256sum --quiet -c " + sums + " && exit 1 || exit 0");
        unmount();
        detach();
        assertThat(server.send("create after origin=disk; merge before")).startsWith("ok ");

        attach();
        ExternalProgram.run(check, checkOption, loop);
        mount();
        shell("cd " + mounted + " && sha256sum --quiet -c " + sums);
        unmount();
        detach();
        assertThat(server.send("list")).contains("name=after").doesNotContain("name=before");
        assertThat(server.terminate()).isZero();
        assertThat(ServerProcess.run("check", store.toString(), "--data").out()).startsWith("clean ");
    }

    private void write(int seed) throws IOException {
        Random random = new Random(seed);
        for (int i = 0; i < FILES; i++) {
            byte[] bytes = new byte[random.nextInt(400_000)];
            random.nextBytes(bytes);
            Files.write(mounted.resolve("file-" + i), bytes);
        }
    }

    private void attach() throws Exception {
        fuseProcess = new ProcessBuilder(
                        "nbdfuse", fuse.toString(), server.nbd().uri("disk"))
                .inheritIO()
                .start();
        await().atMost(Duration.ofMinutes(1)).until(() -> Files.exists(fuse.resolve("nbd")));
        loop = ExternalProgram.run(
                        "losetup", "--find", "--show", fuse.resolve("nbd").toString())
                .strip();
    }

    private void mount() throws Exception {
        ExternalProgram.run("mount", loop, mounted.toString());
    }

    private void unmount() throws Exception {
        ExternalProgram.run("umount", mounted.toString());
    }

    /** Also after a failure half way. */
    private void detach() throws Exception {
        ExternalProgram.attempt("umount", "-l", mounted.toString());
        if (loop != null) {
            ExternalProgram.attempt("losetup", "-d", loop);
            loop = null;
        }
        if (fuseProcess != null) {
            ExternalProgram.attempt("fusermount3", "-u", fuse.toString());
            fuseProcess.waitFor();
            fuseProcess = null;
        }
    }

    private static void shell(String script) throws Exception {
        ExternalProgram.run("sh", "-c", script);
    }
}
