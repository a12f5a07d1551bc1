package dev.tidemark.engine.history;

import dev.tidemark.engine.StoreConfig;
import dev.tidemark.engine.recovery.Sabotage;
import dev.tidemark.storage.Storage;
import dev.tidemark.storage.sim.Fault;
import dev.tidemark.storage.sim.Operation;
import dev.tidemark.storage.sim.SimStorage;
import java.time.Instant;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/** How the store of a history is made: small, stepped, its time and its luck from the seed. */
public final class Setup {
    /** The store's folder on the device. */
    public static final String STORE = "store";
    /** Small enough that histories of a few dozen steps rotate. */
    public static final int SEGMENT_BYTES = 64 << 10;

    /** 2026-01-01, for no reason. */
    private static final long START_MS = 1_767_225_600_000L;

    /** A sixteenth of it counts in stores with segments as small as these. */
    private static final String[] CHECKPOINT_JOURNAL = {"1G", "1M", "2M", "4M"};

    final long seed;
    final Sabotage sabotage;
    final long capacityBytes;
    final int blockSizeBytes;
    final String inlineLimit;
    final boolean unsynced;
    private boolean rareCheckpoints;
    private boolean forgetful;
    private long millis = START_MS;

    private Setup(
            long seed,
            Sabotage sabotage,
            long capacityBytes,
            int blockSizeBytes,
            String inlineLimit,
            boolean unsynced) {
        this.unsynced = unsynced;
        this.seed = seed;
        this.sabotage = sabotage;
        this.capacityBytes = capacityBytes;
        this.blockSizeBytes = blockSizeBytes;
        this.inlineLimit = inlineLimit;
    }

    /** The smallest store there is, so that blocks are used again soon. */
    public static Setup small(long seed) {
        return new Setup(seed, Sabotage.NONE, 1 << 20, 4096, "8K", false);
    }

    /**
     * By the seed, a small store of blocks of 4, 16 or 64 KiB: of the largest there are so few that each is used again.
     */
    public static Setup varied(long seed) {
        int[] sizes = {64 << 10, 4 << 10, 16 << 10, 4 << 10};
        return small(seed).blockSize(sizes[(int) Math.floorMod(seed, 4L)]);
    }

    /** The block size in bytes. */
    public int blockSizeBytes() {
        return blockSizeBytes;
    }

    /** From here on, in this very setup: checkpoints only where somebody asks for one, or closes the store. */
    public Setup withRareCheckpoints() {
        rareCheckpoints = true;
        return this;
    }

    /** From here on, in this very setup: journal that a checkpoint stands for is deleted, or none is. */
    public Setup forgetful(boolean forgets) {
        forgetful = forgets;
        return this;
    }

    /** Whether journal is deleted. */
    boolean isForgetful() {
        return forgetful;
    }

    private Setup like(Setup other) {
        rareCheckpoints = other.rareCheckpoints;
        forgetful = other.forgetful;
        return this;
    }

    /** The same with a rule broken. */
    public Setup breaking(Sabotage rule) {
        return new Setup(seed, rule, capacityBytes, blockSizeBytes, inlineLimit, unsynced).like(this);
    }

    /** The same on devices that make no directory durable: as if every sync of one were missing. */
    public Setup withoutDirectorySyncs() {
        return new Setup(seed, sabotage, capacityBytes, blockSizeBytes, inlineLimit, true).like(this);
    }

    /** Makes the device as it is to be. */
    SimStorage prepare(SimStorage device) {
        if (unsynced) {
            device.plan(Fault.lie().in(Operation.SYNC_DIRECTORY).always());
        }
        return device;
    }

    /** The same with another capacity. */
    public Setup capacity(long bytes) {
        return new Setup(seed, sabotage, bytes, blockSizeBytes, inlineLimit, unsynced).like(this);
    }

    /** The same with another limit of the data that a frame carries. */
    public Setup inlineLimit(String limit) {
        return new Setup(seed, sabotage, capacityBytes, blockSizeBytes, limit, unsynced).like(this);
    }

    /** The same with another block size. */
    public Setup blockSize(int bytes) {
        return new Setup(seed, sabotage, capacityBytes, bytes, inlineLimit, unsynced).like(this);
    }

    /** The same with another seed. */
    public Setup seed(long other) {
        return new Setup(other, sabotage, capacityBytes, blockSizeBytes, inlineLimit, unsynced).like(this);
    }

    /** The same for a run of its own: time begins anew. */
    public Setup again() {
        return new Setup(seed, sabotage, capacityBytes, blockSizeBytes, inlineLimit, unsynced).like(this);
    }

    /** Time passes. */
    public void pass(long ms) {
        millis += ms;
    }

    /** The configuration on a device. */
    public StoreConfig on(Storage device) {
        return StoreConfig.in(device, STORE)
                .capacityBytes(capacityBytes)
                .blockSizeBytes(blockSizeBytes)
                .option("inline-limit", inlineLimit)
                .option("retention", forgetful ? "none" : "all") // what happened is read from the journal
                .option(
                        "checkpoint-journal",
                        rareCheckpoints ? "1G" : CHECKPOINT_JOURNAL[(int) Math.floorMod(seed / 4, 4L)])
                .stepped(true)
                .testSegmentBytes(SEGMENT_BYTES)
                .clock(() -> Instant.ofEpochMilli(millis))
                .nanoClock(() -> TimeUnit.MILLISECONDS.toNanos(millis))
                .random(new SplittableRandom(seed)::nextLong)
                .sabotage(sabotage)
                .build();
    }
}
