package dev.tidemark.engine.codec;

import static dev.tidemark.engine.codec.Checks.natural;
import static dev.tidemark.engine.codec.Checks.positive;
import static dev.tidemark.engine.codec.Checks.present;

import dev.tidemark.engine.job.ReclaimJob;
import dev.tidemark.engine.job.ReclaimReason;
import dev.tidemark.engine.mapping.MappingRoot;
import dev.tidemark.engine.state.State;
import dev.tidemark.engine.volume.DeadVolume;
import dev.tidemark.engine.volume.LiveVolume;
import dev.tidemark.engine.volume.VolumeKind;
import dev.tidemark.proto.CheckpointFoot;
import dev.tidemark.proto.CheckpointHead;
import dev.tidemark.proto.CheckpointRow;
import dev.tidemark.proto.GoneVolumeRow;
import dev.tidemark.proto.JobReason;
import dev.tidemark.proto.JobRow;
import dev.tidemark.proto.TreeRoot;
import dev.tidemark.proto.VolumeRow;
import java.util.function.Consumer;

/**
 * A state, but for the pages of its trees and reference counts, as rows of {@code checkpoint.proto}; and back into a
 * new
 * state. The roots in the rows mean pages of the same checkpoint. One thread.
 */
public final class CheckpointRows {
    private final State state;
    private long rows;
    private boolean begun;
    private boolean ended;
    private CheckpointHead head;

    /** Reads rows into a new state. */
    public CheckpointRows(State state) {
        this.state = state;
    }

    /** Hands out the rows of a state, in order. */
    public static void write(State state, Consumer<byte[]> sink) {
        CheckpointHead head = CheckpointHead.newBuilder()
                .setSeq(state.seq())
                .setCatalogueSeq(state.catalogueSeq())
                .setBlockSizeBytes(state.blockSizeBytes())
                .setNextVolumeId(state.catalogue().nextVolumeId())
                .setNextJobId(state.jobs().nextJobId())
                .build();
        long[] rows = {0};
        Consumer<CheckpointRow.Builder> counted = row -> {
            rows[0]++;
            sink.accept(row.build().toByteArray());
        };
        sink.accept(CheckpointRow.newBuilder().setHead(head).build().toByteArray());
        state.catalogue()
                .forEachDead(volume -> counted.accept(CheckpointRow.newBuilder().setGoneVolume(toProto(volume))));
        for (LiveVolume volume : state.catalogue().volumes()) {
            counted.accept(CheckpointRow.newBuilder().setVolume(toProto(volume)));
        }
        for (ReclaimJob job : state.jobs().all()) {
            counted.accept(CheckpointRow.newBuilder().setJob(toProto(job)));
        }
        state.requests()
                .forEach(
                        request -> counted.accept(CheckpointRow.newBuilder().setRequest(EventProtos.toProto(request))));
        CheckpointFoot foot = CheckpointFoot.newBuilder().setRows(rows[0]).build();
        sink.accept(CheckpointRow.newBuilder().setFoot(foot).build().toByteArray());
    }

    /** Takes the next row. Throws {@link TooNewException} and {@link MalformedException}. */
    public void read(byte[] bytes) {
        CheckpointRow row = Protos.parse(CheckpointRow.parser(), bytes);
        if (ended || begun == row.hasHead()) {
            throw new MalformedException("a row before the head, a second head, or a row after the foot");
        }
        try {
            switch (row.getKindCase()) {
                case HEAD -> begin(row.getHead());
                case GONE_VOLUME -> state.catalogue().restore(fromProto(row.getGoneVolume()));
                case VOLUME -> state.catalogue().add(fromProto(row.getVolume()));
                case JOB -> state.jobs().add(fromProto(row.getJob()));
                case REQUEST -> state.requests().add(EventProtos.fromProto(row.getRequest()));
                case FOOT -> end(row.getFoot());
                case KIND_NOT_SET -> throw new MalformedException("a row without a kind");
            }
        } catch (IllegalStateException e) {
            throw new MalformedException("rows that contradict each other: " + e.getMessage(), e);
        }
        rows += row.hasHead() ? 0 : 1;
    }

    /** Whether the foot was read, so that nothing is missing. */
    public boolean isComplete() {
        return ended;
    }

    private void begin(CheckpointHead first) {
        if (first.getBlockSizeBytes() != state.blockSizeBytes()) {
            throw new MalformedException("blocks of " + first.getBlockSizeBytes() + " bytes");
        }
        head = first;
        begun = true;
        state.restoreSeqs(natural("seq", first.getSeq()), natural("catalogue_seq", first.getCatalogueSeq()));
    }

    private void end(CheckpointFoot foot) {
        if (foot.getRows() != rows) {
            throw new MalformedException(rows + " rows instead of " + foot.getRows());
        }
        state.catalogue().restoreNextVolumeId(head.getNextVolumeId());
        state.jobs().restoreNextJobId(head.getNextJobId());
        ended = true;
    }

