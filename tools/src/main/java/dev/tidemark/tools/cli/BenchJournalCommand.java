package dev.tidemark.tools.cli;

import dev.tidemark.tools.bench.BenchFolders;
import dev.tidemark.tools.bench.JournalBenchmark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tidemark bench journal}: the journal beside a bare file and RocksDB's write-ahead log, in one run. */
@Command(
        name = "journal",
        description = "Measure the journal beside a bare file and RocksDB's write-ahead log, in turn, in one run.",
        footer = {"", "Example: tidemark bench journal --directory /var/tmp --rounds 5"})
final class BenchJournalCommand implements Callable<Integer> {
    @Option(
            names = "--directory",
            paramLabel = "DIR",
            defaultValue = ".",
            description =
                    "A folder on the disk to measure; a folder is made in it and removed (default: ${DEFAULT-VALUE}).")
    private Path directory;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "5",
            description = "Rounds of each case; the medians are compared (default: ${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            defaultValue = "1",
            description = "Seconds of each forced case in a round (default: ${DEFAULT-VALUE}).")
    private int seconds;

    @Option(names = "--no-peers", description = "Leave RocksDB out.")
    private boolean noPeers;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (rounds < 1 || seconds < 1) {
            throw new ParameterException(spec.commandLine(), "--rounds and --seconds must be at least 1");
        }
        Path folder = null;
        try {
            folder = Files.createTempDirectory(directory, "tidemark-bench-journal-");
            JournalBenchmark benchmark = new JournalBenchmark(folder, rounds, seconds, !noPeers);
            JournalBenchmark.Report report = benchmark.run(line -> {
                spec.commandLine().getErr().println(line);
                spec.commandLine().getErr().flush();
            });
            report.print(spec.commandLine().getOut());
            spec.commandLine().getOut().flush();
            return report.allMet() ? ExitCode.OK.number() : ExitCode.REFUSED.number();
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.UNREACHABLE, "can't measure in " + directory + ": " + e.getMessage(), e);
        } finally {
            if (folder != null) {
                BenchFolders.remove(folder);
            }
        }
    }
}
