package dev.tidemark.tools.bench;

import dev.tidemark.journal.Journal;
import dev.tidemark.journal.JournalConfig;
import dev.tidemark.journal.JournalRecovery;
import dev.tidemark.journal.Known;
import dev.tidemark.storage.DiskStorage;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.YieldingIdleStrategy;

/**
 * Measures the journal beside a bare file and RocksDB's write-ahead log: the same payloads, the same durability, the
 * cases in turn within each round, so that whatever else the machine does meets all of them.
 */
public final class JournalBenchmark {
    private static final int SMALL_BYTES = 64;
    private static final int LARGE_BYTES = 4096;

    /** What a force of one small frame writes: the frame and its filler. */
    private static final int FORCED_BLOCK_BYTES = 4096;

    /** A payload that fills a good part of the block that a force pads to. */
    private static final int FORCED_PAYLOAD_BYTES = 1024;

    /** Long enough for several forces even on a busy disk, short enough that its load is the same for all in turn. */
    private static final long SLICE_NANOS = 25_000_000L;

    private static final int OUTSTANDING = 64;

    /** A microsecond or two: what it takes an appender to come back with the next one. */
    private static final int GATHER_SPINS = 100;

    private static final int UNFORCED_EVENTS = 3_000_000;
    private static final int PEER_UNFORCED_EVENTS = 600_000;
    private static final int REPLAY_SMALL_EVENTS = 2_000_000;
    private static final int REPLAY_LARGE_EVENTS = 100_000;

    private enum Case {
        RAW_FORCED("bare file, write + fdatasync of 4 KiB", "/s"),
        JOURNAL_FORCED("journal, one 1 KiB append and force each (writes 4 KiB)", "/s"),
        JOURNAL_OUTSTANDING("journal, 64 appends of 1 KiB outstanding, group commit", "/s"),
        JOURNAL_UNFORCED("journal, 64-byte events, unforced, one thread", "/s"),
        REPLAY_SMALL("replay of 64-byte events, every checksum verified, payload", " GB/s"),
        REPLAY_LARGE("replay of 4 KiB events, every checksum verified, payload", " GB/s"),
        PEER_FORCED("RocksDB WAL, one 1 KiB record and sync each", "/s"),
        PEER_UNFORCED("RocksDB WAL, 64-byte records, unsynced, one thread", "/s");

        private final String title;
        private final String unit;

        Case(String title, String unit) {
            this.title = title;
            this.unit = unit;
        }
    }

    /** A claim about one case, or the ratio of two. */
    private record Claim(String text, Case of, Case against, double atLeast) {}

    private static final List<Claim> CLAIMS = List.of(
            new Claim("single appender, forced / bare file", Case.JOURNAL_FORCED, Case.RAW_FORCED, 0.9),
            new Claim("64 outstanding / single appender", Case.JOURNAL_OUTSTANDING, Case.JOURNAL_FORCED, 20),
            new Claim("unforced 64-byte events a second", Case.JOURNAL_UNFORCED, null, 3e6),
            new Claim("replay of 64-byte events, GB/s", Case.REPLAY_SMALL, null, 0.5),
            new Claim("replay of 4 KiB events, GB/s", Case.REPLAY_LARGE, null, 1.0),
            new Claim("forced / RocksDB WAL synced", Case.JOURNAL_FORCED, Case.PEER_FORCED, 1.5),
            new Claim("unforced / RocksDB WAL unsynced", Case.JOURNAL_UNFORCED, Case.PEER_UNFORCED, 3));

    /** The medians of a run, and what was asked of them. */
    public static final class Report implements BenchFindings {
        private final Map<Case, double[]> results = new EnumMap<>(Case.class);

        double median(Case of) {
            double[] sorted = results.get(of).clone();
            Arrays.sort(sorted);
            int middle = sorted.length / 2;
            return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        }

        private double value(Claim claim) {
            return claim.against == null ? median(claim.of) : median(claim.of) / median(claim.against);
        }

        private boolean measured(Claim claim) {
            return results.containsKey(claim.of) && (claim.against == null || results.containsKey(claim.against));
        }

        @Override
        public boolean allMet() {
            return CLAIMS.stream().filter(this::measured).allMatch(claim -> value(claim) >= claim.atLeast);
        }

        @Override
        public void print(PrintWriter out) {
            if (results.containsKey(Case.PEER_FORCED)) {
                out.println("RocksDB " + RocksLog.version());
            }
            out.printf(Locale.ROOT, "%-62s %14s %14s %14s%n", "case", "median", "lowest", "highest");
            results.forEach((name, values) -> out.printf(
                    Locale.ROOT,
                    "%-62s %14s %14s %14s%n",
                    name.title,
                    figure(median(name)) + name.unit,
                    figure(Arrays.stream(values).min().orElseThrow()),
                    figure(Arrays.stream(values).max().orElseThrow())));
            out.println();
            out.printf(Locale.ROOT, "%-62s %14s %14s  %s%n", "claim", "measured", "at least", "met");
            for (Claim claim : CLAIMS) {
                if (measured(claim)) {
                    boolean met = value(claim) >= claim.atLeast;
                    out.printf(
                            Locale.ROOT,
                            "%-62s %14s %14s  %s%n",
                            claim.text,
                            figure(value(claim)),
                            figure(claim.atLeast),
                            met ? "yes" : "NO");
                }
            }
        }

