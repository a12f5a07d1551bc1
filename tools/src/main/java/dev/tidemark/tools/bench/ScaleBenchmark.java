package dev.tidemark.tools.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.HdrHistogram.Histogram;

/**
 * What does not depend on the size of a store, and what its memory costs: opening after a crash, metadata larger than
 * memory, checkpoints under load, and giving space back. The exception store keeps no data ({@link NoDataStorage}),
 * journal and metadata are real files.
 */
public final class ScaleBenchmark {
    /** Which part. */
    public enum Case {
        /** The time of an open after a crash, for stores of several sizes and the same tail of journal. */
        OPEN,
        /** Random and sequential work on metadata that does not fit memory, beside metadata that does. */
        PAGING,
        /** Random writes while one checkpoint follows the other, beside the same without. */
        CHECKPOINTS,
        /** Deleting a snapshot that alone owns scattered blocks, and many snapshots of one volume. */
        RECLAIM
    }

    /**
     * What to measure.
     *
     * @param cases none for all
     * @param rounds of each case
     * @param seconds of each stretch of work
     * @param openBytes the sizes of the case open
     * @param pagingBytes the size of the case paging
     * @param pagingMemory the memory of the case paging, as an option of a store
     * @param reclaimBytes what the snapshot of the case reclaim owns, a power of two
     * @param snapshots the most snapshots of that case
     */
    public record Settings(
            Set<Case> cases,
            int rounds,
            int seconds,
            List<Long> openBytes,
            long pagingBytes,
            String pagingMemory,
            long reclaimBytes,
            int snapshots) {
        boolean has(Case one) {
            return cases.isEmpty() || cases.contains(one);
        }

        long nanos() {
            return TimeUnit.SECONDS.toNanos(seconds);
        }
    }

    /** Random writes behind the checkpoint that a recovery replays. */
    private static final int TAIL_WRITES = 10_000;

    /** Just below the number of mappings after which a checkpoint is taken. */
    private static final int LONG_TAIL_WRITES = 1_000_000;

    private static final int SETTLE_SECONDS = 2;

    private final Path folder;
    private final Settings settings;
    private final Consumer<String> progress;
    private final BenchReport report = new BenchReport();

    /**
     * A benchmark in a folder that exists and goes afterwards.
     *
     * @param progress told what is being done
     */
    public ScaleBenchmark(Path folder, Settings settings, Consumer<String> progress) {
        this.folder = folder;
        this.settings = settings;
        this.progress = progress;
    }

    /** Measures everything that was asked for. */
    public BenchReport run() throws Exception {
        if (settings.has(Case.OPEN)) {
            open();
        }
        if (settings.has(Case.PAGING)) {
            paging();
        }
        if (settings.has(Case.CHECKPOINTS)) {
            checkpoints();
        }
        if (settings.has(Case.RECLAIM)) {
            reclaim();
        }
        return report;
    }

    private Path part(String name) throws Exception {
        progress.accept(name);
        return Files.createTempDirectory(folder, "case-");
    }

    private ScaleStore filled(Path place, long bytes) throws Exception {
        ScaleStore made = new ScaleStore(place);
        made.init();
        made.open();
        made.send("create " + ScaleStore.VOLUME + " size=" + bytes);
        progress.accept("  mapping " + ScaleStore.size(bytes));
        made.fill(ScaleStore.VOLUME, bytes);
        return made;
    }

    // ---- open

    private void open() throws Exception {
        for (long bytes : settings.openBytes()) {
            Path place = part("open " + ScaleStore.size(bytes));
            String size = ", " + ScaleStore.size(bytes) + " mapped";
            try (ScaleStore made = filled(place, bytes)) {
                made.shut();
                for (int round = 1; round <= settings.rounds(); round++) {
                    progress.accept("  round " + round);
                    report.add("open, clean" + size, "ms", made.open() / 1e6);
                    made.randomWrites(ScaleStore.VOLUME, 0, round);
                    tail(made, TAIL_WRITES, round);
                    made.crash();
                    report.add("open after a crash" + size, "ms", made.open() / 1e6);
                    report.add("  events replayed", "", (double)
                            made.store().status().recoveredEvents());
                    made.shut();
                }
            }
            BenchFolders.remove(place);
        }
        long first = settings.openBytes().get(0);
        long last = settings.openBytes().get(settings.openBytes().size() - 1);
        report.claimAtMost(
                "open after a crash, largest store, ms",
                report.median("open after a crash, " + ScaleStore.size(last) + " mapped"),
                1000);
        if (last != first) {
            report.claimAtMost(
                    "open after a crash, largest / smallest store",
                    report.median("open after a crash, " + ScaleStore.size(last) + " mapped")
                            / report.median("open after a crash, " + ScaleStore.size(first) + " mapped"),
                    1.5);
        }
        replay();
    }

