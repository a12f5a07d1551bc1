package dev.tidemark.tools.bench;

import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/** What a checkpoint costs those who write meanwhile, and how much it writes itself. */
final class CheckpointBenchmark {
    private static final int DEPTH = 32;
    private static final long VOLUME_BYTES = 1L << 30;
    /** So short that the store takes no checkpoint of its own: a million mappings bring one about. */
    private static final long SLICE_NANOS = TimeUnit.SECONDS.toNanos(2);

    private static final int LEAST_SLICES = 2;
    private static final long INCREMENTAL_BYTES = 16L << 30;
    private static final int LEAF_BYTES = 1 << 20;
    private static final String WITHOUT = "random 4 KiB writes, depth 32";
    private static final String WITH = WITHOUT + ", a checkpoint a second";

    private final ScaleBenchmark.Run run;
    private final ScaleBenchmark.Settings settings;
    private final BenchReport report;

    CheckpointBenchmark(ScaleBenchmark.Run run) {
        this.run = run;
        this.settings = run.settings();
        this.report = run.report();
    }

    void measure() throws Exception {
        underLoad();
        incremental();
    }

    /** Full load on a real disk; with checkpoints and without by turns. */
    private void underLoad() throws Exception {
        Path place = run.part("checkpoints under load");
        try (BenchStore made = BenchStore.filled(place, VOLUME_BYTES)) {
            VolumeLoad load = made.load(7);
            load.randomWrites(settings.nanos(), DEPTH);
            int slices = Math.max(LEAST_SLICES, (int) (settings.nanos() / SLICE_NANOS));
            for (int round = 1; round <= settings.rounds(); round++) {
                run.round(round);
                Histogram[] latencies = {Speed.histogram(), Speed.histogram()};
                Speed[] speeds = {Speed.NONE, Speed.NONE};
                for (int slice = 0; slice < slices; slice++) {
                    made.send("checkpoint");
                    speeds[0] = speeds[0].plus(load.timedWrites(SLICE_NANOS, DEPTH, latencies[0]));
                    try (Repeated checkpoints = new Repeated(made)) {
                        speeds[1] = speeds[1].plus(load.timedWrites(SLICE_NANOS, DEPTH, latencies[1]));
                        report.add("  checkpoints taken in 2 s", "", checkpoints.taken());
                    }
                }
                report.add(WITHOUT, "/s", speeds[0].perSecond());
                report.add(WITH, "/s", speeds[1].perSecond());
                report.add(WITHOUT + ", p99", "us", latencies[0].getValueAtPercentile(99) / 1e3);
                report.add(WITH + ", p99", "us", latencies[1].getValueAtPercentile(99) / 1e3);
            }
        }
        BenchFolders.remove(place);
        report.claimRatio("writes while checkpoints are taken / without", WITH, WITHOUT, 0.85);
        report.claimAtMost("their p99 / without", report.median(WITH + ", p99") / report.median(WITHOUT + ", p99"), 2);
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

    /** How much a checkpoint writes for so many dirty pages, in a store of many more. */
    private void incremental() throws Exception {
        Path place = run.part("bytes of checkpoints");
        double least = Double.MAX_VALUE;
        double most = 0;
        try (ScaleStore made = run.filled(place, INCREMENTAL_BYTES)) {
            for (int leaves : new int[] {64, 512, 4096}) {
                made.send("checkpoint");
                made.oneBlockOfEach(ScaleStore.VOLUME, LEAF_BYTES, leaves);
                long dirty = made.status("dirty_pages");
                long before = made.metadataBytes();
                made.send("checkpoint");
                long bytes = made.metadataBytes() - before;
                String name = String.format(Locale.ROOT, "a checkpoint after %,d scattered writes", leaves);
                report.add(name + ": dirty pages", "", (double) dirty);
                report.add(name + ": bytes written for each", "B", bytes / (double) dirty);
                least = Math.min(least, bytes / (double) dirty);
                most = Math.max(most, bytes / (double) dirty);
            }
        }
        BenchFolders.remove(place);
        report.claimAtMost("bytes a dirty page, most / least", most / least, 2);
    }
}
