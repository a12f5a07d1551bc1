package dev.tidemark.tools.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.engine.message.Line;
import dev.tidemark.engine.message.ReplyParser;
import dev.tidemark.tools.nbd.NbdAddress;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The real program in a process of its own: {@link #start} runs {@code serve} and waits until it says that it is ready,
 * {@link #run} runs any command to its end. For tests that kill it, or that let other programs talk to it.
 */
public final class ServerProcess implements AutoCloseable {
    /** Longer than a start takes on any machine; only a test that would hang meets it. */
    private static final long PATIENCE_SECONDS = 120;

    private final Process process;
    private final Path store;
    private final Path errors;
    private final Line ready;

    private ServerProcess(Process process, Path store, Path errors, Line ready) {
        this.process = process;
        this.store = store;
        this.errors = errors;
        this.ready = ready;
    }

    /** How a command ended, and what it said. */
    public record Outcome(int status, String out, String err) {
        /** The only line on standard error that the program itself has written. */
        public String error() {
            List<String> lines =
                    err.lines().filter(line -> line.startsWith("tidemark: ")).toList();
            assertThat(lines).as(err).hasSize(1);
            return lines.get(0);
        }
    }

    /** Serves a store with more options of {@code serve}, and waits until it is ready. */
    public static ServerProcess start(Path store, String... options) throws IOException {
        List<String> arguments = new ArrayList<>(List.of("serve", store.toString()));
        arguments.addAll(List.of(options));
        Path errors = Files.createTempFile("serve", ".err");
        Process process =
                builder(List.of(), arguments).redirectError(errors.toFile()).start();
        boolean started = false;
        try {
            BufferedReader out =
                    new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
            String line = out.readLine();
            assertThat(line)
                    .as("standard output; standard error: " + Files.readString(errors))
                    .startsWith("ready ");
            started = true;
            return new ServerProcess(process, store, errors, ReplyParser.parseLine(line.substring("ready ".length())));
        } finally {
            if (!started) {
                process.destroyForcibly();
                Files.deleteIfExists(errors);
            }
        }
    }

    /** Runs a command to its end. */
    public static Outcome run(String... arguments) throws IOException {
        return run(List.of(), arguments);
    }

    /** Runs a command to its end, below another one, such as {@code setpriv}. */
    public static Outcome run(List<String> below, String... arguments) throws IOException {
        Path errors = Files.createTempFile("run", ".err");
        try {
            Process process = builder(below, List.of(arguments))
                    .redirectError(errors.toFile())
                    .start();
            String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new Outcome(await(process), out, Files.readString(errors));
        } finally {
            Files.deleteIfExists(errors);
        }
    }

    private static ProcessBuilder builder(List<String> below, List<String> arguments) {
        List<String> command = new ArrayList<>(below);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        // As the launcher does, but for a short life.
        command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx512m"));
        command.addAll(List.of("-Xlog:disable", "-Xlog:all=error:stderr"));
        command.addAll(List.of("--add-opens", "java.base/jdk.internal.misc=ALL-UNNAMED"));
        command.addAll(List.of("--add-opens", "java.base/sun.nio.ch=ALL-UNNAMED"));
        // the program's own configuration, not the one that silences the engine's tests
        command.add("-Dlogback.configurationFile=logback.xml");
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "dev.tidemark.tools.cli.Main"));
        command.addAll(arguments);
        return new ProcessBuilder(command);
    }

    private static int await(Process process) {
        boolean interrupted = false;
        try {
            assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            interrupted = true;
        } finally {
            process.destroyForcibly();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        return process.exitValue();
    }

    /** The fields of its ready line. */
    public Line ready() {
        return ready;
    }

    /** Where it serves NBD: the first address. */
    public NbdAddress nbd() {
        return NbdAddress.parse(ready.get("nbd").split(",", -1)[0]);
    }

    /** Connects to its control socket; null when it is gone. */
    ControlClient connect() throws IOException {
        return ControlClient.connect(store);
    }

    /** Kills it with SIGKILL, without waiting for its end. */
    void signalKill() {
        process.destroyForcibly();
    }

    /** Sends a message through its control socket. */
    public String send(String message) throws IOException {
        try (ControlClient client = ControlClient.connect(store)) {
            assertThat(client).as("the server is there").isNotNull();
            return client.send(message);
        }
    }

    /** What it has said on standard error so far. */
    public String errors() {
        try {
            return Files.readString(errors);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Its process id. */
    public long pid() {
        return process.pid();
    }

    /** Kills it with SIGKILL, and waits until it is gone. */
    public void kill() {
        process.destroyForcibly();
        await(process);
    }

    /** Ends it with SIGTERM; returns its exit status. */
    public int terminate() {
        process.destroy();
        return await(process);
    }

    /** Waits for its own end; returns its exit status. */
    public int awaitEnd() {
        return await(process);
    }

    /** Kills it if it still runs. */
    @Override
    public void close() throws IOException {
        kill();
        Files.deleteIfExists(errors);
    }
}
