package dev.tidemark.tools.bench;

import dev.tidemark.engine.StoreEvent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.HdrHistogram.Histogram;

/** Deleting snapshots: how soon it is answered, how fast space comes back, and what others notice of it. */
final class ReclaimBenchmark {
    private static final String OTHER = "other";
    private static final long OTHER_BYTES = 1L << 30;
    private static final long SNAPSHOTS_BYTES = 1L << 30;
    /** Each snapshot owns a few blocks in as many leaves. */
    private static final int WRITES_BETWEEN = 128;

    private static final Pattern DONE = Pattern.compile(" done_bytes=(\\d+)");

    /** Small commands that compile what a command runs through. */
    private static final int WARM_UP_COMMANDS = 2_000;
    /** And so many right before each large delete: after a rest, processor and disk are slow for anything. */
    private static final int COMMANDS = 200;
    /** Snapshots that own as much, but written in order, which takes seconds instead of minutes. */
    private static final int MORE_SNAPSHOTS = 6;

    private static final int DEPTH = 32;
    /** Long enough that nothing is left of what the snapshot cost when it was made. */
    private static final long WARM_UP_NANOS = TimeUnit.SECONDS.toNanos(2);

    /** Segments of the journal come and go after a checkpoint. */
    private static final long SETTLE_NANOS = TimeUnit.SECONDS.toNanos(2);

    private static final long JOB_LIMIT_NANOS = TimeUnit.MINUTES.toNanos(5);

    private final ScaleBenchmark.Run run;
    private final ScaleBenchmark.Settings settings;
    private final BenchReport report;

    ReclaimBenchmark(ScaleBenchmark.Run run) {
        this.run = run;
        this.settings = run.settings();
        this.report = run.report();
    }

    /** How foreground work comes in. */
    private enum Foreground {
        ONE_AT_A_TIME("4 KiB writes one at a time"),
        MANY("4 KiB writes, depth 32");

        private final String title;

        Foreground(String title) {
            this.title = title;
        }
    }

    // ---- one snapshot

    /**
     * A snapshot that alone owns scattered blocks goes: beside two kinds of foreground work first, then idle. After it
     * the same work again, for comparison.
     */
    void scattered() throws Exception {
        Path place = run.part("reclaim");
        try (ScaleStore made = new ScaleStore(Files.createDirectory(place.resolve("store")));
                JournalForces forces = new JournalForces(Files.createDirectory(place.resolve("forces")))) {
            made.init();
            made.open();
            made.send("create " + OTHER + " size=" + OTHER_BYTES);
            made.fill(OTHER, OTHER_BYTES);
            for (int round = 1; round <= settings.rounds(); round++) {
                run.round(round);
                makeSnapshot(made, round);
                delete(made, forces, round);
            }
        }
        BenchFolders.remove(place);
        report.claimAtMost(
                "delete / one journal force, median of " + settings.rounds() * (1 + MORE_SNAPSHOTS),
                report.median(deleted()) / report.median("journal force"),
                1.5);
        report.claimAtLeast("blocks given back a second when idle", report.median("blocks given back, idle"), 1e6);
        for (Foreground each : Foreground.values()) {
            report.claimAtMost(
                    "p99 of " + each.title + ", meanwhile / afterwards",
                    report.median(each.title + ", p99 meanwhile") / report.median(each.title + ", p99 afterwards"),
                    2);
        }
    }

    private String deleted() {
        return "delete of a snapshot that alone owns " + ScaleStore.size(settings.reclaimBytes());
    }

    /** Counts jobs that were begun here, and those that are over. */
    private static final class Jobs {
        private final ScaleStore made;
        private final AtomicLong over = new AtomicLong();
        private volatile long begun;
        private volatile long lastNanos;

        Jobs(ScaleStore made) {
            this.made = made;
            made.store().addListener(event -> {
                if (event.kind() == StoreEvent.Kind.JOB_COMPLETED) {
                    lastNanos = System.nanoTime();
                    over.incrementAndGet();
                }
            });
        }

        /** Deletes a snapshot; in how many microseconds it was answered. */
        @SuppressWarnings("NonAtomicVolatileUpdate") // by one thread
        double delete(String name) {
            begun++;
            long start = System.nanoTime();
            made.send("delete " + name);
            return (System.nanoTime() - start) / 1e3;
        }

        boolean areOver() {
            return over.get() >= begun;
        }

        long awaitEnd() {
            long start = System.nanoTime();
            while (!areOver()) {
                if (System.nanoTime() - start > JOB_LIMIT_NANOS) {
                    throw new IllegalStateException("the jobs do not end");
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
            }
            return lastNanos;
        }
    }

    /** Compiles what a command runs through. */
    private static void warmUp(Jobs jobs, JournalForces forces) throws Exception {
        for (int i = 0; i < WARM_UP_COMMANDS; i++) {
            jobs.made.send("create warm origin=" + OTHER);
            forces.timed();
            jobs.delete("warm");
            forces.timed();
        }
    }

    /** How soon the delete of a large snapshot is answered: the last one of a row of deletes and forces. */
    private void timedDelete(Jobs jobs, JournalForces forces, String snapshot) throws Exception {
        jobs.awaitEnd();
        jobs.made.send("checkpoint");
        LockSupport.parkNanos(SETTLE_NANOS);
        for (int i = 0; i < COMMANDS; i++) {
            jobs.made.send("create row" + i + " origin=" + OTHER);
            forces.timed();
        }
        for (int i = 0; i < COMMANDS; i++) {
            report.add("delete of a snapshot that owns nothing", "us", jobs.delete("row" + i));
            report.add("journal force", "us", forces.timed() / 1e3);
        }
        report.add(deleted(), "us", jobs.delete(snapshot));
    }

