package dev.tidemark.tools.bench;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.HdrHistogram.Histogram;

/**
 * Measures the engine in process: its workloads beside a raw file on the same disk, beside block stores made of
 * RocksDB and MVStore, and its commands beside a force of a journal. Contenders take turns within each round, so that
 * whatever else the machine does meets all of them; what is compared are medians over the rounds.
 */
public final class EngineBenchmark {
    /** What can be measured. */
    public enum Case {
        /** Random 4 KiB writes at depth 32, one flush at the end. */
        WRITES,
        /** 4 KiB write and flush at depth 1. */
        FLUSHES,
        /** Random 4 KiB reads, from the page cache and cold. */
        READS,
        /** 1 MiB writes and reads in order. */
        SEQUENTIAL,
        /** Rewriting random blocks right after a snapshot. */
        SNAPSHOT,
        /** Random writes with a flush every 32, beside RocksDB and MVStore. */
        PEERS,
        /** Latency of commands by number of volumes. */
        VOLUMES,
        /** Latency of commands, and speed of I/O, by clone depth and volume size. */
        DEPTH
    }

    /**
     * What to measure and how long.
     *
     * @param cases which
     * @param rounds of each case, at least 1; a shorter one before them warms up and does not count
     * @param seconds of each contender in each round
     * @param volumeBytes size of the volume and of the raw file
     * @param peerVolumeBytes size of the volume that the peers share with the engine
     * @param volumes the most volumes of {@link Case#VOLUMES}
     * @param depth the greatest clone depth of {@link Case#DEPTH}
     * @param samples how many latencies of each command
     */
    public record Settings(
            Set<Case> cases,
            int rounds,
            int seconds,
            long volumeBytes,
            long peerVolumeBytes,
            int volumes,
            int depth,
            int samples) {
        /** Takes its own copy of the cases. */
        public Settings {
            cases = cases.isEmpty() ? EnumSet.allOf(Case.class) : EnumSet.copyOf(cases);
        }

        long nanos() {
            return TimeUnit.SECONDS.toNanos(seconds);
        }
    }

    private static final int DEPTH = 32;
    /** The snapshot's cost is greatest at first: it is measured over this long, whatever the other cases take. */
    private static final int SNAPSHOT_SECONDS = 10;

    private static final long SNAPSHOT_SLICE_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** Forces meet what else the disk does: there the contenders change places this often within a round. */
    private static final long SLICE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private static final String FIRST = ", the first time";
    private static final String PER_SECOND = "/s";
    private static final String BYTES = "bytes";
    private static final String MICROS = "us";

    private final Path folder;
    private final Settings settings;
    private final Consumer<String> progress;
    private final BenchReport report = new BenchReport();

    /**
     * A run in a folder that exists.
     *
     * @param progress told, in words, what is being done
     */
    public EngineBenchmark(Path folder, Settings settings, Consumer<String> progress) {
        this.folder = folder;
        this.settings = settings;
        this.progress = progress;
    }

    /** Measures; what it makes in the folder is removed again. */
    public BenchReport run() throws Exception {
        for (Case each : settings.cases()) {
            progress.accept(each.name().toLowerCase(java.util.Locale.ROOT));
            switch (each) {
                case WRITES -> writes();
                case FLUSHES -> flushes();
                case READS -> reads();
                case SEQUENTIAL -> sequential();
                case SNAPSHOT -> snapshot();
                case PEERS -> new PeerBenchmark(folder, settings, progress, report).run();
                case VOLUMES -> new CommandBenchmark(folder, settings, progress, report).byVolumes();
                case DEPTH -> new CommandBenchmark(folder, settings, progress, report).byDepth();
            }
        }
        return report;
    }

    /** Something that is measured once a round, for so many nanoseconds. */
    private interface Round {
        void run(long nanos, boolean counts) throws Exception;
    }

    private void rounds(Round round) throws Exception {
        progress.accept("  warming up");
        round.run(TimeUnit.SECONDS.toNanos(Math.max(1, settings.seconds() / 2)), false);
        for (int i = 0; i < settings.rounds(); i++) {
            progress.accept("  round " + (i + 1) + " of " + settings.rounds());
            round.run(settings.nanos(), true);
        }
    }

    private void add(boolean counts, String name, Speed speed) {
        if (counts) {
            report.add(name, PER_SECOND, speed.perSecond());
        }
    }

