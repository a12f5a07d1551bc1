package dev.tidemark.engine.codec;

import static dev.tidemark.engine.codec.Checks.natural;
import static dev.tidemark.engine.codec.Checks.positive;
import static dev.tidemark.engine.codec.Checks.present;

import dev.tidemark.engine.state.Change;
import dev.tidemark.proto.Label;
import dev.tidemark.proto.SnapshotTaken;
import dev.tidemark.proto.SnapshotVerb;
import dev.tidemark.proto.VolumeLabeled;
import dev.tidemark.proto.VolumeResized;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Typed changes of the catalogue to generated classes, and back. */
final class ChangeProtos {
    private ChangeProtos() {}

    static dev.tidemark.proto.Change toProto(Change change) {
        dev.tidemark.proto.Change.Builder out = dev.tidemark.proto.Change.newBuilder();
        if (change instanceof Change.VolumeCreated c) {
            out.getVolumeCreatedBuilder()
                    .setVolumeId(c.volumeId())
                    .setName(c.name())
                    .setSizeBytes(c.sizeBytes())
                    .setReadonly(c.readonly());
        } else if (change instanceof Change.SnapshotTaken c) {
            out.getSnapshotTakenBuilder()
                    .setVolumeId(c.volumeId())
                    .setName(c.name())
                    .setSourceId(c.sourceId())
                    .setReadonly(c.readonly())
                    .setVerb(c.cloned() ? SnapshotVerb.SNAPSHOT_VERB_CLONE : SnapshotVerb.SNAPSHOT_VERB_CREATE);
        } else if (change instanceof Change.VolumeDeleted c) {
            out.getVolumeDeletedBuilder().setVolumeId(c.volumeId()).setJobId(c.jobId());
        } else if (change instanceof Change.SnapshotMerged c) {
            out.getSnapshotMergedBuilder()
                    .setSnapshotId(c.snapshotId())
                    .setIntoId(c.intoId())
                    .setJobId(c.jobId());
        } else if (change instanceof Change.VolumeResized c) {
            out.getVolumeResizedBuilder()
                    .setVolumeId(c.volumeId())
                    .setSizeBytes(c.sizeBytes())
                    .setJobId(c.jobId())
                    .setBoundaryPhysical(c.boundaryPhysical())
                    .setBoundaryChecksum(c.boundaryChecksum());
        } else if (change instanceof Change.VolumeRenamed c) {
            out.getVolumeRenamedBuilder().setVolumeId(c.volumeId()).setNewName(c.newName());
        } else if (change instanceof Change.VolumeLabeled c) {
            VolumeLabeled.Builder labeled = out.getVolumeLabeledBuilder().setVolumeId(c.volumeId());
            c.labels().forEach((key, value) -> labeled.addLabels(label(key, value)));
        } else if (change instanceof Change.ReadonlySet c) {
            out.getReadonlySetBuilder().setVolumeId(c.volumeId()).setReadonly(c.readonly());
        }
        return out.build();
    }

    static Change fromProto(dev.tidemark.proto.Change change) {
        return switch (change.getKindCase()) {
            case VOLUME_CREATED -> {
                dev.tidemark.proto.VolumeCreated c = change.getVolumeCreated();
                yield new Change.VolumeCreated(
                        positive("volume_id", c.getVolumeId()),
                        present("name", c.getName()),
                        positive("size_bytes", c.getSizeBytes()),
                        c.getReadonly());
            }
            case SNAPSHOT_TAKEN -> {
                SnapshotTaken c = change.getSnapshotTaken();
                yield new Change.SnapshotTaken(
                        positive("volume_id", c.getVolumeId()),
                        present("name", c.getName()),
                        positive("source_id", c.getSourceId()),
                        c.getReadonly(),
                        isClone(c.getVerb()));
            }
            case VOLUME_DELETED ->
                new Change.VolumeDeleted(
                        positive("volume_id", change.getVolumeDeleted().getVolumeId()),
                        positive("job_id", change.getVolumeDeleted().getJobId()));
            case SNAPSHOT_MERGED ->
                new Change.SnapshotMerged(
                        positive("snapshot_id", change.getSnapshotMerged().getSnapshotId()),
                        positive("into_id", change.getSnapshotMerged().getIntoId()),
                        positive("job_id", change.getSnapshotMerged().getJobId()));
            case VOLUME_RESIZED -> resized(change.getVolumeResized());
            case VOLUME_RENAMED ->
                new Change.VolumeRenamed(
                        positive("volume_id", change.getVolumeRenamed().getVolumeId()),
                        present("new_name", change.getVolumeRenamed().getNewName()));
            case VOLUME_LABELED ->
                new Change.VolumeLabeled(
                        positive("volume_id", change.getVolumeLabeled().getVolumeId()),
                        labels(change.getVolumeLabeled().getLabelsList()));
            case READONLY_SET ->
                new Change.ReadonlySet(
                        positive("volume_id", change.getReadonlySet().getVolumeId()),
                        change.getReadonlySet().getReadonly());
            case KIND_NOT_SET -> throw new MalformedException("a change without a kind");
        };
    }

    private static Change resized(VolumeResized change) {
        long physical = natural("boundary_physical", change.getBoundaryPhysical());
        if (physical > Checks.MAX_PHYSICAL) {
            throw new MalformedException("boundary_physical=" + physical);
        }
        return new Change.VolumeResized(
                positive("volume_id", change.getVolumeId()),
                positive("size_bytes", change.getSizeBytes()),
                natural("job_id", change.getJobId()),
                physical,
                change.getBoundaryChecksum());
    }

    private static boolean isClone(SnapshotVerb verb) {
        return switch (verb) {
            case SNAPSHOT_VERB_CLONE -> true;
            case SNAPSHOT_VERB_CREATE -> false;
            case SNAPSHOT_VERB_UNSPECIFIED -> throw new MalformedException("a snapshot without its verb");
            case UNRECOGNIZED -> throw new TooNewException("a verb that takes snapshots");
        };
    }

    static Label label(String key, String value) {
        return Label.newBuilder().setKey(key).setValue(value).build();
    }

    static Map<String, String> labels(List<Label> labels) {
        Map<String, String> out = new TreeMap<>();
        for (Label label : labels) {
            if (out.put(present("label key", label.getKey()), label.getValue()) != null) {
                throw new MalformedException("two labels " + label.getKey());
            }
        }
        return out;
    }
}
