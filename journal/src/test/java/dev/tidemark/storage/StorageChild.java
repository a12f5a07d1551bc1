package dev.tidemark.storage;

import dev.tidemark.storage.Storage.Mode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Another process that uses a folder. Its program is {@link #main}; it says what it did and ends with its input. */
final class StorageChild implements AutoCloseable {
    private final Process process;
    private final BufferedReader output;

    private StorageChild(List<String> command) throws IOException {
        this.process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        this.output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    static StorageChild start(String action, Path root) throws IOException {
        return new StorageChild(java(action, root));
    }

    static StorageChild startWithUmask(String umask, String action, Path root) throws IOException {
        List<String> command = new ArrayList<>(List.of("sh", "-c", "umask " + umask + "; exec \"$@\"", "sh"));
        command.addAll(java(action, root));
        return new StorageChild(command);
    }

    private static List<String> java(String action, Path root) {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xshare:auto",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "-cp",
                System.getProperty("java.class.path"),
                StorageChild.class.getName(),
                action,
                root.toString());
    }

    /** The next line of its output, null at the end. */
    String line() throws IOException {
        return output.readLine();
    }

    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Override
    public void close() throws IOException {
        process.getOutputStream().close(); // the child ends when its input does
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        output.close();
    }

    public static void main(String[] arguments) throws IOException {
        try (DiskStorage storage = new DiskStorage(Path.of(arguments[1]))) {
            if (arguments[0].equals("modes")) {
                storage.createDirectory("");
                storage.createDirectory("sub");
                storage.open("file", Mode.CREATE).close();
                storage.open("fresh", Mode.CREATE_NEW).close();
                storage.open("sub/file", Mode.CREATE).close();
                storage.tryLock("lock").close();
                System.out.println("made");
            } else {
                System.out.println(storage.tryLock("lock") == null ? "refused" : "locked");
            }
            while (System.in.read() >= 0) {
                // until the parent closes it
            }
        }
    }
}
