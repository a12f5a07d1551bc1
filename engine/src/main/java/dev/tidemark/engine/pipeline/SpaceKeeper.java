package dev.tidemark.engine.pipeline;

import dev.tidemark.engine.mapping.MappingRoot;
import dev.tidemark.engine.mapping.MappingTrees;
import dev.tidemark.engine.read.EpochTable;
import dev.tidemark.engine.recovery.Sabotage;
import dev.tidemark.engine.space.Allocator;
import dev.tidemark.engine.space.PendingFrees;
import dev.tidemark.engine.state.State;

/**
 * Where new blocks come from, and when freed ones may be used again: when their freeing is proven durable, and no
 * reader
 * pins an epoch in which it could look at them. PLACE only.
 */
final class SpaceKeeper {
    /** Writes of so many blocks are worth writing ahead for. */
    private static final int SMALL_BLOCKS = 16;
    /**
     * Runs of blocks that a turn gives back beside as many as were freed since the last one: some hundred microseconds'
     * work, where a proof that lets a large reclaim's blocks go would otherwise keep everybody waiting for all of them.
     * What is freed never outruns what is given back.
     */
    private static final int RUNS_A_TURN = 4096;
    /** Reading a page of counts takes about as long as a small batch of writes: one in so many may wait for it. */
    private static final int BUSY_TURNS = 64;

    private final State state;
    private final MappingTrees trees;
    private final Allocator allocator;
    private final PendingFrees pending;
    private final EpochTable epochs;
    private final Progress progress;
    private final Sabotage sabotage;
    /** Null in a stepped pipeline. */
    private final SpaceAhead ahead;

    private long turns;
    /** Runs that were freed since the last time that some were given back. */
    private long freedRuns;
    /** What may be given back was more than a turn's work. */
    private boolean moreToGive;

    SpaceKeeper(
            State state,
            MappingTrees trees,
            Allocator allocator,
            EpochTable epochs,
            Progress progress,
            Sabotage sabotage,
            SpaceAhead ahead) {
        this.ahead = ahead;
        this.state = state;
        this.trees = trees;
        this.allocator = allocator;
        this.pending = allocator.pending();
        this.epochs = epochs;
        this.progress = progress;
        this.sabotage = sabotage;
        state.pages().epoch(epochs.current());
    }

    /** Takes what the event with that seq freed. */
    void collect(long seq) {
        if (!state.space().freed().isEmpty()) {
            freedRuns += state.space().freed().runs();
            pending.add(seq, epochs.current(), state.space().freed());
        }
    }

    /** After a run was applied: what it unlinked belongs to an epoch that is over, what it took is in the state. */
    void endEpoch() {
        allocator.settle();
        epochs.advance();
        state.pages().epoch(epochs.current());
    }

    /** Gives back what may be used again, a turn's work of it. */
    void giveBack() {
        boolean blocksWait = pending.blocks() > 0;
        moreToGive = false;
        if (!blocksWait && !state.pages().hasLimbo()) {
            return;
        }
        long safeEpoch = epochs.safeEpoch();
        if (blocksWait) {
            long proven = sabotage == Sabotage.REUSE_BEFORE_PROOF ? Long.MAX_VALUE : progress.provenSeq();
            pending.release(proven, safeEpoch, RUNS_A_TURN + freedRuns, allocator);
            freedRuns = 0;
            moreToGive = pending.mayRelease(proven, safeEpoch);
        }
        state.pages().recycle(safeEpoch);
    }

    /**
     * Whether {@code blocks} may be allocated for a write of that range. The reserve serves only overwrites that give
     * as
     * many blocks back.
     *
     * @return 1 for yes, 2 for yes from the reserve, 0 for no
     */
    int roomFor(MappingRoot root, long firstBlock, int blocks) {
        if (allocator.room(false) >= blocks) {
            return 1;
        }
        do {
            giveBack();
            if (allocator.room(false) >= blocks) {
                return 1;
            }
        } while (moreToGive);
        if (allocator.room(true) >= blocks && trees.ownsAlone(root, firstBlock, blocks)) {
            return 2;
        }
        return 0;
    }

    /** A run of at most {@code maxBlocks}; see {@link Allocator#allocate}. */
    long allocate(int maxBlocks, boolean urgent) {
        long run = allocator.allocate(maxBlocks, urgent);
        if (ahead != null) {
            ahead.taken(allocator.highWaterBlocks(), maxBlocks <= SMALL_BLOCKS);
        }
        return run;
    }

    /** So many requests got their blocks and were written together. */
    void ran(int requests) {
        if (ahead != null) {
            ahead.ran(requests);
        }
    }

    /** Blocks that were allocated and never mapped. */
    void unallocate(long start, int blocks) {
        allocator.cancel(start, blocks);
    }

    /** The host had no space for blocks that were given from there on, and were taken back. */
    void cannotGrow(long start) {
        allocator.cannotGrow(start);
    }

    /** A turn's time for learning where blocks are free: each time when idle, now and then beside other work. */
    void examine(boolean foreground) {
        if (allocator.hasUnknown() && (!foreground || ++turns % BUSY_TURNS == 0)) {
            allocator.examine();
        }
    }

    /** Whether there is more to give back, or to learn when idle. */
    boolean wantsTurn() {
        return moreToGive || allocator.hasUnknown();
    }

    /** Blocks that are freed and may not be used yet. */
    long waitingBlocks() {
        return pending.blocks();
    }

    /** Whether a marker would let blocks go that wait now. */
    boolean proofHelps() {
        return pending.blocks() > 0 && pending.oldestPosition() > progress.provenSeq();
    }

    long freeBlocks() {
        return allocator.freeBlocks();
    }

    long reserveBlocks() {
        return allocator.reserveBlocks();
    }

    long capacityBlocks() {
        return allocator.capacityBlocks();
    }

    long highWaterBlocks() {
        return allocator.highWaterBlocks();
    }
}
