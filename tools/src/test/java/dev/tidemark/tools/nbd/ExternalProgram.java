package dev.tidemark.tools.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** Runs programs of the real world. A test whose program is missing is skipped, and says how to get it. */
final class ExternalProgram {
    private static final long TIMEOUT_SECONDS = 120;

    /** What a program said (both streams) and how it ended. */
    record Result(int status, String output) {}

    private ExternalProgram() {}

    /** Skips the test, with the reason, when one of the programs is not installed. */
    static void require(String debianPackage, String... programs) {
        for (String program : programs) {
            assumeTrue(isInstalled(program), program + " is not installed: apt-get install " + debianPackage);
        }
    }

    private static boolean isInstalled(String program) {
        String path = System.getenv().getOrDefault("PATH", "");
        return Pattern.compile(File.pathSeparator)
                .splitAsStream(path + ":/usr/sbin:/sbin")
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    /** Runs a program that must succeed; returns what it said. */
    static String run(String... command) throws IOException, InterruptedException {
        Result result = attempt(command);
        assertThat(result.status())
                .as(String.join(" ", command) + "\n" + result.output())
                .isZero();
        return result.output();
    }

    /** Runs a program that may fail. */
    static Result attempt(String... command) throws IOException, InterruptedException {
        Path output = Files.createTempFile("program", ".out");
        try {
            Process process = new ProcessBuilder(List.of(command))
                    .redirectErrorStream(true)
                    .redirectInput(new File("/dev/null"))
                    .redirectOutput(output.toFile())
                    .start();
            boolean ended = process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS);
            if (!ended) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
            String text = Files.readString(output, StandardCharsets.ISO_8859_1);
            assertThat(ended).as(String.join(" ", command) + " hangs\n" + text).isTrue();
            return new Result(process.exitValue(), text);
        } finally {
            Files.deleteIfExists(output);
        }
    }
}
