package dev.tidemark.tools.bench;

import dev.tidemark.engine.Volume;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.HdrHistogram.Histogram;

/**
 * How long create, clone, delete and merge take, and whether that, and the speed of I/O, depends on the number of
 * volumes, on the depth of clones or on the size. Each command is timed in turn with one force of a journal
 * on the same disk.
 */
final class CommandBenchmark {
    /** The commands that G7 speaks of. */
    private enum Verb {
        CREATE,
        CLONE,
        DELETE,
        MERGE
    }

    private static final long SMALL_BYTES = 1L << 30;
    private static final long LARGE_BYTES = 16L << 40;
    private static final long CAPACITY_BYTES = 8L << 30;
    /** Blocks that the volumes hold: enough for tables of full height, few enough to be made quickly. */
    private static final int SCATTERED_BLOCKS = 20_000;
    /** Medians within noise of each other: the bound of the design. */
    private static final double BOUND = 1.5;
    /** Commands of one message while volumes are made by the thousand. */
    private static final int MADE_AT_ONCE = 500;

    /** Clones of one message while a chain is made: each sees the one before. */
    private static final int DEEPENED_AT_ONCE = 50;

    /** Both depths have their turn this often in a round: equal speeds want equal conditions. */
    private static final int IO_SLICES = 8;

    private static final int WARM_UP_SAMPLES = 3000;
    private static final String ORIGIN = BenchStore.VOLUME;

    private final Path folder;
    private final EngineBenchmark.Settings settings;
    private final Consumer<String> progress;
    private final BenchReport report;

    CommandBenchmark(Path folder, EngineBenchmark.Settings settings, Consumer<String> progress, BenchReport report) {
        this.folder = folder;
        this.settings = settings;
        this.progress = progress;
        this.report = report;
    }

    /** Latency with 1, 1,000, 100,000 volumes. */
    void byVolumes() throws Exception {
        try (BenchStore store = BenchStore.empty(folder, CAPACITY_BYTES);
                JournalForces forces = new JournalForces(Files.createDirectory(store.besides("forces")))) {
            store.send("create " + ORIGIN + " size=" + SMALL_BYTES);
            store.load(21).scatter(SCATTERED_BLOCKS);
            store.send("create base origin=" + ORIGIN);
            measure(store, forces, "base", WARM_UP_SAMPLES); // the first ones meet the interpreter
            int made = 2;
            for (int wanted : new TreeSet<>(List.of(1, 1000, settings.volumes()))) {
                made = makeVolumes(store, made, wanted);
                report(String.format(Locale.ROOT, "%,d volumes", wanted), measure(store, forces, "base", 0));
            }
        }
    }

    private int makeVolumes(BenchStore store, int have, int wanted) {
        int made = have;
        while (made < wanted) {
            StringBuilder message = new StringBuilder();
            for (int i = 0; i < MADE_AT_ONCE && made < wanted; i++, made++) {
                message.append(i == 0 ? "" : "; ")
                        .append("clone v")
                        .append(made)
                        .append(" source=base");
            }
            store.send(message.toString());
        }
        return made;
    }

    /** Latency at clone depth 1, 100, 10,000, small and large volumes; speed of I/O at the least and greatest depth. */
    void byDepth() throws Exception {
        for (long size : new long[] {SMALL_BYTES, LARGE_BYTES}) {
            String title = size == SMALL_BYTES ? "1 GiB" : "16 TiB";
            try (BenchStore store = BenchStore.empty(folder, CAPACITY_BYTES);
                    JournalForces forces = new JournalForces(Files.createDirectory(store.besides("forces")))) {
                store.send("create " + ORIGIN + " size=" + size);
                store.load(22).scatter(SCATTERED_BLOCKS);
                store.send("create c1 origin=" + ORIGIN);
                measure(store, forces, "c1", WARM_UP_SAMPLES);
                int made = 1;
                for (int depth : new TreeSet<>(List.of(1, 100, settings.depth()))) {
                    made = deepen(store, made, depth);
                    String name = String.format(Locale.ROOT, "depth %,d on %s", depth, title);
                    report(name, measure(store, forces, "c" + depth, 0));
                }
                if (size == SMALL_BYTES) {
                    ioByDepth(store);
                }
            }
        }
    }