        private static String figure(double value) {
            return String.format(Locale.ROOT, value >= 1000 ? "%,.0f" : "%.2f", value);
        }
    }

    private final Path folder;
    private final int rounds;
    private final long nanos;
    private final boolean peers;
    private final byte[] bytes = new byte[LARGE_BYTES];
    private final UnsafeBuffer payload = new UnsafeBuffer(bytes);
    private int journals;
    private volatile boolean stop;

    /** A run in a folder that exists, of so many rounds, and seconds for each forced case in a round. */
    public JournalBenchmark(Path folder, int rounds, double seconds, boolean peers) {
        this.folder = folder;
        this.rounds = rounds;
        this.nanos = (long) (seconds * 1e9);
        this.peers = peers;
        new Random(1).nextBytes(bytes);
    }

    /** Measures, telling {@code progress} in words what is being done. */
    public Report run(Consumer<String> progress) throws IOException {
        Report report = new Report();
        Path small = fill("replay-small", SMALL_BYTES, REPLAY_SMALL_EVENTS);
        Path large = fill("replay-large", LARGE_BYTES, REPLAY_LARGE_EVENTS);
        for (int round = -1; round < rounds; round++) { // the first round only warms up
            progress.accept(round < 0 ? "warming up" : "round " + (round + 1) + " of " + rounds);
            Map<Case, Double> values = forced();
            for (Case each : Case.values()) {
                if (!values.containsKey(each) && (peers || each != Case.PEER_UNFORCED) && each != Case.PEER_FORCED) {
                    values.put(each, measure(each, small, large));
                }
            }
            if (round >= 0) {
                for (Map.Entry<Case, Double> value : values.entrySet()) {
                    report.results.computeIfAbsent(value.getKey(), key -> new double[rounds])[round] = value.getValue();
                }
            }
        }
        return report;
    }

    /** The cases that force each record, in slices of some milliseconds in turn: the disk's moods meet all of them. */
    private Map<Case, Double> forced() throws IOException {
        Map<Case, Double> values = new EnumMap<>(Case.class);
        Map<Case, ForcedLog> logs = new EnumMap<>(Case.class);
        Path place = folder.resolve("forced-" + journals++);
        Files.createDirectory(place);
        try {
            logs.put(Case.RAW_FORCED, new RawLog(place.resolve("raw"), FORCED_BLOCK_BYTES));
            logs.put(Case.JOURNAL_FORCED, new ForcedJournal(place, piece(FORCED_PAYLOAD_BYTES)));
            if (peers) {
                logs.put(Case.PEER_FORCED, new RocksLog(place.resolve("rocks"), piece(FORCED_PAYLOAD_BYTES)));
            }
            Map<Case, long[]> sums = new EnumMap<>(Case.class);
            for (long left = nanos; left > 0; left -= SLICE_NANOS) {
                for (Map.Entry<Case, ForcedLog> log : logs.entrySet()) {
                    slice(log.getValue(), sums.computeIfAbsent(log.getKey(), key -> new long[2]));
                }
            }
            sums.forEach((each, sum) -> values.put(each, (double) sum[0] * 1e9 / sum[1]));
            return values;
        } finally {
            for (ForcedLog log : logs.values()) {
                log.close();
            }
            BenchFolders.remove(place);
        }
    }

    private static void slice(ForcedLog log, long[] countAndNanos) throws IOException {
        long start = System.nanoTime();
        while (System.nanoTime() - start < SLICE_NANOS) {
            log.appendForced();
            countAndNanos[0]++;
        }
        countAndNanos[1] += System.nanoTime() - start;
    }

    /** The journal with one record appended and forced at a time. */
    private final class ForcedJournal implements ForcedLog {
        private final DiskStorage storage;
        private final Journal journal;
        private final int length;

        ForcedJournal(Path place, byte[] record) throws IOException {
            storage = new DiskStorage(place);
            journal = Journal.create(storage, JournalConfig.defaults(), new UUID(1, 2), new byte[0]);
            length = record.length;
        }

        @Override
        public void appendForced() throws IOException {
            journal.append(1, journal.lastSeq() + 1, 1, 0, payload, 0, length);
            journal.force();
        }

        @Override
        public void close() throws IOException {
            journal.close();
            storage.close();
        }
    }

    private double measure(Case each, Path small, Path large) throws IOException {
        return switch (each) {
            case JOURNAL_OUTSTANDING -> inJournal(this::outstanding);
            case JOURNAL_UNFORCED -> inJournal(this::unforced);
            case REPLAY_SMALL -> replay(small, SMALL_BYTES);
            case REPLAY_LARGE -> replay(large, LARGE_BYTES);
            case PEER_UNFORCED -> peerUnforced();
            case RAW_FORCED, JOURNAL_FORCED, PEER_FORCED -> throw new IllegalArgumentException(each.title);
        };
    }

