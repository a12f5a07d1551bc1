package dev.tidemark.tools.cli;

import dev.tidemark.tools.bench.BenchFolders;
import dev.tidemark.tools.bench.BenchReport;
import dev.tidemark.tools.bench.NbdBenchmark;
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

/** {@code tidemark bench nbd}: the server process, beside qemu-nbd and nbdkit, with fio as their client. */
@Command(
        name = "nbd",
        description = {
            "Measure the server with fio over NBD beside qemu-nbd (qcow2) and nbdkit (a raw file) on the same disk.",
            "Contenders take turns within each round; medians are compared.",
            "The exit status is 1 when a claim is missed, or when one of these programs is not installed."
        },
        footer = {"", "Example: tidemark bench nbd --directory /var/tmp --cases writes,reads --seconds 3"})
final class BenchNbdCommand implements Callable<Integer> {
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
            description = "Which of: writes, snapshot, flushes, reads, sequential (default: all).")
    private List<NbdBenchmark.Case> cases;

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
            converter = BenchEngineCommand.SizeConverter.class,
            description = "Size of the volumes, which are written whole before (default: ${DEFAULT-VALUE}).")
    private long volumeBytes;

    @Spec
    private CommandSpec spec;

    /** Names of cases in lower case. */
    static final class CaseConverter implements ITypeConverter<NbdBenchmark.Case> {
        @Override
        public NbdBenchmark.Case convert(String value) {
            for (NbdBenchmark.Case each : NbdBenchmark.Case.values()) {
                if (each.name().equalsIgnoreCase(value)) {
                    return each;
                }
            }
            throw new TypeConversionException("'" + value + "' is no case");
        }
    }

    @Override
    public Integer call() throws IOException {
        require(rounds >= 1 && seconds >= 1, "--rounds and --seconds must be at least 1");
        require(volumeBytes >= 16 << 20, "--size must be at least 16M");
        String missing = NbdBenchmark.missing();
        if (missing != null) {
            throw new CommandFailure(ExitCode.REFUSED, missing);
        }
        Set<NbdBenchmark.Case> chosen = EnumSet.noneOf(NbdBenchmark.Case.class);
        chosen.addAll(cases == null ? List.of() : cases);
        NbdBenchmark.Settings settings = new NbdBenchmark.Settings(chosen, rounds, seconds, volumeBytes);
        Path folder = makeFolder();
        try {
            Path sockets = Files.createTempDirectory("tidemark-bench-");
            try {
                BenchReport report = new NbdBenchmark(folder, sockets, settings, this::progress).run();
                PrintWriter out = spec.commandLine().getOut();
                report.print(out);
                out.flush();
                return (report.allMet() ? ExitCode.OK : ExitCode.REFUSED).number();
            } finally {
                BenchFolders.remove(sockets);
            }
        } finally {
            BenchFolders.remove(folder);
        }
    }

    private Path makeFolder() {
        try {
            return Files.createTempDirectory(directory.toAbsolutePath(), "tidemark-bench-nbd-");
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