    /** A tail as long as the defaults let it become, over a volume that fits memory: replay itself. */
    private void replay() throws Exception {
        Path place = part("replay");
        try (ScaleStore made = filled(place, 1L << 30)) {
            made.shut();
            for (int round = 1; round <= settings.rounds(); round++) {
                progress.accept("  round " + round);
                made.open();
                tail(made, LONG_TAIL_WRITES, round);
                made.crash();
                report.add("open after a crash, long tail", "ms", made.open() / 1e6);
                double seconds = made.store().status().recoveryMs() / 1e3;
                report.add(
                        "  block mappings replayed", "/s", made.store().status().recoveredEvents() / seconds);
                made.shut();
            }
        }
        BenchFolders.remove(place);
        report.claimAtLeast("block mappings replayed a second", report.median("  block mappings replayed"), 1e6);
        report.claimAtMost("open after a crash, long tail, ms", report.median("open after a crash, long tail"), 1000);
    }

    /** The same number of events behind the checkpoint each time. */
    private static void tail(ScaleStore made, long writes, long seed) throws Exception {
        made.send("checkpoint");
        long done = 0;
        while (done < writes) {
            done += made.randomWrites(ScaleStore.VOLUME, 0, seed + done).operations();
        }
        made.store().volume(ScaleStore.VOLUME).flush();
    }

    // ---- paging

    private void paging() throws Exception {
        Path place = part("paging");
        try (ScaleStore made = filled(place, settings.pagingBytes())) {
            made.shut();
            for (int round = 1; round <= settings.rounds(); round++) {
                progress.accept("  round " + round);
                stretch(made, "in " + settings.pagingMemory(), settings.pagingMemory(), round);
                stretch(made, "all in memory", "64G", round);
            }
        }
        BenchFolders.remove(place);
        String little = ", in " + settings.pagingMemory();
        for (String kind : List.of("1 MiB sequential writes", "1 MiB sequential reads")) {
            report.claimRatio(kind + little + " / all in memory", kind + little, kind + ", all in memory", 0.9);
        }
        report.claimAtMost(
                "metadata in memory" + little + ", MiB",
                report.median("metadata in memory" + little),
                1.25 * mebibytes());
    }

    private double mebibytes() {
        String text = settings.pagingMemory();
        return Long.parseLong(text.substring(0, text.length() - 1)) * (text.endsWith("G") ? 1024.0 : 1.0);
    }

    private void stretch(ScaleStore made, String name, String memory, int seed) throws Exception {
        made.option("metadata-memory", memory).open();
        String what = ", " + name;
        if (!name.startsWith("in ")) {
            made.sequential(ScaleStore.VOLUME, settings.nanos(), false); // brings much of it in
        }
        long[] before = {made.status("page_faults")};
        one("random 4 KiB reads" + what, made.randomReads(ScaleStore.VOLUME, settings.nanos(), seed), made, before);
        one("random 4 KiB writes" + what, made.randomWrites(ScaleStore.VOLUME, settings.nanos(), seed), made, before);
        one("1 MiB sequential writes" + what, made.sequential(ScaleStore.VOLUME, settings.nanos(), true), made, before);
        one("1 MiB sequential reads" + what, made.sequential(ScaleStore.VOLUME, settings.nanos(), false), made, before);
        report.add("metadata in memory" + what, "MiB", made.status("page_bytes") / 1048576.0);
        made.shut();
    }

    private void one(String name, Speed speed, ScaleStore made, long[] faultsBefore) {
        long faults = made.status("page_faults");
        report.add(name, "/s", speed.perSecond());
        report.add("  pages brought in per operation", "", (faults - faultsBefore[0]) / (double) speed.operations());
        faultsBefore[0] = faults;
    }

    // ---- checkpoints under load

    private void checkpoints() throws Exception {
        Path place = part("checkpoints under load");
        try (BenchStore made = BenchStore.filled(place, 1L << 30)) {
            VolumeLoad load = made.load(7);
            load.randomWrites(settings.nanos(), 32);
            Histogram[] latencies = {Speed.histogram(), Speed.histogram()};
            for (int round = 1; round <= settings.rounds(); round++) {
                progress.accept("  round " + round);
                report.add(
                        "random 4 KiB writes",
                        "/s",
                        load.randomWrites(settings.nanos(), 32).perSecond());
                load.timedWrites(settings.nanos(), latencies[0]);
                try (Repeated checkpoints = new Repeated(made)) {
                    report.add(
                            "random 4 KiB writes, a checkpoint a second",
                            "/s",
                            load.randomWrites(settings.nanos(), 32).perSecond());
                    load.timedWrites(settings.nanos(), latencies[1]);
                    report.add("  checkpoints taken", "", checkpoints.taken());
                }
            }
            report.add("random 4 KiB write, p99", "us", latencies[0].getValueAtPercentile(99) / 1e3);
            report.add(
                    "random 4 KiB write, p99, a checkpoint a second",
                    "us",
                    latencies[1].getValueAtPercentile(99) / 1e3);
        }
        BenchFolders.remove(place);
        report.claimRatio(
                "writes while checkpoints are taken / without",
                "random 4 KiB writes, a checkpoint a second",
                "random 4 KiB writes",
                0.85);
        report.claimAtMost(
                "their p99 / without",
                report.median("random 4 KiB write, p99, a checkpoint a second")
                        / report.median("random 4 KiB write, p99"),
                2);
    }