    /** Clones of clones; a block is written to some of them on the way, so that their tables are not all one. */
    private int deepen(BenchStore store, int have, int wanted) {
        int made = have;
        while (made < wanted) {
            StringBuilder message = new StringBuilder();
            for (int i = 0; i < DEEPENED_AT_ONCE && made < wanted; i++, made++) {
                message.append(i == 0 ? "" : "; ")
                        .append("clone c" + (made + 1))
                        .append(" source=c" + made);
            }
            store.send(message.toString());
            new VolumeLoad(store.volume("c" + made), made).scatter(1);
        }
        return made;
    }

    private void ioByDepth(BenchStore store) throws Exception {
        progress.accept("  I/O by depth");
        String deep = String.format(Locale.ROOT, "depth %,d", settings.depth());
        Map<String, VolumeLoad> loads = new LinkedHashMap<>();
        loads.put("depth 1", new VolumeLoad(store.volume("c1"), 23));
        loads.put(deep, new VolumeLoad(store.volume("c" + settings.depth()), 23));
        long slice = settings.nanos() / IO_SLICES;
        for (int i = -1; i < settings.rounds() * IO_SLICES; i++) { // the first slice only warms up
            for (Map.Entry<String, VolumeLoad> each : loads.entrySet()) {
                Speed writes = each.getValue().randomWrites(slice, 32);
                Speed reads = each.getValue().randomReads(slice);
                if (i >= 0) {
                    report.add("random 4 KiB writes at " + each.getKey(), "/s", writes.perSecond());
                    report.add("random 4 KiB reads at " + each.getKey(), "/s", reads.perSecond());
                }
            }
        }
        for (String kind : List.of("writes", "reads")) {
            String name = "random 4 KiB " + kind + " at ";
            report.claimRatio(kind + " at " + deep + " / at depth 1", name + deep, name + "depth 1", 0.9);
        }
    }

    // ---- latencies

    /** Medians and 99th percentiles. */
    private record Latencies(Map<Verb, Histogram> commands, Histogram force) {}

    /** Times each command on clones of {@code source}, a snapshot, in turn with a force of a journal. */
    private Latencies measure(BenchStore store, JournalForces forces, String source, int warmUp) throws Exception {
        int samples = warmUp > 0 ? warmUp : settings.samples();
        Latencies found = new Latencies(new EnumMap<>(Verb.class), Speed.histogram());
        for (Verb verb : Verb.values()) {
            found.commands.put(verb, Speed.histogram());
        }
        Volume origin = store.volume(ORIGIN);
        for (int i = 0; i < samples; i++) {
            found.force.recordValue(forces.timed());
            time(found, Verb.CREATE, store, "create created origin=" + origin.name());
            found.force.recordValue(forces.timed());
            time(found, Verb.CLONE, store, "clone cloned source=" + source);
            found.force.recordValue(forces.timed());
            time(found, Verb.MERGE, store, "merge created");
            found.force.recordValue(forces.timed());
            time(found, Verb.DELETE, store, "delete cloned");
            store.awaitJobs();
        }
        return found;
    }

    private static void time(Latencies found, Verb verb, BenchStore store, String message) {
        long start = System.nanoTime();
        store.send(message);
        found.commands.get(verb).recordValue(System.nanoTime() - start);
    }

    private void report(String where, Latencies found) {
        progress.accept("  " + where);
        double force = micros(found.force, 50);
        report.add("journal force, " + where + ", p50", "us", force);
        report.add("journal force, " + where + ", p99", "us", micros(found.force, 99));
        List<Double> medians = new ArrayList<>();
        found.commands.forEach((verb, latencies) -> {
            String name = verb.name().toLowerCase(Locale.ROOT) + ", " + where;
            report.add(name + ", p50", "us", micros(latencies, 50));
            report.add(name + ", p99", "us", micros(latencies, 99));
            medians.add(micros(latencies, 50));
        });
        double slowest = medians.stream().mapToDouble(d -> d).max().orElseThrow();
        report.claimAtMost("slowest median / journal force, " + where, slowest / force, BOUND);
    }

    private static double micros(Histogram latencies, double percentile) {
        return latencies.getValueAtPercentile(percentile) / (double) TimeUnit.MICROSECONDS.toNanos(1);
    }
}
