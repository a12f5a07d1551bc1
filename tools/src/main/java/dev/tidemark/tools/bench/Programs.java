package dev.tidemark.tools.bench;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** Runs programs of other projects, and this one's in a process of its own. */
final class Programs {
    /** Longer than any run that ends: what is measured takes seconds, and a volume is filled in less. */
    private static final long PATIENCE_MINUTES = 10;

    private Programs() {}

    /** Returns whether a program is there to be run by its name. */
    static boolean isThere(String name) {
        return Pattern.compile(File.pathSeparator)
                .splitAsStream(System.getenv().getOrDefault("PATH", ""))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, name)));
    }

    /** Runs a program that must succeed; returns its standard output. */
    static String run(List<String> command) throws IOException {
        Path errors = Files.createTempFile("program", ".err");
        Process process = null;
        try {
            process = new ProcessBuilder(command)
                    .redirectInput(new File("/dev/null"))
                    .redirectError(errors.toFile())
                    .start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES)) {
                throw new IOException(String.join(" ", command) + " does not end");
            }
            if (process.exitValue() != 0) {
                throw new IOException(String.join(" ", command) + " ended with " + process.exitValue() + ": "
                        + (output + " " + Files.readString(errors)).strip());
            }
            return output;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(String.join(" ", command) + " was interrupted", e);
        } finally {
            if (process != null) {
                process.destroyForcibly();
            }
            Files.deleteIfExists(errors);
        }
    }

    /** Returns the first line that a program says of its version. */
    static String version(String... command) throws IOException {
        return run(List.of(command)).lines().findFirst().orElse("").strip();
    }
}
