package dev.tidemark.tools.bench;

import static dev.tidemark.tools.bench.Blocks.BLOCK_BYTES;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.HdrHistogram.Histogram;

/**
 * The engine beside block stores that a Java developer would make from what exists: random 4 KiB writes over a full
 * volume, a flush after every 32.
 */
final class PeerBenchmark {
    private static final int GROUP = 32;
    /** Blocks between flushes while a peer is filled: large transactions, so that filling is quick. */
    private static final int FILL_GROUP = 4096;

    private static final String OWN = "random 4 KiB writes, a flush every 32";

    private final Path folder;
    private final EngineBenchmark.Settings settings;
    private final Consumer<String> progress;
    private final BenchReport report;
    private final Blocks blocks;
    private final byte[] content = new byte[BLOCK_BYTES];

    PeerBenchmark(Path folder, EngineBenchmark.Settings settings, Consumer<String> progress, BenchReport report) {
        this.folder = folder;
        this.settings = settings;
        this.progress = progress;
        this.report = report;
        this.blocks = new Blocks(settings.peerVolumeBytes(), 11);
    }

    void run() throws Exception {
        try (BenchStore store = BenchStore.filled(folder, settings.peerVolumeBytes());
                BlockPeer rocks = new RocksBlocks(store.besides("rocks"));
                BlockPeer mvStore = new MvBlocks(store.besides("mvstore"))) {
            fill(rocks);
            fill(mvStore);
            VolumeLoad load = store.load(12);
            for (int round = -1; round < settings.rounds(); round++) { // the first round only warms up
                progress.accept(round < 0 ? "  warming up" : "  round " + (round + 1) + " of " + settings.rounds());
                Histogram latency = Speed.histogram();
                add(round, OWN, load.groups(settings.nanos(), GROUP, latency), latency);
                write(round, rocks);
                write(round, mvStore);
            }
            report.claimRatio("writes with a flush every 32 / RocksDB", OWN, name(rocks), 1.5);
            report.claimRatio("writes with a flush every 32 / MVStore", OWN, name(mvStore), 5);
        }
    }

    private static String name(BlockPeer peer) {
        return "  " + peer.title();
    }

    private void fill(BlockPeer peer) throws Exception {
        progress.accept("  filling " + peer.title());
        long count = settings.peerVolumeBytes() / BLOCK_BYTES;
        for (long block = 0; block < count; block++) {
            write(peer, block);
            if (block % FILL_GROUP == FILL_GROUP - 1) {
                peer.flush();
            }
        }
        peer.flush();
        peer.settle();
    }

    private void write(BlockPeer peer, long block) throws Exception {
        blocks.content(BLOCK_BYTES).get(content);
        peer.write(block, content);
    }

    private void write(int round, BlockPeer peer) throws Exception {
        Histogram latency = Speed.histogram();
        Speed groups = Speed.timed(settings.nanos(), latency, () -> {
            for (int i = 0; i < GROUP; i++) {
                write(peer, blocks.next());
            }
            peer.flush();
        });
        peer.settle(); // its compaction belongs to no other's time; what it delayed its own writes counts
        add(round, name(peer), new Speed(groups.operations() * GROUP, groups.nanos()), latency);
    }

    private void add(int round, String name, Speed speed, Histogram latency) {
        if (round >= 0) {
            report.add(name, "/s", speed.perSecond());
            report.add(
                    name + ", p99 of 32 and their flush",
                    "ms",
                    latency.getValueAtPercentile(99) / (double) TimeUnit.MILLISECONDS.toNanos(1));
        }
    }
}
