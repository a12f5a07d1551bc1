package dev.tidemark.tools.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * What does not depend on the size of a store, and what its memory costs: opening after a crash, metadata larger than
 * memory, checkpoints under load, and giving space back.
 */
public final class ScaleBenchmark {
    /** Which part. */
    public enum Case {
        /** The time of an open after a crash, for stores of several sizes and the same tails of journal. */
        OPEN,
        /** The time of an open after a process that wrote at full speed was killed. */
        KILL,
        /** Random and sequential work on metadata that does not fit memory, beside metadata that does. */
        PAGING,
        /** Random writes while one checkpoint follows the other, beside the same without. */
        CHECKPOINTS,
        /** Deleting a snapshot that alone owns scattered blocks. */
        RECLAIM,
        /** Deleting many snapshots of one volume. */
        SNAPSHOTS,
        /** Checkpoints and opens with very many volumes, volumes that are gone, and remembered requests. */
        CATALOGUE
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
     * @param snapshots the most snapshots of the case snapshots
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

    /** What the parts share. */
    record Run(Path folder, Settings settings, Consumer<String> progress, BenchReport report) {
        /** A folder for one part, which removes it. */
        Path part(String name) throws Exception {
            progress.accept(name);
            return Files.createTempDirectory(folder, "case-");
        }

        void round(int round) {
            progress.accept("  round " + round);
        }

        /** A store in that folder with one volume that is written whole. */
        ScaleStore filled(Path place, long bytes, String... options) throws Exception {
            ScaleStore made = new ScaleStore(place);
            for (int i = 0; i < options.length; i += 2) {
                made.option(options[i], options[i + 1]);
            }
            made.init();
            made.open();
            made.send("create " + ScaleStore.VOLUME + " size=" + bytes);
            progress.accept("  mapping " + ScaleStore.size(bytes));
            made.fill(ScaleStore.VOLUME, bytes);
            return made;
        }
    }

    private final Run run;

    /**
     * A benchmark in a folder that exists and goes afterwards.
     *
     * @param progress told what is being done
     */
    public ScaleBenchmark(Path folder, Settings settings, Consumer<String> progress) {
        run = new Run(folder, settings, progress, new BenchReport());
    }

    /** Measures everything that was asked for. */
    public BenchReport run() throws Exception {
        Settings settings = run.settings();
        if (settings.has(Case.OPEN)) {
            new OpenBenchmark(run).bySize();
        }
        if (settings.has(Case.KILL)) {
            new OpenBenchmark(run).afterKill();
        }
        if (settings.has(Case.PAGING)) {
            new PagingBenchmark(run).measure();
        }
        if (settings.has(Case.CHECKPOINTS)) {
            new CheckpointBenchmark(run).measure();
        }
        if (settings.has(Case.RECLAIM)) {
            new ReclaimBenchmark(run).scattered();
        }
        if (settings.has(Case.SNAPSHOTS)) {
            new ReclaimBenchmark(run).manySnapshots();
        }
        if (settings.has(Case.CATALOGUE)) {
            new CatalogueBenchmark(run).measure();
        }
        return run.report();
    }
}
