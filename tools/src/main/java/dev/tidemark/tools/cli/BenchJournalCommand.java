package dev.tidemark.tools.cli;

import dev.tidemark.tools.bench.BenchFindings;
import dev.tidemark.tools.bench.JournalBenchmark;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code tidemark bench journal}: the journal beside a bare file and RocksDB's write-ahead log, in one run. */
@Command(
        name = "journal",
        description = "Measure the journal beside a bare file and RocksDB's write-ahead log, in turn, in one run.",
        footer = {"", "Example: tidemark bench journal --directory /var/tmp --rounds 5"})
final class BenchJournalCommand extends BenchRun {
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

    @Override
    void check() {
        require(rounds >= 1 && seconds >= 1, "--rounds and --seconds must be at least 1");
    }

    @Override
    BenchFindings measure(Path folder) throws IOException {
        return new JournalBenchmark(folder, rounds, seconds, !noPeers).run(this::progress);
    }
}