    private static TreeRoot toProto(MappingRoot root) {
        return TreeRoot.newBuilder()
                .setPointer(root.pointer())
                .setMappedBlocks(root.mappedBlocks())
                .setOwnedAfter(root.ownedAfter())
                .build();
    }

    private static MappingRoot fromProto(TreeRoot root) {
        return new MappingRoot(
                natural("pointer", root.getPointer()),
                natural("mapped_blocks", root.getMappedBlocks()),
                natural("owned_after", root.getOwnedAfter()));
    }

    private static VolumeRow toProto(LiveVolume volume) {
        VolumeRow.Builder out = VolumeRow.newBuilder()
                .setVolumeId(volume.id())
                .setName(volume.name())
                .setSizeBytes(volume.sizeBytes())
                .setReadonly(volume.readonly())
                .setSourceId(volume.sourceId())
                .setFamilyId(volume.familyId())
                .setCreatedSeq(volume.createdSeq())
                .setCreatedMs(volume.createdMs())
                .setRoot(toProto(volume.root()));
        volume.labels().forEach((key, value) -> out.addLabels(ChangeProtos.label(key, value)));
        return out.build();
    }

    private static LiveVolume fromProto(VolumeRow row) {
        return new LiveVolume(
                        positive("volume_id", row.getVolumeId()),
                        present("name", row.getName()),
                        kind(row.getSourceId()),
                        positive("size_bytes", row.getSizeBytes()),
                        row.getReadonly(),
                        natural("source_id", row.getSourceId()),
                        positive("family_id", row.getFamilyId()),
                        positive("created_seq", row.getCreatedSeq()),
                        row.getCreatedMs(),
                        fromProto(row.getRoot()))
                .restoreLabels(ChangeProtos.labels(row.getLabelsList()));
    }

    private static GoneVolumeRow toProto(DeadVolume volume) {
        return GoneVolumeRow.newBuilder()
                .setVolumeId(volume.id())
                .setName(volume.name())
                .setSourceId(volume.sourceId())
                .setFamilyId(volume.familyId())
                .setCreatedSeq(volume.createdSeq())
                .setCreatedMs(volume.createdMs())
                .setEndedSeq(volume.endedSeq())
                .setEndedMs(volume.endedMs())
                .setMergedInto(volume.mergedInto())
                .build();
    }

    private static DeadVolume fromProto(GoneVolumeRow row) {
        return new DeadVolume(
                positive("volume_id", row.getVolumeId()),
                present("name", row.getName()),
                kind(row.getSourceId()),
                natural("source_id", row.getSourceId()),
                positive("family_id", row.getFamilyId()),
                positive("created_seq", row.getCreatedSeq()),
                row.getCreatedMs(),
                positive("ended_seq", row.getEndedSeq()),
                row.getEndedMs(),
                natural("merged_into", row.getMergedInto()));
    }

    private static VolumeKind kind(long sourceId) {
        return sourceId == 0 ? VolumeKind.ORIGIN : VolumeKind.SNAPSHOT;
    }

    private static JobRow toProto(ReclaimJob job) {
        JobReason reason = switch (job.reason()) {
            case DELETE -> JobReason.JOB_REASON_DELETE;
            case MERGE -> JobReason.JOB_REASON_MERGE;
            case SHRINK -> JobReason.JOB_REASON_SHRINK;
            case DISCARD -> JobReason.JOB_REASON_DISCARD;
        };
        return JobRow.newBuilder()
                .setJobId(job.id())
                .setReason(reason)
                .setVolumeId(job.volumeId())
                .setStartedSeq(job.startedSeq())
                .setStartedMs(job.startedMs())
                .setTotalBlocks(job.totalBlocks())
                .setRoot(toProto(job.root()))
                .build();
    }

    private static ReclaimJob fromProto(JobRow row) {
        ReclaimReason reason = switch (row.getReason()) {
            case JOB_REASON_DELETE -> ReclaimReason.DELETE;
            case JOB_REASON_MERGE -> ReclaimReason.MERGE;
            case JOB_REASON_SHRINK -> ReclaimReason.SHRINK;
            case JOB_REASON_DISCARD -> ReclaimReason.DISCARD;
            case JOB_REASON_UNSPECIFIED -> throw new MalformedException("a job without its reason");
            case UNRECOGNIZED -> throw new TooNewException("a reason of a job");
        };
        return new ReclaimJob(
                positive("job_id", row.getJobId()),
                reason,
                positive("volume_id", row.getVolumeId()),
                positive("started_seq", row.getStartedSeq()),
                row.getStartedMs(),
                natural("total_blocks", row.getTotalBlocks()),
                fromProto(row.getRoot()));
    }
}