    /** The volume's blocks were written in a random order; now the snapshot alone has them. */
    private void makeSnapshot(ScaleStore made, int round) throws Exception {
        long bytes = settings.reclaimBytes();
        made.shut();
        made.option("metadata-memory", "4G").open(); // so that it does not take an hour to make it
        made.send("create disk size=" + bytes);
        made.fillAtRandom("disk", bytes);
        made.send("create snap origin=disk");
        made.fill("disk", bytes);
        for (int i = 0; i < MORE_SNAPSHOTS; i++) {
            made.send("create more" + i + " origin=disk");
            made.fill("disk", bytes);
        }
        made.shut();
        made.option("metadata-memory", "256M").open(); // the default
        made.keepData(Long.MAX_VALUE); // from now on writes cost what they cost
        Histogram warmUp = Speed.histogram();
        for (Foreground each : Foreground.values()) {
            work(made, each, WARM_UP_NANOS, () -> true, round, warmUp);
        }
    }

    private void delete(ScaleStore made, JournalForces forces, int round) throws Exception {
        Jobs jobs = new Jobs(made);
        warmUp(jobs, forces);
        made.store().volume(OTHER).flush();
        for (int i = 0; i < MORE_SNAPSHOTS; i++) {
            timedDelete(jobs, forces, "more" + i);
        }
        timedDelete(jobs, forces, "snap");
        Map<Foreground, Histogram> meanwhile = new EnumMap<>(Foreground.class);
        for (Foreground each : Foreground.values()) {
            meanwhile.put(each, Speed.histogram());
            double before = doneBlocks(made);
            Speed speed = work(made, each, settings.nanos(), () -> !jobs.areOver(), round, meanwhile.get(each));
            double seconds = speed.nanos() / 1e9;
            report.add("  seconds measured beside the job, " + each.title, "s", seconds);
            report.add("blocks given back beside " + each.title, "/s", (doneBlocks(made) - before) / seconds);
            report.add(each.title + ", meanwhile", "/s", speed.perSecond());
        }
        double left = blocks() - doneBlocks(made);
        long idle = System.nanoTime();
        report.add("blocks given back, idle", "/s", left / ((jobs.awaitEnd() - idle) / 1e9));
        for (Foreground each : Foreground.values()) {
            Histogram calm = Speed.histogram();
            Speed speed = work(made, each, settings.nanos(), () -> true, round, calm);
            report.add(each.title + ", afterwards", "/s", speed.perSecond());
            report.add(each.title + ", p99 meanwhile", "us", meanwhile.get(each).getValueAtPercentile(99) / 1e3);
            report.add(each.title + ", p99 afterwards", "us", calm.getValueAtPercentile(99) / 1e3);
        }
        made.send("delete disk");
        made.awaitJobs();
    }

    /** Blocks that jobs have given back so far, of those that are not over. */
    private double doneBlocks(ScaleStore made) {
        Matcher done = DONE.matcher(made.send("jobs"));
        return done.find() ? Long.parseLong(done.group(1)) / (double) ScaleStore.BLOCK_BYTES : blocks();
    }

    private double blocks() {
        return settings.reclaimBytes() / (double) ScaleStore.BLOCK_BYTES;
    }

    private static Speed work(
            ScaleStore made, Foreground kind, long nanos, BooleanSupplier goOn, int seed, Histogram latencies) {
        long end = System.nanoTime() + nanos;
        BooleanSupplier both = () -> System.nanoTime() < end && goOn.getAsBoolean();
        return kind == Foreground.MANY
                ? made.timedWrites(OTHER, DEPTH, both, seed, latencies)
                : made.timedCalls(OTHER, both, seed, latencies);
    }

    // ---- many snapshots

    /** A tenth of them, a quarter, a half, all: the time of each must not grow with their number. */
    void manySnapshots() throws Exception {
        Path place = run.part("many snapshots");
        int most = settings.snapshots();
        TreeSet<Integer> counts = new TreeSet<>();
        for (int share : new int[] {10, 4, 2, 1}) {
            counts.add(Math.max(1, most / share));
        }
        try (ScaleStore made = new ScaleStore(place)) {
            made.init();
            made.open();
            delete(made, counts.first(), null); // warms up
            for (int round = 1; round <= settings.rounds(); round++) {
                run.round(round);
                for (int count : counts) {
                    delete(made, count, name(count));
                }
            }
        }
        BenchFolders.remove(place);
        report.claimAtMost(
                "deleting a snapshot of " + most + " / of " + counts.first(),
                report.median(name(most)) / report.median(name(counts.first())),
                2);
    }

    private static String name(int count) {
        return "snapshots deleted, " + count + " of one volume: each";
    }

    private void delete(ScaleStore made, int count, String name) throws Exception {
        made.send("create disk size=" + SNAPSHOTS_BYTES);
        made.fill("disk", SNAPSHOTS_BYTES);
        for (int i = 0; i < count; i++) {
            made.send("create s" + i + " origin=disk");
            made.scatter("disk", SNAPSHOTS_BYTES, WRITES_BETWEEN, i);
        }
        made.send("checkpoint");
        long start = System.nanoTime();
        for (int i = 0; i < count; i++) {
            made.send("delete s" + i);
        }
        made.awaitJobs();
        if (name != null) {
            report.add(name, "us", (System.nanoTime() - start) / 1e3 / count);
        }
        made.send("delete disk");
        made.awaitJobs();
    }
}
