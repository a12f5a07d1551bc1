package dev.tidemark.tools.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine;

/**
 * Every subcommand by its name, in the order in which help lists them. A command's class is loaded only when it was
 * called by name or help lists them all: this keeps the start of the program short however many there are.
 *
 * <p>To add one, write a class with picocli's {@code @Command} and a {@code Callable<Integer>} that returns an
 * {@link ExitCode}'s number, and put its constructor into the table below.
 */
final class Commands {
    private final Map<String, Supplier<Object>> table;

    /** The program's own table. */
    Commands() {
        this(new LinkedHashMap<>());
        table.put("bench", BenchCommand::new);
    }

    /** A table of the caller's, which is not copied. */
    Commands(Map<String, Supplier<Object>> table) {
        this.table = table;
    }

    /** Adds to {@code root} the one that {@code args} names, or all where they name none that is known. */
    void addTo(CommandLine root, String... args) {
        for (String arg : args) {
            Supplier<Object> named = table.get(arg);
            if (named != null) {
                root.addSubcommand(arg, named.get());
                return;
            }
            if (!arg.startsWith("-")) {
                break;
            }
        }
        table.forEach((name, command) -> root.addSubcommand(name, command.get()));
    }
}