    /** Asks for a checkpoint each second. */
    private static final class Repeated implements AutoCloseable {
        private final Thread thread;
        private volatile boolean ended;
        private volatile int taken;

        Repeated(BenchStore made) {
            thread = new Thread(() -> run(made), "checkpoints");
            thread.start();
        }

        @SuppressWarnings("NonAtomicVolatileUpdate") // one thread
        private void run(BenchStore made) {
            while (!ended) {
                made.send("checkpoint");
                taken++;
                LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1));
            }
        }

        int taken() {
            return taken;
        }

        @Override
        public void close() {
            ended = true;
            LockSupport.unpark(thread);
            while (thread.isAlive()) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
            }
        }
    }

    // ---- reclaim

    private void reclaim() throws Exception {
        Path place = part("reclaim");
        try (ScaleStore made = new ScaleStore(place)) {
            made.init();
            made.open();
            for (int round = 1; round <= settings.rounds(); round++) {
                progress.accept("  round " + round);
                scattered(made, round);
            }
            for (int count = settings.snapshots() / 4; count <= settings.snapshots(); count *= 2) {
                progress.accept("  " + count + " snapshots");
                manySnapshots(made, count);
            }
        }
        BenchFolders.remove(place);
        report.claimAtLeast("blocks given back a second when idle", report.median("blocks given back, idle"), 1e6);
        report.claimAtMost(
                "p99 of writes while blocks are given back / without",
                report.median("write p99 while blocks are given back") / report.median("write p99"),
                2);
        String more = "snapshots deleted, " + settings.snapshots() + " of one volume";
        String fewer = "snapshots deleted, " + settings.snapshots() / 4 + " of one volume";
        report.claimAtLeast("rate of deleting 4 times the snapshots / of fewer", ratio(more, fewer), 0.5);
    }

    private double ratio(String of, String against) {
        return report.median(of) / report.median(against);
    }

    private void scattered(ScaleStore made, int round) throws Exception {
        long bytes = settings.reclaimBytes();
        made.send("create other size=1G");
        made.fill("other", 1L << 30);
        for (boolean idle : new boolean[] {true, false}) {
            made.send("create disk size=" + bytes);
            made.fillAtRandom("disk", bytes);
            made.send("create snap origin=disk");
            made.fill("disk", bytes); // now the snapshot alone has the scattered blocks
            Histogram calm = Speed.histogram();
            made.timedWrites("other", TimeUnit.SECONDS.toNanos(SETTLE_SECONDS), round, calm);
            long start = System.nanoTime();
            made.send("delete snap");
            report.add(
                    "delete of a snapshot that owns " + ScaleStore.size(bytes),
                    "us",
                    (System.nanoTime() - start) / 1e3);
            if (idle) {
                made.awaitJobs();
                double seconds = (System.nanoTime() - start) / 1e9;
                report.add("blocks given back, idle", "/s", (double) bytes / ScaleStore.BLOCK_BYTES / seconds);
            } else {
                Histogram busy = Speed.histogram();
                made.timedWrites("other", TimeUnit.SECONDS.toNanos(SETTLE_SECONDS), round + 1, busy);
                report.add("write p99", "us", calm.getValueAtPercentile(99) / 1e3);
                report.add("write p99 while blocks are given back", "us", busy.getValueAtPercentile(99) / 1e3);
                boolean done = made.send("jobs").contains(" rows=0");
                report.add("  jobs were over before the writes", "", done ? 1 : 0);
                made.awaitJobs();
            }
            made.send("delete disk");
            made.awaitJobs();
        }
        made.send("delete other");
        made.awaitJobs();
    }

    private void manySnapshots(ScaleStore made, int count) throws Exception {
        made.send("create disk size=1G");
        made.fill("disk", 1L << 30);
        for (int i = 0; i < count; i++) {
            made.send("create s" + i + " origin=disk");
            made.randomWrites("disk", 0, i);
        }
        long start = System.nanoTime();
        for (int i = 0; i < count; i++) {
            made.send("delete s" + i);
        }
        made.awaitJobs();
        double seconds = (System.nanoTime() - start) / 1e9;
        report.add("snapshots deleted, " + count + " of one volume", "/s", count / seconds);
        made.send("delete disk");
        made.awaitJobs();
    }
}
