package dev.tidemark.tools.cli;

import dev.tidemark.tools.bench.BenchFindings;
import dev.tidemark.tools.bench.BenchFolders;
import dev.tidemark.tools.bench.NbdBenchmark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tidemark bench nbd}: the server process, beside qemu-nbd and nbdkit, with fio as their client. */
@Command(
        name = "nbd",
        description = {
            "Measure the server with fio over NBD beside qemu-nbd (qcow2) and nbdkit (a raw file) on the same disk.",
            "Contenders take turns within each round; medians are compared.",
            "The exit status is 1 when a claim is missed, or when one of these programs is not installed."
        },
        footer = {"", "Example: tidemark bench nbd --directory /var/tmp --cases writes,reads --seconds 3"})
final class BenchNbdCommand extends BenchRun {
    @Option(
            names = "--cases",
            paramLabel = "CASE",
            split = ",",
            converter = Cases.class,
            description = "Which of: writes, snapshot, flushes, reads, sequential (default: all).")
    private List<NbdBenchmark.Case> cases;

    @Option(
            names = "--size",
            paramLabel = "SIZE",
            defaultValue = "1G",
            converter = SizeConverter.class,
            description = "Size of the volumes, which are written whole before (default: ${DEFAULT-VALUE}).")
    private long volumeBytes;

    @Mixin
    private Pace pace;

    /** The names of the cases. */
    static final class Cases extends CaseConverter<NbdBenchmark.Case> {
        Cases() {
            super(NbdBenchmark.Case.class);
        }
    }

    @Override
    void check() throws IOException {
        require(pace.isSensible(), "--rounds and --seconds must be at least 1");
        require(volumeBytes >= 16 << 20, "--size must be at least 16M");
        String missing = NbdBenchmark.missing();
        if (missing != null) {
            throw new CommandFailure(ExitCode.REFUSED, missing);
        }
    }

    @Override
    BenchFindings measure(Path folder) throws IOException {
        NbdBenchmark.Settings settings = new NbdBenchmark.Settings(
                chosen(NbdBenchmark.Case.class, cases), pace.rounds, pace.seconds, volumeBytes);
        Path sockets = Files.createTempDirectory("tidemark-bench-"); // a socket's path must be short
        try {
            return new NbdBenchmark(folder, sockets, settings, this::progress).run();
        } finally {
            BenchFolders.remove(sockets);
        }
    }
}
