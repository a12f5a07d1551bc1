package dev.tidemark.engine.mapping;

import dev.tidemark.engine.space.Allocator;
import dev.tidemark.engine.space.FreedBlocks;
import dev.tidemark.engine.space.Space;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * Measures the trees alone, in memory: {@code main} prints one line a case, nanoseconds of processor time for a
 * block, the best and the median of some rounds. Arguments: the volume's size in GiB, default 1 and 16.
 */
public final class MappingBenchmark {
    private static final int BLOCKS_PER_GIB = 1 << 18;
    private static final int ROUNDS = 7;
    private static final int BATCH = 1 << 18;

    private final PrintStream out;
    private final SplittableRandom random = new SplittableRandom(1);
    private final int blocks;
    private final String size;
    private final PageStore pages = new PageStore();
    private final Space space = new Space(pages);
    private final MappingTrees trees = new MappingTrees(pages, space);
    private final MappingReader reader = new MappingReader(pages);
    private final MappingRoot root = new MappingRoot();
    private final Allocator allocator;
    private final int[] checksums = new int[8192];
    private final int[] targets = new int[BATCH];
    private long epoch = 1;
    private long sink;

    private MappingBenchmark(PrintStream out, int gib) {
        this.out = out;
        blocks = gib * BLOCKS_PER_GIB;
        size = gib + " GiB";
        allocator = Allocator.over(space.counts(), 64L * blocks, 0);
    }

    public static void main(String[] args) {
        int[] sizes = {1, 16};
        if (args.length > 0) {
            sizes = new int[] {Integer.parseInt(args[0])};
        }
        for (int gib : sizes) {
            new MappingBenchmark(System.out, gib).run();
        }
    }

    /** Of this thread, not of the clock on the wall: the machine may be shared. */
    private static long cpuNanos() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private interface Round {
        /** Returns how many blocks it worked on. */
        long run();
    }

    private void run() {
        for (int block = 0; block < blocks; block += checksums.length) {
            put(block, checksums.length);
        }
        double perBlock = (double) pages.memoryBytes() / blocks;
        out.printf(Locale.ROOT, "%s: %.2f metadata bytes a block, all included%n", size, perBlock);
        measure("put sequential, runs of 8,192", () -> {
            for (int block = 0; block < blocks; block += checksums.length) {
                put(block, checksums.length);
            }
            return blocks;
        });
        measure("put random single blocks, placed sequentially", this::putRandom);
        measure("lookup random", this::lookupRandom);
        measure("lookupRun of 8 random", this::lookupRuns);
        measure("put random right after a snapshot (with copies)", () -> {
            MappingRoot snapshot = new MappingRoot();
            trees.share(root, snapshot);
            long done = putRandom();
            sink += reclaim(snapshot);
            return done;
        });
        measure("put random over 2^18 again, snapshot kept, reclaim not timed", this::putRandom);
        measureReclaim();
        pages.close();
    }

    private void measure(String name, Round round) {
        double[] nanos = new double[ROUNDS];
        for (int i = 0; i < ROUNDS; i++) {
            for (int j = 0; j < BATCH; j++) {
                targets[j] = random.nextInt(blocks);
            }
            long start = cpuNanos();
            long done = round.run();
            nanos[i] = (double) (cpuNanos() - start) / done;
        }
        Arrays.sort(nanos);
        out.printf(
                Locale.ROOT, "%s: %-60s median %7.1f best %7.1f ns a block%n", size, name, nanos[ROUNDS / 2], nanos[0]);
    }

    private void measureReclaim() {
        for (int i = 0; i < 3; i++) {
            MappingRoot job = new MappingRoot();
            trees.handOver(fresh(i > 0), job);
            long start = cpuNanos();
            long done = reclaim(job);
            double seconds = (cpuNanos() - start) / 1e9;
            out.printf(
                    Locale.ROOT,
                    "%s: reclaim of a volume written %s: %.1f M blocks/s%n",
                    size,
                    i > 0 ? "at random" : "in sequence",
                    done / seconds / 1e6);
        }
    }

    private MappingRoot fresh(boolean scattered) {
        MappingRoot volume = new MappingRoot();
        int[] order = new int[blocks];
        for (int i = 0; i < blocks; i++) {
            order[i] = i;
        }
        for (int i = blocks - 1; scattered && i > 0; i--) {
            int other = random.nextInt(i + 1);
            int swap = order[i];
            order[i] = order[other];
            order[other] = swap;
        }
        for (int block : order) {
            long run = allocator.allocate(1, false);
            trees.put(volume, block, Allocator.start(run), 1, checksums, 0, 0);
            allocator.settle();
        }
        return volume;
    }

    private long putRandom() {
        for (int i = 0; i < BATCH; i++) {
            put(targets[i], 1);
            if ((i & 1023) == 0) {
                endBatch();
            }
        }
        endBatch();
        return BATCH;
    }

    private long lookupRandom() {
        MappingEntry entry = new MappingEntry();
        for (int i = 0; i < BATCH; i++) {
            reader.lookup(root, targets[i], entry);
            sink += entry.physical();
        }
        return BATCH;
    }

    private long lookupRuns() {
        MappedRun run = new MappedRun(8);
        for (int i = 0; i < BATCH; i++) {
            int block = Math.min(targets[i], blocks - 8);
            for (int done = 0; done < 8; ) {
                done += reader.lookupRun(root, block + done, 8 - done, run);
            }
        }
        return 8L * BATCH;
    }

    private void put(long block, int count) {
        for (int done = 0; done < count; ) {
            long run = allocator.allocate(count - done, false);
            trees.put(root, block + done, Allocator.start(run), Allocator.length(run), checksums, done, 0);
            allocator.settle();
            done += Allocator.length(run);
        }
        if (count > 1) {
            endBatch();
        }
    }

    private long reclaim(MappingRoot job) {
        long done = 0;
        while (!job.isEmpty()) {
            done += trees.reclaimStep(job, 4096);
            endBatch();
        }
        return done;
    }

    private void endBatch() {
        pages.epoch(++epoch);
        pages.recycle(epoch);
        FreedBlocks freed = space.freed();
        for (int i = 0; i < freed.runs(); i++) {
            allocator.give(freed.start(i), freed.length(i));
        }
        freed.clear();
    }
}
