package dev.tidemark.engine;

/**
 * Something that happened to the store itself, not to the content of a volume; durable when it is told.
 *
 * @param seq its place in history
 * @param timeMs when, in milliseconds since the epoch
 * @param kind what
 * @param text what changed, for a human
 */
public record StoreEvent(long seq, long timeMs, Kind kind, String text) {
    /** What happened. */
    public enum Kind {
        /** Volumes were made, deleted, merged, resized, renamed, labelled, or made read-only or writable. */
        CATALOGUE_CHANGED,
        /** A job has nothing left to do. */
        JOB_COMPLETED,
        /** Free space fell below a configured level. */
        SPACE_LOW
    }
}
