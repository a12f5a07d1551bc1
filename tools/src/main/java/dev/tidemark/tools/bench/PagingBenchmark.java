package dev.tidemark.tools.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Metadata of which memory holds little, beside the same metadata with memory for all of it. Two stores are filled in
 * the same way and stay open, each piece of work goes to both in turn. Neither keeps data: what is left is the engine's
 * own work, so that what paging costs shows as much as it can. Sequential work is done
 * besides with bytes that go to and come from a file on the disk, as a user would meet it.
 */
final class PagingBenchmark {
    /** More than all pages take: nothing is ever let go, and nothing read after the fill. */
    private static final String PLENTY = "64G";

    /** The file of data that is kept: more than a force waits for, and small enough to stay in the page cache. */
    private static final long KEPT_BYTES = 1L << 30;

    /** The stores change places so often in a round. */
    private static final int TURNS = 4;

    private static final int ENTRY_BITS = 8;
    private static final int COUNT_BITS = 10;

    private final ScaleBenchmark.Run run;
    private final ScaleBenchmark.Settings settings;
    private final BenchReport report;

    PagingBenchmark(ScaleBenchmark.Run run) {
        this.run = run;
        this.settings = run.settings();
        this.report = run.report();
    }

    /** One kind of work. */
    private enum Work {
        RANDOM_READS("random 4 KiB reads", false),
        RANDOM_WRITES("random 4 KiB writes", false),
        SEQUENTIAL_WRITES("1 MiB sequential writes of nothing", false),
        SEQUENTIAL_READS("1 MiB sequential reads of nothing", false),
        KEPT_WRITES("1 MiB sequential writes to a file", true),
        KEPT_READS("1 MiB sequential reads, page cache", true);

        private final String title;
        private final boolean kept;

        Work(String title, boolean kept) {
            this.title = title;
            this.kept = kept;
        }
    }

    void measure() throws Exception {
        Path place = run.part("paging");
        String little = ", in " + settings.pagingMemory();
        String plenty = ", all in memory";
        Path smallPlace = Files.createDirectory(place.resolve("small"));
        Path largePlace = Files.createDirectory(place.resolve("large"));
        try (ScaleStore small =
                        run.filled(smallPlace, settings.pagingBytes(), "metadata-memory", settings.pagingMemory());
                ScaleStore large = run.filled(largePlace, settings.pagingBytes(), "metadata-memory", PLENTY)) {
            writeKept(small);
            writeKept(large);
            for (int round = 0; round <= settings.rounds(); round++) { // the first one only warms up
                run.round(round);
                for (Work work : Work.values()) {
                    Found ofSmall = new Found();
                    Found ofLarge = new Found();
                    for (int turn = 0; turn < TURNS; turn++) {
                        one(small, work, ofSmall, round * TURNS + turn);
                        one(large, work, ofLarge, round * TURNS + turn);
                    }
                    if (round > 0) {
                        add(work, little, ofSmall);
                        add(work, plenty, ofLarge);
                    }
                }
                if (round > 0) {
                    report.add("metadata in memory" + little, "MiB", small.status("page_bytes") / 1048576.0);
                    report.add("metadata in memory" + plenty, "MiB", large.status("page_bytes") / 1048576.0);
                }
            }
            report.add("pages read" + plenty, "", (double) large.status("page_faults"));
        }
        BenchFolders.remove(place);
        for (Work work : List.of(Work.SEQUENTIAL_WRITES, Work.SEQUENTIAL_READS, Work.KEPT_WRITES, Work.KEPT_READS)) {
            report.claimRatio(work.title + little + " / all in memory", work.title + little, work.title + plenty, 0.9);
        }
        report.claimAtMost(
                "metadata in memory" + little + ", MiB",
                report.highest("metadata in memory" + little),
                1.25 * mebibytes());
        report.claimAtMost("pages read" + plenty, report.median("pages read" + plenty), 0);
    }

    /** All of the file that is kept, once: the disk gives its blocks for that at a fifth of the speed, in seconds. */
    private void writeKept(ScaleStore made) throws Exception {
        made.keepData(KEPT_BYTES);
        long left = KEPT_BYTES;
        while (left > 0) {
            left -= made.sequential(ScaleStore.VOLUME, settings.nanos() / TURNS, true)
                            .operations()
                    << 20;
        }
        made.send("checkpoint");
    }

    private double mebibytes() {
        String text = settings.pagingMemory();
        return Long.parseLong(text.substring(0, text.length() - 1)) * (text.endsWith("G") ? 1024.0 : 1.0);
    }

    private void one(ScaleStore made, Work work, Found found, int seed) throws Exception {
        long nanos = settings.nanos() / TURNS;
        long before = made.status("page_faults");
        made.keepData(work.kept ? KEPT_BYTES : 0);
        found.speed = found.speed.plus(
                switch (work) {
                    case RANDOM_READS -> made.randomReads(ScaleStore.VOLUME, nanos, seed);
                    case RANDOM_WRITES -> made.randomWrites(ScaleStore.VOLUME, nanos, seed);
                    case SEQUENTIAL_WRITES, KEPT_WRITES -> made.sequential(ScaleStore.VOLUME, nanos, true);
                    case SEQUENTIAL_READS, KEPT_READS -> made.sequential(ScaleStore.VOLUME, nanos, false);
                });
        found.pages += made.status("page_faults") - before;
        made.send("checkpoint"); // what this work leaves behind is not the next one's
    }

    private void add(Work work, String memory, Found found) {
        double brought = found.pages / (double) found.speed.operations();
        report.add(work.title + memory, "/s", found.speed.perSecond());
        report.add("  pages brought in for each: " + work.title + memory, "", brought);
        if (work == Work.RANDOM_READS || work == Work.RANDOM_WRITES) {
            double touched = touched(work);
            report.add(
                    "  page hit ratio: " + work.title + memory,
                    "of " + (int) touched,
                    1 - Math.min(1, brought / touched));
        }
    }

    /** What a store did in its turns at one kind of work. */
    private static final class Found {
        private Speed speed = Speed.NONE;
        private long pages;
    }

    /**
     * Pages that one block needs: its path through the volume's tree; for a write those through the tree of reference
     * counts as well, to the block that it gives back and to the one that it takes.
     */
    private double touched(Work work) {
        long blocks = settings.pagingBytes() / ScaleStore.BLOCK_BYTES;
        int path = levels(blocks);
        int counts = 1 + levels(Math.max(1, blocks >>> COUNT_BITS));
        return work == Work.RANDOM_READS ? path : path + 2 * counts;
    }

    /** Levels of a tree whose pages have 256 entries each. */
    private static int levels(long entries) {
        int levels = 1;
        while (entries > 1L << (ENTRY_BITS * levels)) {
            levels++;
        }
        return levels;
    }
}
