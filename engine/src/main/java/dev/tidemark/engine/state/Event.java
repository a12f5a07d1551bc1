package dev.tidemark.engine.state;

/**
 * One fact of the one history: a request for I/O, a message, or a step of a job. An event's seq is its ordinal and
 * stands
 * nowhere in it.
 *
 * <p>{@link BlocksWritten}, {@link BlocksUnmapped} and {@link RangeZeroed} are mutable and reused, so that I/O
 * allocates
 * nothing; whoever keeps one copies it. The others are immutable.
 */
public sealed interface Event permits BlocksWritten, BlocksUnmapped, RangeZeroed, CatalogueChanged, Event.Background {

    /** When it was decided, in milliseconds since the epoch: for humans, nothing is decided by it. */
    long timeMs();

    /** True for what changes the catalogue, which {@code if=} looks at. */
    default boolean changesCatalogue() {
        return false;
    }

    /** What the store does by itself. */
    sealed interface Background extends Event {}

    /**
     * A bounded step of a job.
     *
     * @param jobId the job
     * @param maxEntries the work of the step at most, in entries of mapping pages, from 1
     */
    record JobStepped(long timeMs, long jobId, int maxEntries) implements Background {}

    /** A job has nothing left to do, and is gone. */
    record JobCompleted(long timeMs, long jobId) implements Background {}

    /**
     * Free space fell below a configured level. Changes no state.
     *
     * @param levelPercent of the capacity
     * @param freeBytes what was free
     */
    record SpaceLow(long timeMs, int levelPercent, long freeBytes) implements Background {}
}
