package dev.tidemark.tools.cli;

import dev.tidemark.tools.bench.BenchFindings;
import dev.tidemark.tools.bench.BenchFolders;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** What the commands that measure have in common: a folder of their own, what they print, and their exit status. */
abstract class BenchRun implements Callable<Integer> {
    @Option(
            names = "--directory",
            paramLabel = "DIR",
            defaultValue = ".",
            description = "A folder on the disk to measure; a folder is made in it and removed (default: the current).")
    private Path directory;

    @Spec
    private CommandSpec spec;

    /** How long most of them measure. */
    static final class Pace {
        @Option(
                names = "--rounds",
                paramLabel = "N",
                defaultValue = "3",
                description = "Rounds of each case (default: ${DEFAULT-VALUE}).")
        int rounds;

        @Option(
                names = "--seconds",
                paramLabel = "S",
                defaultValue = "5",
                description = "Seconds of each contender or stretch of work in a round (default: ${DEFAULT-VALUE}).")
        int seconds;

        boolean isSensible() {
            return rounds >= 1 && seconds >= 1;
        }
    }

    /** Names of cases in lower case. */
    abstract static class CaseConverter<E extends Enum<E>> implements ITypeConverter<E> {
        private final Class<E> cases;

        CaseConverter(Class<E> cases) {
            this.cases = cases;
        }

        @Override
        public E convert(String value) {
            for (E each : cases.getEnumConstants()) {
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

    /** Refuses, with {@link #require} or a failure of its own, what can't be measured. */
    abstract void check() throws IOException;

    /** Measures in a folder that exists, is empty, and goes afterwards. */
    abstract BenchFindings measure(Path folder) throws Exception;

    @Override
    public final Integer call() throws Exception {
        check();
        Path folder = makeFolder();
        try {
            BenchFindings findings = measure(folder);
            PrintWriter out = spec.commandLine().getOut();
            findings.print(out);
            out.flush();
            return (findings.allMet() ? ExitCode.OK : ExitCode.REFUSED).number();
        } finally {
            BenchFolders.remove(folder);
        }
    }

    private Path makeFolder() {
        try {
            return Files.createTempDirectory(directory.toAbsolutePath(), "tidemark-bench-");
        } catch (IOException e) {
            throw new CommandFailure(
                    ExitCode.UNREACHABLE,
                    "can't measure in " + directory + ": " + e + "; choose another --directory",
                    e);
        }
    }

    /** Throws a {@link ParameterException} with this text unless all is well. */
    final void require(boolean well, String text) {
        if (!well) {
            throw new ParameterException(spec.commandLine(), text);
        }
    }

    /** Tells on standard error what is being done. */
    final void progress(String text) {
        PrintWriter err = spec.commandLine().getErr();
        err.println(text);
        err.flush();
    }

    /** The cases that were named; null for none. */
    static <E extends Enum<E>> Set<E> chosen(Class<E> type, Collection<E> named) {
        Set<E> chosen = EnumSet.noneOf(type);
        if (named != null) {
            chosen.addAll(named);
        }
        return chosen;
    }
}