    private void writes() throws Exception {
        String own = "random 4 KiB writes, depth 32, one flush";
        String raw = "  raw file, one thread, one fdatasync";
        try (BenchStore store = BenchStore.filled(folder, settings.volumeBytes());
                RawFile file = new RawFile(store.besides("raw"), settings.volumeBytes(), 1)) {
            VolumeLoad load = store.load(2);
            rounds((nanos, counts) -> {
                ThreadCosts rawCosts = new ThreadCosts();
                Speed rawSpeed = file.randomWrites(nanos);
                rawCosts.pause();
                add(counts, raw, rawSpeed);
                rawCost(counts, "write", rawCosts, rawSpeed);
                ThreadCosts costs = new ThreadCosts();
                Speed speed = load.randomWrites(nanos, DEPTH);
                costs.pause();
                add(counts, own, speed);
                costs(counts, "write", costs, speed);
            });
        }
        report.claimRatio("random writes / raw file", own, raw, 1.5);
        report.claimAtMost("allocated per random write, bytes", report.median("  allocated per write"), 1);
    }

    private void costs(boolean counts, String operation, ThreadCosts costs, Speed speed) {
        if (counts) {
            double operations = speed.operations();
            report.add("  allocated per " + operation, BYTES, costs.requestBytes() / operations);
            costs.each((thread, nanos, bytes) -> {
                report.add("  processor time per " + operation + ", " + thread, MICROS, nanos / 1e3 / operations);
                report.add("  allocated per " + operation + ", " + thread, BYTES, bytes / operations);
            });
        }
    }

    private void rawCost(boolean counts, String operation, ThreadCosts costs, Speed speed) {
        if (counts) {
            report.add(
                    "  processor time per " + operation + ", raw file",
                    MICROS,
                    costs.callersNanos() / 1e3 / speed.operations());
        }
    }

    private void flushes() throws Exception {
        String own = "4 KiB write + flush, depth 1";
        String byCallback = "4 KiB write + flush by callbacks, depth 1";
        String raw = "  raw file, write + fdatasync";
        try (BenchStore store = BenchStore.filled(folder, settings.volumeBytes());
                RawFile file = new RawFile(store.besides("raw"), settings.volumeBytes(), 3)) {
            VolumeLoad load = store.load(4);
            rounds((nanos, counts) -> {
                Histogram rawLatency = Speed.histogram();
                Histogram latency = Speed.histogram();
                Histogram callbackLatency = Speed.histogram();
                Speed rawSpeed = Speed.NONE;
                Speed speed = Speed.NONE;
                Speed callbackSpeed = Speed.NONE;
                ThreadCosts costs = new ThreadCosts();
                costs.pause();
                for (long done = 0; done < nanos; done += SLICE_NANOS) {
                    rawSpeed = rawSpeed.plus(file.forcedWrites(SLICE_NANOS, rawLatency));
                    speed = speed.plus(load.flushedWrites(SLICE_NANOS, latency));
                    costs.resume();
                    callbackSpeed = callbackSpeed.plus(load.flushedWritesByCallback(SLICE_NANOS, callbackLatency));
                    costs.pause();
                }
                add(counts, raw, rawSpeed);
                add(counts, own, speed);
                add(counts, byCallback, callbackSpeed);
                costs(counts, "write + flush by callbacks", costs, callbackSpeed);
                percentiles(counts, own, latency);
                percentiles(counts, byCallback, callbackLatency);
                percentiles(counts, raw, rawLatency);
            });
        }
        report.claimRatio("write + flush / raw write + fdatasync", own, raw, 0.8);
        report.claimAtMost(
                "allocated per write + flush by callbacks, bytes",
                report.median("  allocated per write + flush by callbacks"),
                1);
    }

    private void percentiles(boolean counts, String name, Histogram latency) {
        if (counts) {
            report.add(name + ", p50", MICROS, latency.getValueAtPercentile(50) / 1e3);
            report.add(name + ", p99", MICROS, latency.getValueAtPercentile(99) / 1e3);
        }
    }

    private void reads() throws Exception {
        String own = "random 4 KiB reads, page cache";
        String raw = "  raw file, page cache";
        String ownCold = "random 4 KiB reads, cold";
        String rawCold = "  raw file, cold";
        boolean cold = true;
        try (BenchStore store = BenchStore.filled(folder, settings.volumeBytes());
                RawFile file = new RawFile(store.besides("raw"), settings.volumeBytes(), 5)) {
            VolumeLoad load = store.load(6);
            load.sequentialReads(TimeUnit.SECONDS.toNanos(1)); // all of it into the page cache
            rounds((nanos, counts) -> {
                ThreadCosts rawCosts = new ThreadCosts();
                Speed rawSpeed = file.randomReads(nanos);
                rawCosts.pause();
                add(counts, raw, rawSpeed);
                rawCost(counts, "read", rawCosts, rawSpeed);
                ThreadCosts costs = new ThreadCosts();
                Speed speed = load.randomReads(nanos);
                costs.pause();
                add(counts, own, speed);
                costs(counts, "read", costs, speed);
            });
            cold = PageCache.drop(store.besides("raw"));
            if (cold) {
                rounds((nanos, counts) -> {
                    PageCache.drop(store.besides("raw"));
                    add(counts, rawCold, file.randomReads(nanos));
                    PageCache.drop(store.exceptions());
                    add(counts, ownCold, load.randomReads(nanos));
                });
            }
        }
        report.claimRatio("reads from page cache / raw file", own, raw, 0.6);
        report.claimAtMost("allocated per read, bytes", report.median("  allocated per read"), 1);
        if (cold) {
            report.claimRatio("cold reads / raw file", ownCold, rawCold, 0.9);
        } else {
            report.note("cold reads were left out: dd could not drop the file's pages");
        }
    }