    private double peerUnforced() throws IOException {
        try (RocksLog log = new RocksLog(folder.resolve("rocks"), piece(SMALL_BYTES))) {
            long start = System.nanoTime();
            for (int i = 0; i < PEER_UNFORCED_EVENTS; i++) {
                log.appendUnforced();
            }
            return perSecond(PEER_UNFORCED_EVENTS, start);
        }
    }

    private byte[] piece(int length) {
        return Arrays.copyOf(bytes, length);
    }

    private interface Work {
        double run(Journal journal) throws IOException;
    }

    private double inJournal(Work work) throws IOException {
        Path place = folder.resolve("journal-" + journals++);
        Files.createDirectory(place);
        try (DiskStorage storage = new DiskStorage(place);
                Journal journal = Journal.create(storage, JournalConfig.defaults(), new UUID(1, 2), new byte[0])) {
            journal.force();
            return work.run(journal);
        } finally {
            BenchFolders.remove(place);
        }
    }

    private double unforced(Journal journal) throws IOException {
        long start = System.nanoTime();
        for (long seq = 1; seq <= UNFORCED_EVENTS; seq++) {
            journal.append(1, seq, 1, 0, payload, 0, SMALL_BYTES);
        }
        return perSecond(UNFORCED_EVENTS, start);
    }

    /** One thread appends while another forces; each append waits only for the one 64 before it. */
    private double outstanding(Journal journal) throws IOException {
        AtomicReference<IOException> failure = new AtomicReference<>();
        Thread forcer = new Thread(() -> forceWhileOpen(journal, failure), "bench-force");
        long[] ends = new long[OUTSTANDING];
        long start = System.nanoTime();
        forcer.start();
        long count = 0;
        while (System.nanoTime() - start < nanos && failure.get() == null) {
            int slot = (int) (count % OUTSTANDING);
            awaitDurable(journal, ends[slot], failure);
            ends[slot] = journal.append(1, ++count, 1, 0, payload, 0, FORCED_PAYLOAD_BYTES);
        }
        awaitDurable(journal, journal.appendedOffset(), failure);
        double result = perSecond(count, start);
        stop = true;
        join(forcer);
        stop = false;
        if (failure.get() != null) {
            throw failure.get();
        }
        return result;
    }

    private void forceWhileOpen(Journal journal, AtomicReference<IOException> failure) {
        IdleStrategy idle = new YieldingIdleStrategy();
        try {
            while (!stop) {
                idle.idle();
                if (journal.appendedOffset() != journal.durableOffset()) {
                    gather(journal);
                    journal.force();
                    idle.reset();
                }
            }
        } catch (IOException e) {
            failure.set(e);
        }
    }

    /**
     * What the force before has answered comes back as new appends: taking them along costs a moment, and leaving them
     * to the next force costs a whole force.
     */
    private static void gather(Journal journal) {
        long before = -1;
        long now = journal.appendedOffset();
        while (now != before) {
            before = now;
            for (int i = 0; i < GATHER_SPINS && journal.appendedOffset() == before; i++) {
                Thread.onSpinWait();
            }
            now = journal.appendedOffset();
        }
    }

    private static void awaitDurable(Journal journal, long offset, AtomicReference<IOException> failure) {
        IdleStrategy idle = new YieldingIdleStrategy();
        while (journal.durableOffset() < offset && failure.get() == null) {
            idle.idle();
        }
    }

    private static void join(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private Path fill(String name, int length, int events) throws IOException {
        Path place = folder.resolve(name);
        Files.createDirectory(place);
        try (DiskStorage storage = new DiskStorage(place);
                Journal journal = Journal.create(storage, JournalConfig.defaults(), new UUID(1, 2), new byte[0])) {
            for (long seq = 1; seq <= events; seq++) {
                journal.append(1, seq, 1, 0, payload, 0, length);
            }
        }
        return place;
    }

    /** Replays a journal that phase 1 has just read, so that it comes from the page cache. */
    private static double replay(Path place, int length) throws IOException {
        try (DiskStorage storage = new DiskStorage(place);
                JournalRecovery recovery = Journal.recover(storage, JournalConfig.defaults(), Known.NOTHING)) {
            long[] seen = {0, 0};
            long start = System.nanoTime();
            recovery.replay(0, frame -> {
                seen[0] += frame.payloadLength();
                seen[1]++;
            });
            double perSecond = perSecond(seen[0], start) / 1e9;
            if (seen[0] != seen[1] * length || seen[1] != recovery.lastSeq()) {
                throw new IOException("replayed " + seen[1] + " events of " + recovery.lastSeq());
            }
            return perSecond;
        }
    }

    private static double perSecond(long count, long startNanos) {
        return (double) count * 1e9 / (System.nanoTime() - startNanos);
    }
}
