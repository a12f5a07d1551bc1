package dev.tidemark.tools.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Measures the server as its clients see it: fio over NBD against the real server process, beside qemu-nbd with a
 * qcow2 image and nbdkit with a raw file, on the same disk. Contenders take turns within each round; medians over the
 * rounds are compared. Every volume is written whole before.
 */
public final class NbdBenchmark {
    /** What can be measured. */
    public enum Case {
        /** Random 4 KiB writes at depth 32. */
        WRITES,
        /** The same right after a snapshot. */
        SNAPSHOT,
        /** 4 KiB write and flush at depth 1. */
        FLUSHES,
        /** Random 4 KiB reads at depth 32, from the page cache. */
        READS,
        /** 1 MiB writes and reads in order; writes without a flush but the last, and with one after each pass. */
        SEQUENTIAL
    }

    /**
     * What to measure and how long.
     *
     * @param cases which; none means all
     * @param rounds of each case, at least 1; one more before them warms up and does not count
     * @param seconds of each contender in each round
     * @param volumeBytes size of the volumes
     */
    public record Settings(Set<Case> cases, int rounds, int seconds, long volumeBytes) {
        /** Takes its own copy of the cases. */
        public Settings {
            cases = cases.isEmpty() ? EnumSet.allOf(Case.class) : EnumSet.copyOf(cases);
        }
    }

    private static final int DEPTH = 32;
    /** Of 1 MiB requests: enough for client and server to work at the same time. */
    private static final int SEQUENTIAL_DEPTH = 4;
    /** The compiler takes some seconds of a core for the way of large writes, which would want both. */
    private static final int WARM_UP_TURNS = 4;

    private static final int BLOCK_BYTES = 4096;
    private static final int LARGE_BYTES = 1 << 20;
    private static final String PER_SECOND = "/s";
    private static final String MICROS = "us";

    /** What has to be installed, by the name of Debian's package. */
    private static final Map<String, String> PROGRAMS = programs();

    private final Path folder;
    /** Where one contender's files grow while the others' don't. */
    private final TouchedMemory memory;

    private final Path sockets;
    private final Settings settings;
    private final Consumer<String> progress;
    private final BenchReport report = new BenchReport();
    private final Fio fio;
    private NbdContender own;
    private NbdContender qcow2;
    private NbdContender raw;

    /**
     * A run in a folder that exists.
     *
     * @param sockets another folder, with a path short enough for Unix sockets
     * @param progress told, in words, what is being done
     */
    public NbdBenchmark(Path folder, Path sockets, Settings settings, Consumer<String> progress) {
        this.folder = folder;
        memory = new TouchedMemory(folder);
        this.sockets = sockets;
        this.settings = settings;
        this.progress = progress;
        fio = new Fio(settings.volumeBytes());
    }

    private static Map<String, String> programs() {
        Map<String, String> programs = new LinkedHashMap<>();
        programs.put("fio", "fio");
        programs.put("qemu-nbd", "qemu-utils");
        programs.put("qemu-img", "qemu-utils");
        programs.put("nbdkit", "nbdkit");
        return programs;
    }

    /** Returns what is missing for a run, and how to get it, in words; null when all is there. */
    public static String missing() throws IOException {
        Set<String> names = new LinkedHashSet<>();
        Set<String> packages = new LinkedHashSet<>();
        PROGRAMS.forEach((name, debian) -> {
            if (!Programs.isThere(name)) {
                names.add(name);
                packages.add(debian);
            }
        });
        if (!names.isEmpty()) {
            return "missing: " + String.join(", ", names) + "; apt-get install " + String.join(" ", packages);
        }
        return Fio.hasNbd() ? null : "this fio has no engine nbd; install one that was built with libnbd";
    }

    /** Measures; the servers that it starts have ended when it returns. */
    public BenchReport run() throws IOException {
        long size = settings.volumeBytes();
        try (NbdContender first = new TidemarkContender(folder, sockets, size);
                NbdContender second = new QemuContender(folder, sockets, size);
                NbdContender third = new NbdkitContender(folder, sockets, size)) {
            own = first;
            qcow2 = second;
            raw = third;
            report.note("the client: " + Fio.version() + ", one connection, volumes of " + (size >> 20) + " MiB");
            for (NbdContender each : List.of(own, qcow2, raw)) {
                report.note(each.title() + ": " + each.version());
                progress.accept("filling " + each.title());
                fio.fill(each.uri());
            }
            for (Case each : settings.cases()) {
                progress.accept(each.name().toLowerCase(Locale.ROOT));
                switch (each) {
                    case WRITES -> writes();
                    case SNAPSHOT -> snapshot();
                    case FLUSHES -> flushes();
                    case READS -> reads();
                    case SEQUENTIAL -> sequential();
                }
            }
        }
        return report;
    }

    /** One contender's turn in a round. */
    private interface Turn {
        /** Measures; {@code round} is the seed, too. */
        void take(NbdContender contender, int seconds, int round, boolean counts) throws IOException;
    }

    private void rounds(List<NbdContender> contenders, Turn turn) throws IOException {
        rounds(contenders, settings.rounds(), settings.seconds(), turn);
    }

    private void rounds(List<NbdContender> contenders, int count, int seconds, Turn turn) throws IOException {
        rounds(contenders, settings.seconds(), count, seconds, turn);
    }

    private void rounds(List<NbdContender> contenders, int warmUpSeconds, int count, int seconds, Turn turn)
            throws IOException {
        for (int round = 0; round <= count; round++) {
            boolean counts = round > 0;
            progress.accept(counts ? "  round " + round + " of " + count : "  warming up");
            for (NbdContender contender : contenders) {
                turn.take(contender, counts ? seconds : warmUpSeconds, round, counts);
            }
        }
    }

