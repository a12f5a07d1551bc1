package dev.tidemark.engine.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import dev.tidemark.engine.job.ReclaimJob;
import dev.tidemark.engine.job.ReclaimReason;
import dev.tidemark.engine.mapping.MappingRoot;
import dev.tidemark.engine.message.Message;
import dev.tidemark.engine.message.MessageParser;
import dev.tidemark.engine.state.Applier;
import dev.tidemark.engine.state.Decider;
import dev.tidemark.engine.state.Decision;
import dev.tidemark.engine.state.DecisionContext;
import dev.tidemark.engine.state.Event;
import dev.tidemark.engine.state.RequestRecord;
import dev.tidemark.engine.state.State;
import dev.tidemark.engine.state.StateDigest;
import dev.tidemark.engine.state.StateImage;
import dev.tidemark.engine.volume.LiveVolume;
import dev.tidemark.engine.volume.VolumeKind;
import dev.tidemark.proto.CheckpointFoot;
import dev.tidemark.proto.CheckpointHead;
import dev.tidemark.proto.CheckpointRow;
import dev.tidemark.proto.GoneVolumeRow;
import dev.tidemark.proto.Label;
import dev.tidemark.proto.TreeRoot;
import dev.tidemark.proto.VolumeRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** States whose trees are empty come back from their rows, but for the volumes that are gone, which are in pages. */
@Tag("quick")
class CheckpointRowsTest {
    private static State state() {
        State state = new State(4096);
        Applier applier = new Applier(state);
        send(
                state,
                "create disk size=1G; label disk a=b c=\"d e\" request=r1",
                "create s1 origin=disk readonly=true; clone s2 source=s1; clone s3 source=s2",
                "merge s2 into=disk request=r2",
                "delete s3",
                "rename disk to=root");
        applier.apply(new Event.JobCompleted(78, 1));
        return state;
    }

    private static void send(State state, String... texts) {
        Applier applier = new Applier(state);
        for (String text : texts) {
            Message message = (Message) MessageParser.parse(text);
            Decision decision = Decider.decide(state, message, new DecisionContext(77, "test", id -> 0));
            applier.apply(((Decision.Apply) decision).event());
        }
    }

    private static List<byte[]> rows(State state) {
        List<byte[]> rows = new ArrayList<>();
        CheckpointRows.write(StateImage.of(state), rows::add);
        return rows;
    }

    /** What version 2 wrote: a row for each volume that is gone, behind the head. */
    private static List<byte[]> rowsOfVersion2(State state) throws InvalidProtocolBufferException {
        List<byte[]> rows = new ArrayList<>(rows(state));
        List<byte[]> gone = new ArrayList<>();
        state.catalogue().forEachDead(volume -> {
            GoneVolumeRow row = GoneVolumeRow.newBuilder()
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
            gone.add(CheckpointRow.newBuilder().setGoneVolume(row).build().toByteArray());
        });
        CheckpointRow foot = CheckpointRow.parseFrom(rows.remove(rows.size() - 1));
        rows.addAll(1, gone);
        CheckpointFoot more = CheckpointFoot.newBuilder()
                .setRows(foot.getFoot().getRows() + gone.size())
                .build();
        rows.add(CheckpointRow.newBuilder().setFoot(more).build().toByteArray());
        return rows;
    }

    @Test
    void shouldComeBackTheSameFromPages() {
        try (State state = state();
                State restored = new State(4096, state.pages())) {
            CheckpointRows reader = new CheckpointRows(restored);
            rows(state).forEach(reader::read);
            reader.restoreGone();
            restored.catalogue().gone().restore(state.catalogue().gone().roots());
            assertThat(reader.isComplete()).isTrue();
            assertThat(StateDigest.of(restored)).isEqualTo(StateDigest.of(state));
            assertThat(restored.catalogue().deadCount()).isEqualTo(2);
            assertThat(restored.catalogue().audit()).isEmpty();
        }
    }

    @Test
    void shouldComeBackTheSameFromRowsOfVersion2() throws InvalidProtocolBufferException {
        try (State state = state();
                State restored = new State(4096)) {
            CheckpointRows reader = new CheckpointRows(restored);
            rowsOfVersion2(state).forEach(reader::read);
            assertThat(reader.isComplete()).isTrue();
            assertThat(restored.pages().livePages())
                    .as("as long as pages are not there")
                    .isZero();
            reader.restoreGone();
            assertThat(StateDigest.of(restored)).isEqualTo(StateDigest.of(state));
            assertThat(restored.catalogue().audit()).isEmpty();
            assertThat(restored.catalogue().byName("root").labels()).containsEntry("c", "d e");
        }
    }

    /** Another thread writes the rows down while the state goes on. */
    @Test
    void shouldWriteTheStateAsItWasWhenTheImageWasMade() {
        try (State state = state()) {
            List<byte[]> before = rows(state);
            StateImage image = StateImage.of(state);
            send(
                    state,
                    "rename root to=trunk; label trunk a=z; resize trunk size=2G; set s1 readonly=false",
                    "create s4 origin=trunk; delete s1 request=r3",
                    "merge s4 into=trunk; create late size=4K request=r4");
            state.catalogue().byName("late").root();
            List<byte[]> rows = new ArrayList<>();
            CheckpointRows.write(image, rows::add);
            assertThat(rows).containsExactlyElementsOf(before);
            assertThat(rows(state)).hasSizeGreaterThan(rows.size());
        }
    }

