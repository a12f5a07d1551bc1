package dev.tidemark.engine.state;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/** What one command changed in the catalogue. Immutable. Ids of volumes and jobs are from 1. */
public sealed interface Change {

    /** A new, empty origin. */
    record VolumeCreated(long volumeId, String name, long sizeBytes, boolean readonly) implements Change {}

    /**
     * A new snapshot, with the content and size of its source.
     *
     * @param cloned true when it was taken of a snapshot, by the verb for that; false when of an origin
     */
    record SnapshotTaken(long volumeId, String name, long sourceId, boolean readonly, boolean cloned)
            implements Change {}

    /** A volume is gone; the job gives back what it held alone. */
    record VolumeDeleted(long volumeId, long jobId) implements Change {}

    /** A volume took a snapshot's content and size, and the snapshot is gone; the job gives back the old content. */
    record SnapshotMerged(long snapshotId, long intoId, long jobId) implements Change {}

    /**
     * A volume has another size.
     *
     * @param jobId gives back what was cut off; 0 when nothing was
     * @param boundaryPhysical where the new end lies inside a mapped block: the physical block of its new content,
     * which
     *     is zero beyond the end; else 0
     * @param boundaryChecksum that content's CRC32C
     */
    record VolumeResized(long volumeId, long sizeBytes, long jobId, long boundaryPhysical, int boundaryChecksum)
            implements Change {}

    /** A volume has another name. */
    record VolumeRenamed(long volumeId, String newName) implements Change {}

    /** Labels were set, or removed where the value is empty. Sorted by key. */
    record VolumeLabeled(long volumeId, Map<String, String> labels) implements Change {
        /** Copies and sorts. */
        public VolumeLabeled {
            labels = Collections.unmodifiableMap(new TreeMap<>(labels));
        }
    }

    /** A volume became read-only, or writable. */
    record ReadonlySet(long volumeId, boolean readonly) implements Change {}
}
