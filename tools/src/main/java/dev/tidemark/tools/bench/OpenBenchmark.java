package dev.tidemark.tools.bench;

import dev.tidemark.engine.Store;
import dev.tidemark.engine.StoreConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How long it takes to open a store that did not end in order. */
final class OpenBenchmark {
    /** All over the volume: each meets pages of its own, and a checkpoint is taken after some more only. */
    private static final int SCATTERED_TAIL = 4_000;

    /** A little less than brings a checkpoint about: each write counts as one mapping and as an event, three more. */
    private static final int LONGEST_TAIL = 250_000;
    /** Where the longest tail goes: so many mappings elsewhere would bring a checkpoint about. */
    private static final long LONGEST_TAIL_BYTES = 1L << 30;

    private static final int TRIES = 5;
    private static final long SETTLE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private static final int KILLS_PER_ROUND = 5;
    private static final long KILLED_VOLUME_BYTES = 2L << 30;
    private static final long CHILD_LIMIT_NANOS = TimeUnit.MINUTES.toNanos(1);
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
    private static final Pattern RECOVERY = Pattern.compile("opened .*: (\\d+) events in (\\d+) ms");

    private final ScaleBenchmark.Run run;
    private final ScaleBenchmark.Settings settings;
    private final BenchReport report;

    OpenBenchmark(ScaleBenchmark.Run run) {
        this.run = run;
        this.settings = run.settings();
        this.report = run.report();
    }

    // ---- by size

    /** With what was written behind the last checkpoint being the same for each size. */
    void bySize() throws Exception {
        warmUp();
        for (long bytes : settings.openBytes()) {
            Path place = run.part("open " + ScaleStore.size(bytes));
            long start = System.nanoTime();
            try (ScaleStore made = run.filled(place, bytes)) {
                String size = ", " + ScaleStore.size(bytes) + " mapped";
                report.add("mapping it" + size, "s", (System.nanoTime() - start) / 1e9);
                report.add("metadata file" + size, "MiB", made.status("metadata_file_bytes") / 1048576.0);
                made.shut();
                for (int round = 1; round <= settings.rounds(); round++) {
                    run.round(round);
                    report.add("open, clean" + size, "ms", made.open() / 1e6);
                    crash(made, scattered(size), SCATTERED_TAIL, bytes, round);
                    crash(made, longest(size), LONGEST_TAIL, Math.min(bytes, LONGEST_TAIL_BYTES), round);
                    made.shut();
                }
            }
            BenchFolders.remove(place);
        }
        claims();
    }

    /** The first opens of a process meet the interpreter. */
    private void warmUp() throws Exception {
        Path place = run.part("warming up");
        try (ScaleStore made = run.filled(place, LONGEST_TAIL_BYTES)) {
            for (int i = 0; i < TRIES; i++) {
                writeTail(made, LONGEST_TAIL / TRIES, LONGEST_TAIL_BYTES, i);
                made.crash();
                made.open();
            }
        }
        BenchFolders.remove(place);
    }

    private static String scattered(String size) {
        return "open after a crash, " + SCATTERED_TAIL + " scattered writes" + size;
    }

    private static String longest(String size) {
        return "open after a crash, longest tail" + size;
    }

    /** Ends it with so many writes behind the last checkpoint, and opens it again. */
    private void crash(ScaleStore made, String name, long tail, long bytes, long seed) throws Exception {
        writeTail(made, tail, bytes, seed);
        made.crash();
        report.add(name, "ms", made.open() / 1e6);
        report.add("  its recovery", "ms", (double) made.store().status().recoveryMs());
        long events = made.store().status().recoveredEvents();
        if (events < tail) {
            throw new IllegalStateException("of a tail of " + tail + " writes, " + events + " were replayed");
        }
        if (tail == LONGEST_TAIL) {
            report.add(
                    "block mappings replayed",
                    "/s",
                    events * 1e3 / made.store().status().recoveryMs());
        }
    }

    /** The file of metadata grows before and after a checkpoint; that may take another one, so it tries again. */
    private static void writeTail(ScaleStore made, long tail, long bytes, long seed) {
        for (int i = 0; i < TRIES; i++) {
            made.send("checkpoint");
            LockSupport.parkNanos(SETTLE_NANOS);
            long checkpoints = made.status("checkpoints");
            made.scatter(ScaleStore.VOLUME, bytes, tail, seed + i);
            made.store().volume(ScaleStore.VOLUME).flush();
            LockSupport.parkNanos(SETTLE_NANOS); // one that has begun is not counted yet
            if (made.status("checkpoints") == checkpoints) {
                return;
            }
        }
        throw new IllegalStateException("a checkpoint was taken in each tail of " + tail + " writes");
    }