    private void sequential() throws Exception {
        String write = "1 MiB sequential writes";
        String rawWrite = "  raw file, 1 MiB writes";
        String read = "1 MiB sequential reads";
        String rawRead = "  raw file, 1 MiB reads";
        try (BenchStore store = BenchStore.filled(folder, settings.volumeBytes());
                RawFile file = new RawFile(store.besides("raw"), settings.volumeBytes(), 7)) {
            VolumeLoad load = store.load(8);
            rounds((nanos, counts) -> {
                add(counts, rawWrite, file.sequentialWrites(nanos));
                ThreadCosts costs = new ThreadCosts();
                Speed speed = load.sequentialWrites(nanos);
                costs.pause();
                add(counts, write, speed);
                costs(counts, "1 MiB write", costs, speed);
                add(counts, rawRead, file.sequentialReads(nanos));
                add(counts, read, load.sequentialReads(nanos));
            });
        }
        report.claimRatio("sequential writes / raw file", write, rawWrite, 0.9);
        report.claimRatio("sequential reads / raw file", read, rawRead, 0.9);
    }

    /**
     * Two stores change places every second, one of which has just got a snapshot: what else the machine does meets
     * both. Each round has stores of its own, which were written to at random before. A store's first snapshot, when
     * its file grows to the size that it keeps, has a claim of its own.
     */
    private void snapshot() throws Exception {
        String without = "random 4 KiB writes over 10 s";
        String with = without + ", right after a snapshot";
        for (int round = 1; round <= settings.rounds(); round++) {
            progress.accept("  round " + round + " of " + settings.rounds());
            try (BenchStore plain = BenchStore.filled(folder, settings.volumeBytes());
                    BenchStore store = BenchStore.filled(folder, settings.volumeBytes())) {
                Turns turns = new Turns(plain.load(9), store.load(9), new TouchedMemory(folder));
                turns.take(SNAPSHOT_SECONDS / 2);
                for (String which : List.of(FIRST, "")) {
                    store.send("create before origin=" + BenchStore.VOLUME);
                    turns.take(SNAPSHOT_SECONDS);
                    store.send("delete before");
                    store.awaitJobs();
                    add(true, without + which, turns.speed);
                    costs(which.isEmpty(), "write", turns.costs, turns.speed);
                    add(true, with + which, turns.speedAfter);
                    costs(which.isEmpty(), "write after a snapshot", turns.costsAfter, turns.speedAfter);
                }
            }
        }
        report.claimRatio("writes after a store's first snapshot / without one", with + FIRST, without + FIRST, 0.9);
        report.claimRatio("writes after a snapshot / without one", with, without, 0.9);
    }

    /** Random writes to two stores in turn. */
    private static final class Turns {
        private final VolumeLoad plain;
        private final VolumeLoad other;
        private final TouchedMemory memory;
        private ThreadCosts costs;
        private ThreadCosts costsAfter;
        private Speed speed;
        private Speed speedAfter;

        Turns(VolumeLoad plain, VolumeLoad other, TouchedMemory memory) {
            this.plain = plain;
            this.other = other;
            this.memory = memory;
        }

        /** So many turns of a second each; forgets what was measured before. */
        void take(int seconds) throws Exception {
            costs = new ThreadCosts();
            costs.pause();
            costsAfter = new ThreadCosts();
            costsAfter.pause();
            speed = Speed.NONE;
            speedAfter = Speed.NONE;
            for (int second = 0; second < seconds; second++) {
                speed = speed.plus(turn(plain, costs));
                speedAfter = speedAfter.plus(turn(other, costsAfter));
            }
        }

        private Speed turn(VolumeLoad load, ThreadCosts counted) throws Exception {
            memory.refresh();
            counted.resume();
            Speed found = load.randomWrites(SNAPSHOT_SLICE_NANOS, DEPTH);
            counted.pause();
            return found;
        }
    }
}
