package dev.tidemark.engine.volume;

import dev.tidemark.engine.mapping.MappingRoot;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * A volume that exists. The same object for as long as it does, so that whoever has it open keeps it. Only
 * {@link Catalogue} changes it, on the writer thread; any thread may read, and sees each field's newest value soon,
 * but not
 * several fields of one moment.
 */
public final class LiveVolume {
    private final long id;
    private final VolumeKind kind;
    private final long sourceId;
    private final long familyId;
    private final long createdSeq;
    private final long createdMs;
    private final MappingRoot root;
    private volatile String name;
    private volatile long sizeBytes;
    private volatile boolean readonly;
    private volatile boolean alive = true;
    private volatile Map<String, String> labels = Map.of();

    /**
     * @param id from 1, never used again
     * @param sourceId the volume that this one was taken from, alive or not; 0 for an origin
     * @param familyId the origin that it comes from in the end, alive or not; its own id for an origin
     * @param createdSeq the seq of the event that made it
     * @param createdMs when, in milliseconds since the epoch
     * @param root its tree; this object's for life
     */
    public LiveVolume(
            long id,
            String name,
            VolumeKind kind,
            long sizeBytes,
            boolean readonly,
            long sourceId,
            long familyId,
            long createdSeq,
            long createdMs,
            MappingRoot root) {
        this.id = id;
        this.name = name;
        this.kind = kind;
        this.sizeBytes = sizeBytes;
        this.readonly = readonly;
        this.sourceId = sourceId;
        this.familyId = familyId;
        this.createdSeq = createdSeq;
        this.createdMs = createdMs;
        this.root = root;
    }

    /** The id, from 1. */
    public long id() {
        return id;
    }

    /** Origin or snapshot: for life. */
    public VolumeKind kind() {
        return kind;
    }

    /** The volume that this one was taken from, which may be gone; 0 for an origin. */
    public long sourceId() {
        return sourceId;
    }

    /** The origin that this volume comes from in the end, which may be gone; its own id for an origin. */
    public long familyId() {
        return familyId;
    }

    /** The seq of the event that made it. */
    public long createdSeq() {
        return createdSeq;
    }

    /** When it was made, in milliseconds since the epoch. */
    public long createdMs() {
        return createdMs;
    }

    /** Its tree. What the tree maps changes; the object does not. */
    public MappingRoot root() {
        return root;
    }

    /** The present name. */
    public String name() {
        return name;
    }

    /** The present size, a multiple of 512. */
    public long sizeBytes() {
        return sizeBytes;
    }

    /** Whether clients may only read. */
    public boolean readonly() {
        return readonly;
    }

    /** False once it was deleted or merged away. */
    public boolean alive() {
        return alive;
    }

    /** Labels by key, sorted; unmodifiable. */
    public Map<String, String> labels() {
        return labels;
    }

    /** Sets all labels, as a checkpoint saved them, before the volume is added to a catalogue. */
    public LiveVolume restoreLabels(Map<String, String> saved) {
        labels = saved.isEmpty() ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(saved));
        return this;
    }

    /** The volume as it is now, for who writes it down later: nothing changes it, so any one thread may. Writer. */
    LiveVolume copy() {
        LiveVolume copy = new LiveVolume(
                id, name, kind, sizeBytes, readonly, sourceId, familyId, createdSeq, createdMs, root.copy());
        copy.labels = labels;
        return copy;
    }

    /** How many logical blocks the size spans; the last one may be there in part only. */
    public long blocks(int blockSizeBytes) {
        return blocks(sizeBytes, blockSizeBytes);
    }

    /** How many logical blocks a size spans. */
    public static long blocks(long sizeBytes, int blockSizeBytes) {
        return (sizeBytes + blockSizeBytes - 1) / blockSizeBytes;
    }

    void name(String newName) {
        name = newName;
    }

    void sizeBytes(long newSizeBytes) {
        sizeBytes = newSizeBytes;
    }

    void readonly(boolean newReadonly) {
        readonly = newReadonly;
    }

    void labels(Map<String, String> newLabels) {
        labels = newLabels;
    }

    void end() {
        alive = false;
    }

    @Override
    public String toString() {
        return "#" + id + " " + name;
    }
}
