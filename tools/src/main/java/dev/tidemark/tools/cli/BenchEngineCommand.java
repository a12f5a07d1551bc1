package dev.tidemark.tools.cli;

import dev.tidemark.tools.bench.BenchFolders;
import dev.tidemark.tools.bench.BenchReport;
import dev.tidemark.tools.bench.EngineBenchmark;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code tidemark bench engine}: the engine in process, beside a raw file, RocksDB and MVStore. */
@Command(
        name = "engine",
        description = {
            "Measure the engine in process beside a raw file on the same disk, RocksDB and MVStore.",
            "Contenders take turns within each round; medians are compared.",
            "The exit status is 1 when a claim is missed."
        },
        footer = {"", "Example: tidemark bench engine --directory /var/tmp --cases writes,flushes --rounds 5"})
final class BenchEngineCommand implements Callable<Integer> {
    @Option(
            names = "--directory",
            paramLabel = "DIR",
            defaultValue = ".",
            description = "A folder on the disk to measure; a folder is made in it and removed (default: the current).")
    private Path directory;

    @Option(
            names = "--cases",
            paramLabel = "CASE",
            split = ",",
            converter = CaseConverter.class,
            description = "Which of: writes, flushes, reads, sequential, snapshot, peers, volumes, depth"
                    + " (default: all).")
    private List<EngineBenchmark.Case> cases;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "3",
            description = "Rounds of each case (default: ${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            defaultValue = "5",
            description = "Seconds of each contender in a round (default: ${DEFAULT-VALUE}).")
    private int seconds;

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

    @Spec
    private CommandSpec spec;

    /** Names of cases in lower case. */
    static final class CaseConverter implements ITypeConverter<EngineBenchmark.Case> {
        @Override
        public EngineBenchmark.Case convert(String value) {
            for (EngineBenchmark.Case each : EngineBenchmark.Case.values()) {
                if (each.name().equalsIgnoreCase(value)) {
                    return each;
                }
            }
            throw new TypeConversionException("'" + value + "' is no case");
        }
    }

    /** Bytes, or a number with K, M, G or T. */
    static final class SizeConverter implements ITypeConverter<Long> {
        @Override
        public Long convert(String value) {
            int unit = value.isEmpty() ? -1 : "KMGT".indexOf(value.charAt(value.length() - 1));
            try {
                long number = Long.parseLong(unit < 0 ? value : value.substring(0, value.length() - 1));
                return Math.multiplyExact(number, 1L << (10 * (unit + 1)));
            } catch (NumberFormatException | ArithmeticException e) {
                throw new TypeConversionException("'" + value + "' is no size such as 512M or 4G");
            }
        }
    }

    @Override
    public Integer call() throws Exception {
        require(rounds >= 1 && seconds >= 1 && samples >= 1, "--rounds, --seconds and --samples must be at least 1");
        require(volumes >= 1 && depth >= 1, "--volumes and --depth must be at least 1");
        require(volumeBytes >= 16 << 20 && peerVolumeBytes >= 16 << 20, "--size and --peer-size must be at least 16M");
        Set<EngineBenchmark.Case> chosen = EnumSet.noneOf(EngineBenchmark.Case.class);
        chosen.addAll(cases == null ? List.of() : cases);
        EngineBenchmark.Settings settings = new EngineBenchmark.Settings(
                chosen, rounds, seconds, volumeBytes, peerVolumeBytes, volumes, depth, samples);
        Path folder = makeFolder();
        try {
            BenchReport report = new EngineBenchmark(folder, settings, this::progress).run();
            PrintWriter out = spec.commandLine().getOut();
            report.print(out);
            out.flush();
            return (report.allMet() ? ExitCode.OK : ExitCode.REFUSED).number();
        } finally {
            BenchFolders.remove(folder);
        }
    }

    private Path makeFolder() {
        try {
            return Files.createTempDirectory(directory, "tidemark-bench-");
        } catch (IOException e) {
            throw new CommandFailure(
                    ExitCode.UNREACHABLE,
                    "can't measure in " + directory + ": " + e + "; choose another --directory",
                    e);
        }
    }

    private void require(boolean well, String text) {
        if (!well) {
            throw new ParameterException(spec.commandLine(), text);
        }
    }

    private void progress(String text) {
        PrintWriter err = spec.commandLine().getErr();
        err.println(text);
        err.flush();
    }
}
