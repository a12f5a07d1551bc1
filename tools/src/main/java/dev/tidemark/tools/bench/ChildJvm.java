package dev.tidemark.tools.bench;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Commands that start a JVM like this one. */
final class ChildJvm {
    private static final String MAIN = "dev.tidemark.tools.cli.Main";

    private ChildJvm() {}

    /** This program with the options that this JVM was started with: the launcher gives it the same. */
    static List<String> program(String... arguments) {
        return command(MAIN, arguments);
    }

    /** The same for another main class. */
    static List<String> command(String main, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(option -> !option.startsWith("-javaagent:") && !option.startsWith("-agent"))
                .forEach(command::add);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main));
        command.addAll(List.of(arguments));
        return command;
    }
}