    private void claims() {
        String first = ", " + ScaleStore.size(settings.openBytes().get(0)) + " mapped";
        String last = ", "
                + ScaleStore.size(settings.openBytes().get(settings.openBytes().size() - 1)) + " mapped";
        report.claimAtMost(
                "open after a crash, scattered writes, largest store, ms", report.median(scattered(last)), 1000);
        report.claimAtMost("open after a crash, longest tail, largest store, ms", report.median(longest(last)), 1000);
        if (!last.equals(first)) {
            report.claimAtMost(
                    "open, scattered writes, largest / smallest store",
                    report.median(scattered(last)) / report.median(scattered(first)),
                    1.5);
            report.claimAtMost(
                    "open, longest tail, largest / smallest store",
                    report.median(longest(last)) / report.median(longest(first)),
                    1.5);
        }
        report.claimAtLeast("block mappings replayed a second", report.median("block mappings replayed"), 1e6);
    }

    // ---- after a kill

    /** A process of its own writes at full speed to a real disk and is killed at any moment; the server opens it. */
    void afterKill() throws Exception {
        Path place = run.part("kill -9");
        Path store = place.resolve("store");
        StoreConfig config =
                StoreConfig.at(store).capacityBytes(4 * KILLED_VOLUME_BYTES).build();
        Store.init(config);
        try (Store made = Store.open(config)) {
            made.send("create " + BenchStore.VOLUME + " size=" + KILLED_VOLUME_BYTES);
            new VolumeLoad(made.volume(BenchStore.VOLUME), 1).fill();
        }
        Path sockets = Files.createTempDirectory("tidemark-bench-"); // a socket's path must be short
        try {
            SplittableRandom random = new SplittableRandom(settings.rounds());
            for (int i = 1; i <= settings.rounds() * KILLS_PER_ROUND; i++) {
                run.round(i);
                writeAndKill(place, store, i, random.nextLong(settings.nanos() / 2, 3 * settings.nanos() / 2));
                serve(place, store, sockets.resolve(i + ".sock"));
            }
        } finally {
            BenchFolders.remove(sockets);
        }
        BenchFolders.remove(place);
        report.claimAtMost("recovery after kill -9, slowest, ms", report.highest("recovery after kill -9"), 1000);
        report.claimAtMost(
                "server's start until it answers, slowest, ms", report.highest("server's start after kill -9"), 2000);
    }

    private static void writeAndKill(Path place, Path store, int seed, long nanos) throws Exception {
        Path begun = place.resolve("begun-" + seed);
        Process writer = new ProcessBuilder(ChildJvm.command(
                        KilledWriter.class.getName(), store.toString(), Integer.toString(seed), begun.toString()))
                .redirectErrorStream(true)
                .redirectOutput(place.resolve("writer.log").toFile())
                .start();
        try {
            long start = System.nanoTime();
            while (!Files.exists(begun)) {
                if (!writer.isAlive() || System.nanoTime() - start > CHILD_LIMIT_NANOS) {
                    throw new IOException("the process that writes did not begin: "
                            + Files.readString(place.resolve("writer.log")).strip());
                }
                LockSupport.parkNanos(LOOK_NANOS);
            }
            LockSupport.parkNanos(nanos);
            if (!writer.isAlive()) {
                throw new IOException("the process that writes ended by itself: "
                        + Files.readString(place.resolve("writer.log")).strip());
            }
        } finally {
            writer.destroyForcibly().waitFor(); // SIGKILL
        }
    }

    private void serve(Path place, Path store, Path socket) throws IOException {
        Path log = place.resolve("server.log");
        long start = System.nanoTime();
        ServerChild server =
                ServerChild.start(ChildJvm.program("serve", store.toString(), "--nbd", "unix:" + socket), socket, log);
        report.add("server's start after kill -9", "ms", (System.nanoTime() - start) / 1e6);
        server.close();
        Matcher recovery = RECOVERY.matcher(Files.readString(log));
        if (!recovery.find()) {
            throw new IOException("the server does not say what it recovered: " + Files.readString(log));
        }
        report.add("recovery after kill -9", "ms", Double.parseDouble(recovery.group(2)));
        report.add("  events replayed", "", Double.parseDouble(recovery.group(1)));
    }
}
