package dev.tidemark.tools.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A run with the real programs, as short as one can be. Its figures mean nothing. */
@Timeout(300)
class NbdBenchmarkTest {
    private static final long VOLUME_BYTES = 16 << 20;

    @TempDir
    Path folder;

    @Test
    void shouldMeasureAllContendersAndEndThem() throws Exception {
        String missing = NbdBenchmark.missing();
        assumeTrue(missing == null, missing);
        Path sockets = Files.createTempDirectory("nbd");
        List<String> steps = new ArrayList<>();
        StringWriter printed = new StringWriter();
        try {
            NbdBenchmark.Settings settings =
                    new NbdBenchmark.Settings(EnumSet.of(NbdBenchmark.Case.SNAPSHOT), 1, 1, VOLUME_BYTES);
            new NbdBenchmark(folder, sockets, settings, steps::add).run().print(new PrintWriter(printed, true));
        } finally {
            BenchFolders.remove(sockets);
        }
        assertThat(steps).contains("filling tidemark", "filling qcow2", "filling nbdkit", "  round 1 of 1");
        assertThat(printed.toString())
                .containsPattern("snapshot, tidemark +[1-9][0-9,.]+")
                .containsPattern("snapshot, qcow2 +[1-9][0-9,.]+")
                .containsPattern("snapshot / qcow2 +[0-9.]+ +>= 15.00 +(yes|NO)")
                .contains("fio-", "qemu-nbd", "nbdkit 1");
        try (Stream<ProcessHandle> children = ProcessHandle.current().descendants()) {
            assertThat(children.map(child -> child.info().command().orElse("")))
                    .noneMatch(command -> command.contains("nbd"));
        }
        assertThat(folder.resolve("disk.raw")).hasSize(VOLUME_BYTES);
        assertThat(folder.resolve("store").resolve("nbd.sock")).doesNotExist();
    }
}
