package dev.tidemark.tools.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What real clients do with a server. A subclass says which server: it serves one volume of {@link #SIZE} bytes, named
 * {@code disk}, empty before each test.
 */
@Timeout(300)
abstract class InteropTests {
    static final long SIZE = 128L << 20;

    @TempDir
    Path folder;

    /** Returns the URI of an export of the server; the empty name is the default one. */
    abstract String uri(String export) throws IOException;

    /** Makes a file of the volume's size with data here and there. */
    private Path image(long seed) throws IOException {
        Path path = folder.resolve("image-" + seed);
        Random random = new Random(seed);
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(SIZE);
            for (int i = 0; i < 64; i++) {
                byte[] piece = new byte[1 + random.nextInt(1 << 19)];
                random.nextBytes(piece);
                file.seek((long) (random.nextDouble() * (SIZE - piece.length)));
                file.write(piece);
            }
        }
        return path;
    }

    private static void same(Path first, Path second) throws Exception {
        ExternalProgram.run("cmp", first.toString(), second.toString());
    }

    @Test
    void nbdinfoShouldSeeAllThatIsOffered() throws Exception {
        ExternalProgram.require("libnbd-bin", "nbdinfo");
        assertThat(ExternalProgram.run("nbdinfo", "--size", uri("disk")).strip())
                .isEqualTo(Long.toString(SIZE));
        for (String what : new String[] {
            "cache", "connect", "df", "fast-zero", "flush", "fua", "multi-conn", "structured-reply", "trim", "zero"
        }) {
            ExternalProgram.run("nbdinfo", "--can", what, uri("disk"));
        }
        assertThat(ExternalProgram.attempt("nbdinfo", "--is", "read-only", uri("disk"))
                        .status())
                .isEqualTo(2);
        assertThat(ExternalProgram.run("nbdinfo", "--list", uri("")))
                .contains("export=\"disk\"")
                .contains("block_size_maximum: 33554432")
                .contains("block_size_preferred: 4096");
        assertThat(ExternalProgram.run("nbdinfo", "--map", uri(""))).containsPattern("0 +" + SIZE + " +3 +hole,zero");
        assertThat(ExternalProgram.attempt("nbdinfo", uri("nothing")).status()).isEqualTo(1);
    }

    @Test
    void nbdcopyShouldCopyInAndOutOverManyConnections() throws Exception {
        ExternalProgram.require("libnbd-bin", "nbdcopy", "nbdinfo");
        Path image = image(1);
        ExternalProgram.run("nbdcopy", "--connections=8", "--requests=32", "--flush", image.toString(), uri("disk"));
        Path back = folder.resolve("back");
        ExternalProgram.run("nbdcopy", "--connections=8", "--requests=64", uri("disk"), back.toString());
        same(image, back);
        assertThat(ExternalProgram.run("nbdinfo", "--map", uri("disk")))
                .contains("data")
                .contains("hole,zero");
        // Zeros that are written with allocation read back as well.
        ExternalProgram.run("nbdcopy", "--allocated", image(2).toString(), uri("disk"));
        ExternalProgram.run("nbdcopy", uri("disk"), back.toString());
        same(image(2), back);
    }

    @Test
    void qemuImgShouldConvertCompareMapAndBench() throws Exception {
        ExternalProgram.require("qemu-utils", "qemu-img");
        String image = image(3).toString();
        ExternalProgram.run("qemu-img", "convert", "-n", "-W", "-m", "8", "-O", "raw", image, uri("disk"));
        assertThat(ExternalProgram.run("qemu-img", "compare", "-f", "raw", "-F", "raw", image, uri("disk")))
                .contains("identical");
        assertThat(ExternalProgram.run("qemu-img", "map", "--output=json", "-f", "raw", uri("disk")))
                .contains("\"zero\": true")
                .contains("\"data\": true");
        Path back = folder.resolve("back");
        ExternalProgram.run("qemu-img", "convert", "-f", "raw", "-O", "raw", uri("disk"), back.toString());
        same(Path.of(image), back);
        String[] bench = {"qemu-img", "bench", "-f", "raw", "-c", "4000", "-d", "64", "-s", "4096", "-S", "28672"};
        ExternalProgram.run(with(bench, uri("disk")));
        ExternalProgram.run(with(bench, "-w", "--flush-interval=100", uri("disk")));
    }

    private static String[] with(String[] command, String... more) {
        String[] both = java.util.Arrays.copyOf(command, command.length + more.length);
        System.arraycopy(more, 0, both, command.length, more.length);
        return both;
    }

    @Test
    void qemuIoShouldReadBackEveryPattern() throws Exception {
        ExternalProgram.require("qemu-utils", "qemu-io");
        String output = ExternalProgram.run(
                "qemu-io",
                "-f",
                "raw",
                "-c",
                "write -P 1 0 4M",
                "-c",
                "write -f -P 2 4096 8192",
                "-c",
                "write -P 3 12345 54321",
                "-c",
                "read -P 1 0 4096",
                "-c",
                "read -P 2 4096 8192",
                "-c",
                "read -P 3 12345 54321",
                "-c",
                "write -z 1M 300000",
                "-c",
                "read -P 0 1M 300000",
                "-c",
                "write -z -u 2M 64k",
                "-c",
                "read -P 0 2M 64k",
                "-c",
                "write -z -f 3M 4097",
                "-c",
                "read -P 0 3M 4097",
                "-c",
                "read -P 1 3149825 1000",
                "-c",
                "discard 3M 1M",
                "-c",
                "flush",
                "-c",
                "write -P 9 0 64M",
                "-c",
                "read -P 9 0 64M",
                "-c",
                "aio_write -P 7 1000 300000",
                "-c",
                "aio_write -P 8 400000 300000",
                "-c",
                "aio_flush",
                "-c",
                "read -P 7 1000 300000",
                "-c",
                "read -P 8 400000 300000",
                uri("disk"));
        assertThat(output)
                .doesNotContain("verification failed")
                .doesNotContain("error")
                .doesNotContain("failed");
        assertThat(ExternalProgram.attempt("qemu-io", "-f", "raw", "-c", "read 127M 2M", uri("disk"))
                        .output())
                .contains("Input/output error");
    }

    @Test
    void fioShouldVerifyWhatItWroteAtDepth32() throws Exception {
        ExternalProgram.require("fio", "fio");
        String[] common = {
            "fio",
            "--name=verify",
            "--ioengine=nbd",
            "--uri=" + uri("disk"),
            "--iodepth=32",
            "--verify=crc32c",
            "--verify_fatal=1",
            "--verify_state_save=0",
            "--size=128m",
            "--randseed=5"
        };
        assertThat(ExternalProgram.run(with(common, "--rw=randwrite", "--bs=4k", "--io_size=64m")))
                .contains("err= 0");
        assertThat(ExternalProgram.run(with(common, "--rw=randwrite", "--bsrange=512-256k", "--bs_unaligned=1")))
                .contains("err= 0");
    }
}
