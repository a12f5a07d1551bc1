package dev.tidemark.tools.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Runs fio's NBD client on one connection. */
final class Fio {
    private final long sizeBytes;

    /** Makes one that uses the first so many bytes of a volume. */
    Fio(long sizeBytes) {
        this.sizeBytes = sizeBytes;
    }

    /**
     * What to do.
     *
     * @param pattern fio's name for it: randwrite, randread, write, read
     * @param blockBytes length of each request
     * @param depth requests in flight
     * @param flushEvery so many writes are followed by a flush; 0: one flush at the end
     */
    record Job(String pattern, int blockBytes, int depth, int flushEvery) {}

    /** Returns fio's name and version. */
    static String version() throws IOException {
        return Programs.version("fio", "--version");
    }

    /** Returns whether this fio has a client for NBD. */
    static boolean hasNbd() throws IOException {
        return Programs.run(List.of("fio", "--enghelp")).contains("nbd");
    }

    /** Writes the whole volume once, in order. */
    void fill(String uri) throws IOException {
        run(uri, new Job("write", 1 << 20, 4, 0), List.of());
    }

    /** Reads the whole volume once, in order. */
    void readAll(String uri) throws IOException {
        run(uri, new Job("read", 1 << 20, 4, 0), List.of());
    }

    /** Does a job for some seconds; the seed chooses the places. */
    FioReport run(String uri, Job job, int seconds, int seed) throws IOException {
        return run(uri, job, List.of("--time_based", "--runtime=" + seconds, "--randseed=" + seed));
    }

    private FioReport run(String uri, Job job, List<String> more) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                "fio",
                "--name=bench",
                "--ioengine=nbd",
                "--uri=" + uri,
                "--rw=" + job.pattern(),
                "--bs=" + job.blockBytes(),
                "--iodepth=" + job.depth(),
                "--size=" + sizeBytes,
                "--allrandrepeat=1",
                "--norandommap",
                "--eta=never",
                "--output-format=json"));
        if (job.flushEvery() > 0) {
            command.add("--fsync=" + job.flushEvery());
        } else if (job.pattern().endsWith("write")) {
            command.add("--end_fsync=1"); // so that nobody's writes go to the disk in the next one's turn
        }
        command.addAll(more);
        return FioReport.parse(Programs.run(command));
    }
}
