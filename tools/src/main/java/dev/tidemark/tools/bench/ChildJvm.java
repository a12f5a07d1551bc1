package dev.tidemark.tools.bench;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Commands that start a JVM like this one. */
final class ChildJvm {
    private static final String MAIN = "dev.tidemark.tools.cli.Main";

    private ChildJvm() {}

    /**
     * This program as the launcher starts it, with the options that this JVM was given: from its jar and its archive of
     * loaded classes. Without a launcher, from this JVM's class path.
     */
    static List<String> program(String... arguments) {
        String program = System.getProperty("tidemark.program");
        if (program == null) {
            return command(MAIN, arguments);
        }
        List<String> command = java();
        command.removeIf(option -> option.startsWith("--")); // the jar says which packages are to be opened
        String archive = System.getProperty("tidemark.archive");
        if (archive != null) {
            command.add(archive);
        }
        command.addAll(List.of("-jar", program));
        command.addAll(List.of(arguments));
        return command;
    }

    /** Another main class, from this JVM's class path. */
    static List<String> command(String main, String... arguments) {
        List<String> command = java();
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main));
        command.addAll(List.of(arguments));
        return command;
    }

    private static List<String> java() {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(option -> !option.startsWith("-javaagent:") && !option.startsWith("-agent"))
                .forEach(command::add);
        return command;
    }
}
