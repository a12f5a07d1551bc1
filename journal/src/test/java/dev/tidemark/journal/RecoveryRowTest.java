package dev.tidemark.journal;

import static dev.tidemark.journal.TestJournals.append;
import static dev.tidemark.journal.TestJournals.readAll;
import static dev.tidemark.journal.TestJournals.tiny;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tidemark.journal.RecoveryRow.Inputs;
import dev.tidemark.journal.RecoveryRow.Place;
import dev.tidemark.journal.TestJournals.Entry;
import dev.tidemark.storage.Storage;
import dev.tidemark.storage.StorageFile;
import dev.tidemark.storage.sim.SimStorage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The recovery decision table: each combination of inputs has exactly one row, and each row comes from a journal. */
@Tag("quick")
class RecoveryRowTest {
    private final SimStorage storage = new SimStorage(7);
    private final JournalConfig config = tiny().segmentBytes(32 << 10).build();
    private final List<Entry> model = new ArrayList<>();

    @Test
    void shouldHaveExactlyOneRowForEachCombinationOfInputs() {
        int combinations = 0;
        for (Place place : Place.values()) {
            for (int bits = 0; bits < 8; bits++) {
                Inputs inputs = new Inputs(place, (bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0);
                assertThat(Arrays.stream(RecoveryRow.values()).filter(row -> row.fits(inputs)))
                        .as(inputs.toString())
                        .hasSize(1)
                        .containsExactly(RecoveryRow.decide(inputs));
                combinations++;
            }
        }
        assertThat(combinations).isEqualTo(56);
    }

    @Test
    void shouldNumberTheRowsFromOneOn() {
        int number = 1;
        for (RecoveryRow row : RecoveryRow.values()) {
            assertThat(row.number()).isEqualTo(number++);
        }
    }

    @Test
    void row1ShouldRefuseANewerVersion() throws Exception {
        fill(30);
        changeHeader(segments().get(1), SegmentDescriptor.VERSION_OFFSET, 2);
        assertThatThrownBy(() -> Journal.recover(storage, config, Known.NOTHING))
                .isInstanceOf(JournalTooNewException.class)
                .hasMessageContaining(segments().get(1));
        assertThat(examine().row()).isEqualTo(RecoveryRow.NEWER_VERSION);
    }

    @Test
    void row2ShouldRefuseASegmentOfAnotherStore() throws Exception {
        fill(30);
        SimStorage other = new SimStorage(8);
        try (Journal journal = Journal.create(other, config, new UUID(5, 5), new byte[0])) {
            for (int i = 0; i < 30; i++) {
                append(journal, 1, 1500);
            }
        }
        String second = segments().get(1);
        copy(other, second, storage, second);
        expectCorrupt(RecoveryRow.STRANGE_SEGMENT, second);
    }

    @Test
    void row3ShouldRefuseAJournalWithoutABeginning() throws Exception {
        fill(30);
        String first = segments().get(0);
        storage.flipBit(first, 20, 3);
        expectCorrupt(RecoveryRow.NO_BEGINNING, first);
        storage.delete(first);
        expectCorrupt(RecoveryRow.NO_BEGINNING, first);
    }

    @Test
    void row4ShouldRefuseAMissingSegment() throws Exception {
        fill(30);
        String second = segments().get(1);
        storage.delete(second);
        expectCorrupt(RecoveryRow.MISSING_SEGMENT, second);
    }

    @Test
    void row5ShouldRefuseADamagedHeader() throws Exception {
        fill(30);
        String second = segments().get(1);
        storage.flipBit(second, 2000, 0);
        expectCorrupt(RecoveryRow.DAMAGED_HEADER, second);
    }

    @Test
    void row6ShouldRefuseADamagedFrame() throws Exception {
        fill(30);
        Entry damaged = model.get(4);
        storage.flipBit(segments().get(0), damaged.offset() + 70, 0);
        assertThat(expectCorrupt(RecoveryRow.DAMAGED_FRAME, segments().get(0)).offset())
                .isEqualTo(damaged.offset());
    }

    @Test
    void row7ShouldRefuseAJournalThatEndsBeforeTheEvidence() throws Exception {
        fill(5);
        Entry last = model.get(4);
        String segment = segments().get(0);
        storage.damage(
                segment,
                last.offset(),
                new byte[(int) (storage.open(segment, Storage.Mode.READ).size() - last.offset())]);
        Known known = new Known(0, 0, last.end(), TestJournals.STORE);
        JournalCorruptException corrupt =
                catchThrowableOfType(JournalCorruptException.class, () -> Journal.recover(storage, config, known));
        assertThat(corrupt.row()).isEqualTo(RecoveryRow.LOST_END);
        assertThat(corrupt.offset()).isEqualTo(last.offset());
    }

    @Test
    void row8ShouldFindACleanEnd() throws Exception {
        fill(30);
        assertThat(examine().row()).isEqualTo(RecoveryRow.CLEAN_END);
        assertThat(readAll(storage, config)).isEqualTo(model);
    }

    @Test
    void row9ShouldCutATornFrameAndSaveItsBytes() throws Exception {
        fill(3);
        Entry lost = leaveUnforced(2).get(0);
        storage.flipBit(segments().get(0), lost.offset() + 100, 1);
        JournalRecovery recovery = examine();
        assertThat(recovery.row()).isEqualTo(RecoveryRow.TORN_FRAME);
        assertThat(recovery.verdict()).isEqualTo(Verdict.TORN);
        assertThat(recovery.endOffset()).isEqualTo(lost.offset());
        byte[] torn = read(segments().get(0), lost.offset(), (int) recovery.tornBytes());
        recovery.begin().close();
        String saved = storage.list("journal").stream()
                .filter(name -> name.endsWith(SegmentName.SAVED_SUFFIX))
                .findFirst()
                .orElseThrow();
        assertThat(read("journal/" + saved, 0, torn.length)).isEqualTo(torn);
        assertThat(readAll(storage, config)).isEqualTo(model);
        assertThat(examine().row()).isEqualTo(RecoveryRow.CLEAN_END);
    }

    @Test
    void row10ShouldCutASegmentThatWasNotBegunWhole() throws Exception {
        fill(3);
        String next = segments().get(1);
        storage.damage(next, 100, new byte[] {1, 2, 3});
        fillTheFirstSegment();
        JournalRecovery recovery = examine();
        assertThat(recovery.row()).isEqualTo(RecoveryRow.TORN_HEADER);
        recovery.begin().close();
        assertThat(readAll(storage, config)).isEqualTo(model);
    }

    @Test
    void row11ShouldSetStrayBytesAside() throws Exception {
        fill(3);
        String next = segments().get(1);
        storage.damage(next, 9000, new byte[] {1, 2, 3});
        JournalRecovery recovery = examine();
        assertThat(recovery.row()).isEqualTo(RecoveryRow.STRAY_BYTES);
        recovery.begin().close();
        assertThat(readAll(storage, config)).isEqualTo(model);
        assertThat(examine().row()).isEqualTo(RecoveryRow.CLEAN_END);
    }

    /** Puts a pad up to the segment's end behind the last frame, as a rotation that was cut does. */
    private void fillTheFirstSegment() throws IOException {
        try (JournalRecovery recovery = examine()) {
            Staging staging = new Staging(16 << 10, TestJournals.SALT, 1);
            long at = recovery.endOffset();
            staging.restart(at);
            staging.putPad(config.segmentBytes(), recovery.lastSeq() + 1, recovery.evidence(), 0);
            byte[] pad = new byte[staging.position()];
            staging.buffer().getBytes(0, pad);
            storage.damage(segments().get(0), at, pad);
        }
        assertThat(examine().endOffset()).isEqualTo(config.segmentBytes());
    }

    private JournalRecovery examine() throws IOException {
        return JournalRecovery.examine(storage, config, Known.NOTHING);
    }

    /** A closed journal of so many frames. */
    private void fill(int frames) throws IOException {
        try (Journal journal = TestJournals.create(storage, config)) {
            for (int i = 0; i < frames; i++) {
                model.add(append(journal, 1, 1500));
                if (i % 3 == 0) {
                    journal.force();
                }
            }
        }
    }

    /** Goes on, appends, and dies before anything was acknowledged; gives what is in the cache all the same. */
    private List<Entry> leaveUnforced(int frames) throws IOException {
        Journal journal = Journal.recover(storage, config, Known.NOTHING).begin();
        List<Entry> unforced = new ArrayList<>();
        for (int i = 0; i < frames; i++) {
            unforced.add(append(journal, 1, 1000));
        }
        journal.force();
        return unforced;
    }

    private List<String> segments() throws IOException {
        return storage.list("journal").stream()
                .filter(SegmentName::isSegment)
                .map(name -> "journal/" + name)
                .toList();
    }

    private JournalCorruptException expectCorrupt(RecoveryRow row, String segment) throws IOException {
        List<String> before = storage.list("journal");
        long hash = storage.fingerprint();
        JournalCorruptException corrupt = catchThrowableOfType(
                JournalCorruptException.class, () -> Journal.recover(storage, config, Known.NOTHING));
        assertThat(corrupt.row()).isEqualTo(row);
        assertThat(corrupt.segment()).isEqualTo(segment);
        assertThat(corrupt).hasMessageContaining(segment).hasMessageContaining("offset " + corrupt.offset());
        assertThat(storage.fingerprint()).as("changed nothing").isEqualTo(hash);
        assertThat(storage.list("journal")).isEqualTo(before);
        return corrupt;
    }

    private byte[] read(String name, long offset, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        try (StorageFile file = storage.open(name, Storage.Mode.READ)) {
            file.read(offset, bytes);
        }
        return bytes.array();
    }

    private static void copy(SimStorage from, String name, SimStorage to, String target) throws IOException {
        ByteBuffer bytes;
        try (StorageFile file = from.open(name, Storage.Mode.READ)) {
            bytes = ByteBuffer.allocate((int) file.size());
            file.read(0, bytes);
        }
        to.damage(target, 0, bytes.array());
    }

    private void changeHeader(String segment, int offset, int value) throws IOException {
        ByteBuffer block = ByteBuffer.wrap(read(segment, 0, SegmentDescriptor.HEADER_BYTES))
                .order(ByteOrder.LITTLE_ENDIAN);
        block.putInt(offset, value).putInt(SegmentDescriptor.CRC_OFFSET, 0);
        CRC32C crc = new CRC32C();
        crc.update(block.array());
        block.putInt(SegmentDescriptor.CRC_OFFSET, (int) crc.getValue());
        storage.damage(segment, 0, block.array());
    }
}
