package dev.tidemark.engine.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.engine.codec.CheckpointRows;
import dev.tidemark.engine.state.State;
import dev.tidemark.engine.state.StateImage;
import dev.tidemark.engine.volume.GoneVolumes;
import dev.tidemark.proto.CheckpointFoot;
import dev.tidemark.proto.CheckpointRow;
import dev.tidemark.proto.GoneVolumeRow;
import dev.tidemark.storage.sim.SimStorage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A checkpoint says once where the volumes are that are gone, in pages that there are; one of version 2 has rows. */
@Tag("quick")
class GoneVolumesRecordTest {
    private static final int SLOTS = 16;
    private static final GoneVolumes.Roots NONE = new GoneVolumes.Roots(0, 0, 0, 0, 0, 0);
    private static final Superblock BLANK = new Superblock(1, new UUID(1, 2), 4096, 1 << 30, 0, Map.of());

    private final SimStorage storage = new SimStorage(1);

    /** Rows of an empty state, with or without one for a volume that is gone. */
    private static List<byte[]> rows(boolean withGone) {
        List<byte[]> rows = new ArrayList<>();
        try (State state = new State(4096)) {
            CheckpointRows.write(StateImage.of(state), rows::add);
        }
        if (withGone) {
            GoneVolumeRow gone = GoneVolumeRow.newBuilder()
                    .setVolumeId(1)
                    .setName("v")
                    .setFamilyId(1)
                    .setCreatedSeq(1)
                    .setEndedSeq(2)
                    .build();
            rows.set(1, CheckpointRow.newBuilder().setGoneVolume(gone).build().toByteArray());
            CheckpointFoot foot = CheckpointFoot.newBuilder().setRows(1).build();
            rows.add(CheckpointRow.newBuilder().setFoot(foot).build().toByteArray());
        }
        return rows;
    }

    /** Writes a checkpoint of that version with those records, and loads it; how many volumes are gone. */
    private long load(int version, boolean withGoneRow, GoneVolumes.Roots... records) throws IOException {
        if (storage.exists(MetadataFile.FILE_NAME)) {
            storage.delete(MetadataFile.FILE_NAME);
        }
        CheckpointPlace place;
        try (MetadataFile file = MetadataFile.create(storage)) {
            file.extendTo(SLOTS);
            SlotMap map = new SlotMap();
            map.extend(SLOTS);
            map.freeze();
            RootStreamWriter root = new RootStreamWriter(file, map::allocate, 1);
            for (byte[] row : rows(withGoneRow)) {
                root.stateRow(row);
            }
            root.countsRoot(0, 0, 0);
            for (GoneVolumes.Roots record : records) {
                root.goneVolumes(record);
            }
            root.pageTable(0, 0);
            CheckpointPlace made = root.finish(map, 0, 4096);
            place = new CheckpointPlace(
                    made.number(),
                    made.seq(),
                    made.journalOffset(),
                    made.firstSlot(),
                    made.firstSlots(),
                    made.chunks(),
                    made.lengthBytes(),
                    made.checksum(),
                    1,
                    version);
            file.force();
        }
        try (CheckpointLoader.Loaded loaded = CheckpointLoader.load(storage, BLANK.withCheckpoint(place), 64 << 20)) {
            return loaded.state().catalogue().deadCount();
        }
    }

    private void requireRefused(int version, boolean withGoneRow, GoneVolumes.Roots... records) {
        assertThatThrownBy(() -> load(version, withGoneRow, records)).isInstanceOf(MetadataDamagedException.class);
    }

    @Test
    void shouldLoadWhatEachVersionWrites() throws IOException {
        assertThat(load(3, false, NONE)).isZero();
        assertThat(load(2, false)).isZero();
        assertThat(load(2, true)).isEqualTo(1);
    }

    @Test
    void shouldRefuseEverythingElse() {
        requireRefused(3, false);
        requireRefused(3, false, NONE, NONE);
        requireRefused(3, true, NONE);
        requireRefused(3, true);
        requireRefused(2, false, NONE);
        requireRefused(2, true, NONE);
        requireRefused(3, false, new GoneVolumes.Roots(1, 50, 1, 1, 2, 1)); // of pages that were never given
        requireRefused(3, false, new GoneVolumes.Roots(1, Long.MAX_VALUE, 1, 6, 2, 1));
    }
}
