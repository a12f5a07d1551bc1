package dev.tidemark.engine.state;

import dev.tidemark.engine.message.VolumeRef;
import dev.tidemark.engine.volume.Catalogue;
import dev.tidemark.engine.volume.LiveVolume;
import dev.tidemark.engine.volume.VolumeKind;
import java.util.HashMap;
import java.util.Map;

/**
 * The catalogue as it will be after the commands of a message that were decided so far: a thin layer over the present
 * one,
 * which stays as it is. It holds only what the message touched.
 */
final class Drafts {
    private final State state;
    private final Map<Long, Draft> byId = new HashMap<>();
    // A name that the message gave away maps to null.
    private final Map<String, Draft> byName = new HashMap<>();
    private long nextVolumeId;
    private long nextJobId;
    private int volumes;

    /** A volume as it will be. */
    static final class Draft {
        final long id;
        final VolumeKind kind;
        final long sourceId;
        final long familyId;
        String name;
        long sizeBytes;
        boolean readonly;
        Map<String, String> labels;
        boolean alive = true;
        /** The volume whose tree, in the present state, this one will show; null for an empty tree. */
        LiveVolume content;
        /** Of that tree, only the bytes before this one; zeros from there on. */
        long contentBytes;

        Draft(long id, String name, VolumeKind kind, long sourceId, long familyId) {
            this.id = id;
            this.name = name;
            this.kind = kind;
            this.sourceId = sourceId;
            this.familyId = familyId;
            this.labels = Map.of();
        }

        private static Draft of(LiveVolume volume) {
            Draft draft = new Draft(volume.id(), volume.name(), volume.kind(), volume.sourceId(), volume.familyId());
            draft.sizeBytes = volume.sizeBytes();
            draft.readonly = volume.readonly();
            draft.labels = volume.labels();
            draft.content = volume;
            draft.contentBytes = volume.sizeBytes();
            return draft;
        }

        void takeContent(Draft other) {
            sizeBytes = other.sizeBytes;
            content = other.content;
            contentBytes = other.contentBytes;
        }

        /** Whether anything may be mapped at or after this byte. */
        boolean mayHoldBeyond(long bytes) {
            return content != null && contentBytes > bytes && !content.root().isEmpty();
        }

        @Override
        public String toString() {
            return "#" + id + " " + name;
        }
    }

    Drafts(State state) {
        this.state = state;
        nextVolumeId = state.catalogue().nextVolumeId();
        nextJobId = state.jobs().nextJobId();
        volumes = state.catalogue().size();
    }

    /** The volume as it will be, or null. */
    Draft find(VolumeRef reference) {
        if (reference instanceof VolumeRef.ById ref) {
            return byId(ref.id());
        }
        return byName(((VolumeRef.ByName) reference).name());
    }

    Draft byId(long id) {
        Draft draft = byId.get(id);
        if (draft == null) {
            LiveVolume volume = state.catalogue().byId(id);
            if (volume == null) {
                return null;
            }
            draft = Draft.of(volume);
            byId.put(id, draft);
        }
        return draft.alive ? draft : null;
    }

    Draft byName(String name) {
        if (byName.containsKey(name)) {
            return byName.get(name);
        }
        LiveVolume volume = state.catalogue().byName(name);
        return volume == null ? null : byId(volume.id());
    }

    boolean isFull() {
        return volumes >= Catalogue.MAX_VOLUMES;
    }

    long nextVolumeId() {
        return nextVolumeId;
    }

    long takeJobId() {
        return nextJobId++;
    }

    /** Adds a volume that has {@link #nextVolumeId}. */
    void add(Draft draft) {
        nextVolumeId++;
        volumes++;
        byId.put(draft.id, draft);
        byName.put(draft.name, draft);
    }

    void end(Draft draft) {
        draft.alive = false;
        volumes--;
        byName.put(draft.name, null);
    }

    void rename(Draft draft, String newName) {
        byName.put(draft.name, null);
        draft.name = newName;
        byName.put(newName, draft);
    }
}
