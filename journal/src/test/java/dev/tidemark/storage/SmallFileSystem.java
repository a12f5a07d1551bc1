package dev.tidemark.storage;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file system in memory, small enough to be filled; only root can make one. */
final class SmallFileSystem implements AutoCloseable {
    private final Path root;

    private SmallFileSystem(Path root) {
        this.root = root;
    }

    /** Mounts one at a folder that it makes; where that is not allowed, the test is skipped, and says so. */
    static SmallFileSystem mount(Path root, long sizeBytes) throws IOException {
        Files.createDirectory(root);
        int exit = run("mount", "-t", "tmpfs", "-o", "size=" + sizeBytes, "tmpfs", root.toString());
        assumeTrue(exit == 0, "this user can't mount a small file system: a real ENOSPC was not tried");
        return new SmallFileSystem(root);
    }

    private static int run(String... command) throws IOException {
        Process process;
        try {
            process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            return -1; // no such command here
        }
        try {
            return process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for " + command[0], e);
        }
    }

    Path root() {
        return root;
    }

    @Override
    public void close() throws IOException {
        if (run("umount", "-l", root.toString()) != 0) { // lazily: a failed test may have left files open
            throw new IOException(root + ": could not be unmounted");
        }
    }
}