    /** Room is made for so many bytes before the rows are. */
    @Test
    void shouldNeverTakeMoreThanWasSaidBefore() {
        long large = Long.MAX_VALUE;
        String name = "n".repeat(128);
        MappingRoot root = new MappingRoot(large, large, large);
        try (State state = new State(4096)) {
            state.catalogue()
                    .add(new LiveVolume(
                                    large - 1, name, VolumeKind.SNAPSHOT, large, true, large, large, large, large, root)
                            .restoreLabels(Map.of("k".repeat(60), "\u20ac".repeat(200), "x", "\ud83d\ude00")));
            state.jobs().add(new ReclaimJob(large - 1, ReclaimReason.SHRINK, large, large, large, large, root));
            for (int i = 0; i < 100; i++) {
                state.requests()
                        .add(new RequestRecord(i + "\u00e9\u20ac\ud83d\ude00".repeat(i), -1, "ok \u20ac".repeat(i)));
            }
            StateImage image = StateImage.of(state);
            long bytes = 0;
            for (byte[] row : rows(state)) {
                bytes += row.length + 8;
            }
            assertThat(bytes).isBetween(CheckpointRows.mostBytes(image, 8) * 3 / 4, CheckpointRows.mostBytes(image, 8));
            state.requests().add(new RequestRecord("0", 1, ""));
            assertThat(StateImage.of(state).requestBytes()).as("put again").isEqualTo(image.requestBytes());
        }
    }

    /** A field that a later version may write, wherever it stands. */
    @Test
    void shouldRefuseWhatALaterVersionMayHaveWritten() {
        UnknownFieldSet later = UnknownFieldSet.newBuilder()
                .addField(15, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
                .build();
        Label label = Label.newBuilder().setKey("k").setValue("v").build();
        VolumeRow volume = VolumeRow.newBuilder()
                .setVolumeId(1)
                .setName("v")
                .setSizeBytes(4096)
                .setFamilyId(1)
                .setCreatedSeq(1)
                .addLabels(label)
                .setRoot(TreeRoot.newBuilder())
                .build();
        List<CheckpointRow> rows = List.of(
                CheckpointRow.newBuilder()
                        .setVolume(volume)
                        .setUnknownFields(later)
                        .build(),
                CheckpointRow.newBuilder()
                        .setVolume(volume.toBuilder().setUnknownFields(later))
                        .build(),
                CheckpointRow.newBuilder()
                        .setVolume(
                                volume.toBuilder().addLabels(label.toBuilder().setUnknownFields(later)))
                        .build(),
                CheckpointRow.newBuilder()
                        .setVolume(
                                volume.toBuilder().setRoot(TreeRoot.newBuilder().setUnknownFields(later)))
                        .build());
        byte[] head = CheckpointRow.newBuilder()
                .setHead(CheckpointHead.newBuilder()
                        .setSeq(1)
                        .setBlockSizeBytes(4096)
                        .setNextVolumeId(2))
                .build()
                .toByteArray();
        for (CheckpointRow row : rows) {
            try (State restored = new State(4096)) {
                CheckpointRows reader = new CheckpointRows(restored);
                reader.read(head);
                assertThatThrownBy(() -> reader.read(row.toByteArray()))
                        .as(row.toString())
                        .isInstanceOf(TooNewException.class)
                        .hasMessageContaining("with a field 15");
            }
        }
        try (State restored = new State(4096)) {
            CheckpointRows reader = new CheckpointRows(restored);
            reader.read(head);
            reader.read(CheckpointRow.newBuilder().setVolume(volume).build().toByteArray());
            assertThat(restored.catalogue().byName("v").labels()).containsEntry("k", "v");
        }
    }

    @Test
    void shouldNoticeMissingAndMisplacedRows() {
        try (State state = state()) {
            List<byte[]> rows = rows(state);
            for (int missing = 0; missing < rows.size(); missing++) {
                List<byte[]> some = new ArrayList<>(rows);
                some.remove(missing);
                try (State restored = new State(4096)) {
                    CheckpointRows reader = new CheckpointRows(restored);
                    boolean footIsMissing = missing == rows.size() - 1;
                    if (footIsMissing) {
                        some.forEach(reader::read);
                        assertThat(reader.isComplete()).isFalse();
                    } else {
                        assertThatThrownBy(() -> some.forEach(reader::read)).isInstanceOf(MalformedException.class);
                    }
                }
            }
            try (State restored = new State(8192)) {
                CheckpointRows reader = new CheckpointRows(restored);
                assertThatThrownBy(() -> reader.read(rows.get(0)))
                        .isInstanceOf(MalformedException.class)
                        .hasMessage("blocks of 4096 bytes");
            }
        }
    }
}
