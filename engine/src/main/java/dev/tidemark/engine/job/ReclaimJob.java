package dev.tidemark.engine.job;

import dev.tidemark.engine.mapping.MappingRoot;
import dev.tidemark.engine.mapping.MappingTrees;

/**
 * Gives back a tree that no volume shows any more. Its whole progress is what is left of the tree, so that a step that
 * was
 * journaled and one that was replayed end at the same place.
 *
 * <pre>
 *              started (with the event that cut the tree loose)
 *                 │
 *                 ▼
 *   step ──▶  RUNNING  ── the tree is empty ──▶  FINISHED  ── completed (an event) ──▶ gone
 *   (an event) └──┘
 * </pre>
 *
 * Writer thread.
 */
public final class ReclaimJob {
    private final long id;
    private final ReclaimReason reason;
    private final long volumeId;
    private final long startedSeq;
    private final long startedMs;
    private final long totalBlocks;
    private final MappingRoot root;

    /** A job over a tree that was just handed to it. */
    public ReclaimJob(long id, ReclaimReason reason, long volumeId, long startedSeq, long startedMs, MappingRoot root) {
        this(id, reason, volumeId, startedSeq, startedMs, root.mappedBlocks(), root);
    }

    /**
     * A job as a checkpoint saved it.
     *
     * @param id from 1, never used again
     * @param volumeId the volume that the tree was cut from, alive or not
     * @param startedSeq the seq of the event that started it
     * @param startedMs when, in milliseconds since the epoch
     * @param totalBlocks how many mapped blocks it had to look at in the beginning
     * @param root what is left
     */
    public ReclaimJob(
            long id,
            ReclaimReason reason,
            long volumeId,
            long startedSeq,
            long startedMs,
            long totalBlocks,
            MappingRoot root) {
        this.id = id;
        this.reason = reason;
        this.volumeId = volumeId;
        this.startedSeq = startedSeq;
        this.startedMs = startedMs;
        this.totalBlocks = totalBlocks;
        this.root = root;
    }

    /** Does a bounded part; returns how many mapped blocks it took off. */
    public long step(MappingTrees trees, int maxEntries) {
        return root.isEmpty() ? 0 : trees.reclaimStep(root, maxEntries);
    }

    /** The job as it is now, for who writes it down later: nothing changes it, so any one thread may. */
    ReclaimJob copy() {
        return new ReclaimJob(id, reason, volumeId, startedSeq, startedMs, totalBlocks, root.copy());
    }

    /** Whether only its completion is left. */
    public boolean isFinished() {
        return root.isEmpty();
    }

    /** The id, from 1. */
    public long id() {
        return id;
    }

    /** Why. */
    public ReclaimReason reason() {
        return reason;
    }

    /** The volume that the tree was cut from, alive or not. */
    public long volumeId() {
        return volumeId;
    }

    /** The seq of the event that started it. */
    public long startedSeq() {
        return startedSeq;
    }

    /** When it was started, in milliseconds since the epoch. */
    public long startedMs() {
        return startedMs;
    }

    /** How many mapped blocks it had to look at in the beginning. */
    public long totalBlocks() {
        return totalBlocks;
    }

    /** How many of them it has done. */
    public long doneBlocks() {
        return totalBlocks - root.mappedBlocks();
    }

    /** What is left. */
    public MappingRoot root() {
        return root;
    }
}