    private List<NbdContender> all() {
        return List.of(own, qcow2, raw);
    }

    private static String name(String what, NbdContender contender) {
        return what + ", " + contender.title();
    }

    private void add(boolean counts, String what, NbdContender contender, String unit, double value) {
        if (counts) {
            report.add(name(what, contender), unit, value);
        }
    }

    private void claim(String what, NbdContender against, double bound) {
        report.claimRatio(what + " / " + against.title(), name(what, own), name(what, against), bound);
    }

    private void writes() throws IOException {
        String what = "random 4 KiB writes, depth 32";
        Fio.Job job = new Fio.Job("randwrite", BLOCK_BYTES, DEPTH, 0);
        rounds(all(), (contender, seconds, round, counts) -> {
            memory.refresh();
            FioReport found = fio.run(contender.uri(), job, seconds, round);
            add(counts, what, contender, PER_SECOND, found.writesPerSecond());
        });
        report.note("random writes: half a GiB of free memory is touched before each turn");
        claim(what, qcow2, 2.5);
    }

    private void snapshot() throws IOException {
        String what = "random 4 KiB writes right after a snapshot";
        Fio.Job job = new Fio.Job("randwrite", BLOCK_BYTES, DEPTH, 0);
        List<NbdContender> contenders = new ArrayList<>(all());
        contenders.removeIf(contender -> !contender.hasSnapshots());
        rounds(contenders, (contender, seconds, round, counts) -> {
            contender.takeSnapshot();
            memory.refresh();
            FioReport found = fio.run(contender.uri(), job, seconds, round);
            add(counts, what, contender, PER_SECOND, found.writesPerSecond());
            contender.removeSnapshot();
        });
        claim(what, qcow2, 15);
    }

    private void flushes() throws IOException {
        String what = "4 KiB write + flush, depth 1";
        Fio.Job job = new Fio.Job("randwrite", BLOCK_BYTES, 1, 1);
        // Forces meet whatever else the disk does: here the contenders change places every second.
        rounds(all(), settings.rounds() * settings.seconds(), 1, (contender, seconds, round, counts) -> {
            FioReport found = fio.run(contender.uri(), job, seconds, round);
            add(counts, what, contender, PER_SECOND, found.writesPerSecond());
            add(counts, "  the write alone, p50", contender, MICROS, found.writeMedianMicros());
            add(counts, "  the flush alone, p50", contender, MICROS, found.flushMedianMicros());
            add(counts, "  the flush alone, p99", contender, MICROS, found.flush99Micros());
        });
        claim(what, qcow2, 1.2);
    }

    private void reads() throws IOException {
        String what = "random 4 KiB reads, depth 32";
        Fio.Job job = new Fio.Job("randread", BLOCK_BYTES, DEPTH, 0);
        for (NbdContender contender : all()) {
            // All of it into the page cache, where the contender uses it; a second would not do after random writes.
            fio.readAll(contender.uri());
        }
        rounds(all(), (contender, seconds, round, counts) -> {
            FioReport found = fio.run(contender.uri(), job, seconds, round);
            add(counts, what, contender, PER_SECOND, found.readsPerSecond());
        });
        report.note("reads: the data is in the page cache, which qemu-nbd with --cache=none does not use");
        claim(what, qcow2, 2);
        claim(what, raw, 1.2);
    }

    private void sequential() throws IOException {
        String flushed = "1 MiB sequential writes, depth " + SEQUENTIAL_DEPTH;
        String write = "1 MiB sequential writes, passes over each other, a flush at the end";
        String read = "1 MiB sequential reads, depth " + SEQUENTIAL_DEPTH;
        Fio.Job writes = new Fio.Job("write", LARGE_BYTES, SEQUENTIAL_DEPTH, 0);
        int pass = (int) Math.max(1, settings.volumeBytes() / LARGE_BYTES);
        Fio.Job passes = new Fio.Job("write", LARGE_BYTES, SEQUENTIAL_DEPTH, pass);
        Fio.Job reads = new Fio.Job("read", LARGE_BYTES, SEQUENTIAL_DEPTH, 0);
        // Each by itself, as the other cases: a host that takes idle memory back meets all contenders alike then.
        int warmUp = WARM_UP_TURNS * settings.seconds();
        rounds(all(), warmUp, settings.rounds(), settings.seconds(), (contender, seconds, round, counts) -> {
            FioReport found = fio.run(contender.uri(), writes, seconds, round);
            add(counts, write, contender, PER_SECOND, found.writesPerSecond());
        });
        rounds(all(), (contender, seconds, round, counts) -> {
            FioReport found = fio.run(contender.uri(), passes, seconds, round);
            add(counts, flushed, contender, PER_SECOND, found.writesPerSecond());
        });
        rounds(all(), (contender, seconds, round, counts) -> {
            FioReport found = fio.run(contender.uri(), reads, seconds, round);
            add(counts, read, contender, PER_SECOND, found.readsPerSecond());
        });
        for (String what : List.of(write, flushed, read)) {
            report.claimAtLeast(what + " / better peer", report.median(name(what, own)) / better(what), 0.9);
        }
        report.note("passes over each other: a peer's overwrite each other in its cache, and the disk sees the last");
        report.note("these are preceded by " + WARM_UP_TURNS + " turns of each contender that don't count");
    }

    private double better(String what) {
        return Math.max(report.median(name(what, qcow2)), report.median(name(what, raw)));
    }
}
