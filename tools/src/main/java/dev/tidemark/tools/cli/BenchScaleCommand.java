package dev.tidemark.tools.cli;

import dev.tidemark.tools.bench.BenchFolders;
import dev.tidemark.tools.bench.BenchReport;
import dev.tidemark.tools.bench.ScaleBenchmark;
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

/** {@code tidemark bench scale}: what must not depend on the size of a store. */
@Command(
        name = "scale",
        description = {
            "Measure what must not depend on the size of a store: opening it after a crash, metadata larger than",
            "memory, checkpoints under load, and giving space back. Volumes of terabytes hold zeros, which take no",
            "space; their metadata takes 5 MiB a GiB.",
            "The exit status is 1 when a claim is missed."
        },
        footer = {"", "Example: tidemark bench scale --directory /var/tmp --cases open --sizes 16G,256G,2T"})
final class BenchScaleCommand implements Callable<Integer> {
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
            description = "Which of: open, paging, checkpoints, reclaim (default: all).")
    private List<ScaleBenchmark.Case> cases;

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
            description = "Seconds of each stretch of work (default: ${DEFAULT-VALUE}).")
    private int seconds;

    @Option(
            names = "--sizes",
            paramLabel = "SIZE",
            split = ",",
            defaultValue = "16G,256G,2T",
            converter = BenchEngineCommand.SizeConverter.class,
            description = "Mapped sizes of the case open (default: ${DEFAULT-VALUE}).")
    private List<Long> sizes;

    @Option(
            names = "--paging-size",
            paramLabel = "SIZE",
            defaultValue = "256G",
            converter = BenchEngineCommand.SizeConverter.class,
            description = "Mapped size of the case paging (default: ${DEFAULT-VALUE}).")
    private long pagingBytes;

    @Option(
            names = "--paging-memory",
            paramLabel = "SIZE",
            defaultValue = "32M",
            description = "metadata-memory of the case paging, in M or G (default: ${DEFAULT-VALUE}).")
    private String pagingMemory;

    @Option(
            names = "--reclaim-size",
            paramLabel = "SIZE",
            defaultValue = "64G",
            converter = BenchEngineCommand.SizeConverter.class,
            description = "What the snapshot of the case reclaim owns, a power of two (default: ${DEFAULT-VALUE}).")
    private long reclaimBytes;

    @Option(
            names = "--snapshots",
            paramLabel = "N",
            defaultValue = "1000",
            description = "The most snapshots of the case reclaim (default: ${DEFAULT-VALUE}).")
    private int snapshots;

    @Spec
    private CommandSpec spec;

    /** Names of cases in lower case. */
    static final class CaseConverter implements ITypeConverter<ScaleBenchmark.Case> {
        @Override
        public ScaleBenchmark.Case convert(String value) {
            for (ScaleBenchmark.Case each : ScaleBenchmark.Case.values()) {
                if (each.name().equalsIgnoreCase(value)) {
                    return each;
                }
            }
            throw new TypeConversionException("'" + value + "' is no case");
        }
    }

    @Override
    public Integer call() throws Exception {
        require(rounds >= 1 && seconds >= 1, "--rounds and --seconds must be at least 1");
        require(snapshots >= 4, "--snapshots must be at least 4");
        require(pagingMemory.matches("[1-9][0-9]{0,5}[MG]"), "--paging-memory must be a number with M or G");
        require(Long.bitCount(reclaimBytes) == 1 && reclaimBytes >= 1 << 20, "--reclaim-size must be a power of two");
        Set<ScaleBenchmark.Case> chosen = EnumSet.noneOf(ScaleBenchmark.Case.class);
        chosen.addAll(cases == null ? List.of() : cases);
        ScaleBenchmark.Settings settings = new ScaleBenchmark.Settings(
                chosen, rounds, seconds, sizes, pagingBytes, pagingMemory, reclaimBytes, snapshots);
        Path folder = makeFolder();
        try {
            BenchReport report = new ScaleBenchmark(folder, settings, this::progress).run();
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
