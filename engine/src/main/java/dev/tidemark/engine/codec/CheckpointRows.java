package dev.tidemark.engine.codec;

import static dev.tidemark.engine.codec.Checks.natural;
import static dev.tidemark.engine.codec.Checks.positive;
import static dev.tidemark.engine.codec.Checks.present;

import com.google.protobuf.CodedOutputStream;
import dev.tidemark.engine.job.ReclaimJob;
import dev.tidemark.engine.job.ReclaimReason;
import dev.tidemark.engine.mapping.MappingRoot;
import dev.tidemark.engine.message.Rules;
import dev.tidemark.engine.state.RequestRecord;
import dev.tidemark.engine.state.State;
import dev.tidemark.engine.state.StateImage;
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
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A state, but for what is in pages (trees, reference counts, volumes that are gone), as rows of
 * {@code checkpoint.proto}; and back into a new state. The roots in the rows mean pages of the same checkpoint. One
 * thread reads.
 */
public final class CheckpointRows {
    /** Ten numbers of eleven bytes and three lengths: the largest row but for its texts. */
    private static final long ROW_BYTES = 128;

    private static final long REQUEST_BYTES = 48;
    /** Tags and lengths of row, name and root, the flag, and the root's pointer. */
    private static final long VOLUME_BYTES = 24;
    /** Tags, and the label's length. */
    private static final long LABEL_BYTES = 8;

    private final State state;
    private long rows;
    private boolean begun;
    private boolean ended;
    private CheckpointHead head;
    /** Of a checkpoint of version 2; in later ones they are in pages. */
    private final List<DeadVolume> gone = new ArrayList<>();

    /** Reads rows into a new state. */
    public CheckpointRows(State state) {
        this.state = state;
    }

    /** Hands out the rows of an image, in order. Any thread. */
    public static void write(StateImage image, Consumer<byte[]> sink) {
        CheckpointHead head = CheckpointHead.newBuilder()
                .setSeq(image.seq())
                .setCatalogueSeq(image.catalogueSeq())
                .setBlockSizeBytes(image.blockSizeBytes())
                .setNextVolumeId(image.nextVolumeId())
                .setNextJobId(image.nextJobId())
                .build();
        long[] rows = {0};
        Consumer<CheckpointRow.Builder> counted = row -> {
            rows[0]++;
            sink.accept(row.build().toByteArray());
        };
        sink.accept(CheckpointRow.newBuilder().setHead(head).build().toByteArray());
        List<LiveVolume> volumes = new ArrayList<>(image.volumes());
        volumes.sort(Comparator.comparingLong(LiveVolume::id));
        for (LiveVolume volume : volumes) {
            counted.accept(CheckpointRow.newBuilder().setVolume(toProto(volume)));
        }
        for (ReclaimJob job : image.jobs()) {
            counted.accept(CheckpointRow.newBuilder().setJob(toProto(job)));
        }
        for (RequestRecord request : image.requests()) {
            counted.accept(CheckpointRow.newBuilder().setRequest(EventProtos.toProto(request)));
        }
        CheckpointFoot foot = CheckpointFoot.newBuilder().setRows(rows[0]).build();
        sink.accept(CheckpointRow.newBuilder().setFoot(foot).build().toByteArray());
    }

    /**
     * What the rows of an image take at most, {@code bytesBeside} of whoever stores them included for each: so that
     * room for them can be made without making them. What they take is nearly as much where there are many.
     */
    public static long mostBytes(StateImage image, int bytesBeside) {
        long bytes = 2L * (ROW_BYTES + bytesBeside); // head and foot
        for (LiveVolume volume : image.volumes()) {
            bytes += volumeBytes(volume) + bytesBeside;
        }
        bytes += image.jobs().size() * (ROW_BYTES + (long) bytesBeside);
        return bytes + image.requestBytes() + image.requests().size() * (REQUEST_BYTES + (long) bytesBeside);
    }

    private static long volumeBytes(LiveVolume volume) {
        MappingRoot root = volume.root();
        int numbers = Wire.fieldLength(volume.id())
                + Wire.fieldLength(volume.sizeBytes())
                + Wire.fieldLength(volume.sourceId())
                + Wire.fieldLength(volume.familyId())
                + Wire.fieldLength(volume.createdSeq())
                + Wire.fieldLength(volume.createdMs())
                + Wire.fieldLength(root.mappedBlocks())
                + Wire.fieldLength(root.ownedAfter());
        long labels = 0;
        for (Map.Entry<String, String> label : volume.labels().entrySet()) {
            labels += LABEL_BYTES
                    + CodedOutputStream.computeStringSizeNoTag(label.getKey())
                    + CodedOutputStream.computeStringSizeNoTag(label.getValue());
        }
        return VOLUME_BYTES + numbers + volume.name().length() + labels;
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
                case GONE_VOLUME -> gone.add(fromProto(row.getGoneVolume()));
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

    /** Whether rows said that volumes were gone. */
    public boolean hasGone() {
        return !gone.isEmpty();
    }

    /** Adds the volumes that were gone, if it was rows that said so. When the pages are there: this makes some. */
    public void restoreGone() {
        try {
            gone.forEach(state.catalogue()::restore);
        } catch (IllegalStateException e) {
            throw new MalformedException("rows that contradict each other: " + e.getMessage(), e);
        }
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

    private static DeadVolume fromProto(GoneVolumeRow row) {
        if (row.getName().length() > Rules.MAX_NAME_CHARS) {
            throw new MalformedException("a name of " + row.getName().length() + " characters");
        }
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
