package dev.tidemark.engine.pipeline;

/**
 * When to take a checkpoint without being asked: each bound keeps the time of the next recovery, or memory, small.
 *
 * @param journalBytes of history since the last one
 * @param mappedBlocks that were mapped or unmapped since the last one, with three more for each event: replaying them
 *     takes a processor's time
 * @param intervalNanos since the last one, when there were events since
 * @param roomSlots slots of the metadata file that are kept written ahead, and free, beside what is dirty
 * @param stepSlots how many are written ahead at a time
 */
public record CheckpointPolicy(long journalBytes, long mappedBlocks, long intervalNanos, int roomSlots, int stepSlots) {
    /** Half a second of replay on one core: see {@code engine/ARCHITECTURE.md}. */
    public static final long MAX_MAPPED_BLOCKS = 1 << 20;

    /** 4 MiB: more than the pages that one event touches, but for very few; below it writes are refused. */
    public static final int ROOM_SLOTS = 1024;

    /** 4 MiB at a time. */
    public static final int STEP_SLOTS = 1024;
}
