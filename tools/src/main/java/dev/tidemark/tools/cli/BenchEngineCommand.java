package dev.tidemark.tools.cli;

import dev.tidemark.tools.bench.BenchFindings;
import dev.tidemark.tools.bench.EngineBenchmark;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tidemark bench engine}: the engine in process, beside a raw file, RocksDB and MVStore. */
@Command(
        name = "engine",
        description = {
            "Measure the engine in process beside a raw file on the same disk, RocksDB and MVStore.",
            "Contenders take turns within each round; medians are compared.",
            "The exit status is 1 when a claim is missed."
        },
        footer = {"", "Example: tidemark bench engine --directory /var/tmp --cases writes,flushes --rounds 5"})
final class BenchEngineCommand extends BenchRun {
    @Option(
            names = "--cases",
            paramLabel = "CASE",
            split = ",",
            converter = Cases.class,
            description = "Which of: writes, flushes, reads, sequential, snapshot, peers, volumes, depth"
                    + " (default: all).")
    private List<EngineBenchmark.Case> cases;

    @Option(
            names = "--size",
            paramLabel = "SIZE",
            defaultValue = "1G",
            converter = SizeConverter.class,
            description = "Size of the volume and of the raw file (default: ${DEFAULT-VALUE}).")
    private long volumeBytes;

    @Option(
            names = "--peer-size",
            paramLabel = "SIZE",
            defaultValue = "4G",
            converter = SizeConverter.class,
            description = "Size of the volume of the case peers (default: ${DEFAULT-VALUE}).")
    private long peerVolumeBytes;

    @Option(
            names = "--volumes",
            paramLabel = "N",
            defaultValue = "100000",
            description = "The most volumes of the case volumes (default: ${DEFAULT-VALUE}).")
    private int volumes;

    @Option(
            names = "--depth",
            paramLabel = "N",
            defaultValue = "10000",
            description = "The greatest clone depth of the case depth (default: ${DEFAULT-VALUE}).")
    private int depth;

    @Option(
            names = "--samples",
            paramLabel = "N",
            defaultValue = "500",
            description = "Latencies of each command in the cases volumes and depth (default: ${DEFAULT-VALUE}).")
    private int samples;

    @Mixin
    private Pace pace;

    /** The names of the cases. */
    static final class Cases extends CaseConverter<EngineBenchmark.Case> {
        Cases() {
            super(EngineBenchmark.Case.class);
        }
    }

    @Override
    void check() {
        require(pace.isSensible() && samples >= 1, "--rounds, --seconds and --samples must be at least 1");
        require(volumes >= 1 && depth >= 1, "--volumes and --depth must be at least 1");
        require(volumeBytes >= 16 << 20 && peerVolumeBytes >= 16 << 20, "--size and --peer-size must be at least 16M");
    }

    @Override
    BenchFindings measure(Path folder) throws Exception {
        EngineBenchmark.Settings settings = new EngineBenchmark.Settings(
                chosen(EngineBenchmark.Case.class, cases),
                pace.rounds,
                pace.seconds,
                volumeBytes,
                peerVolumeBytes,
                volumes,
                depth,
                samples);
        return new EngineBenchmark(folder, settings, this::progress).run();
    }
}
