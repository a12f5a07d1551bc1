package dev.tidemark.engine.volume;

/**
 * What is remembered for good of a volume that is gone.
 *
 * @param name its last name
 * @param sourceId the volume that it was taken from; 0 for an origin
 * @param familyId the origin that it came from in the end; its own id for an origin
 * @param createdSeq the seq of the event that made it
 * @param createdMs when, in milliseconds since the epoch
 * @param endedSeq the seq of the event that ended it
 * @param endedMs when, in milliseconds since the epoch
 * @param mergedInto the volume that took its content; 0 when it was deleted
 */
public record DeadVolume(
        long id,
        String name,
        VolumeKind kind,
        long sourceId,
        long familyId,
        long createdSeq,
        long createdMs,
        long endedSeq,
        long endedMs,
        long mergedInto) {}
