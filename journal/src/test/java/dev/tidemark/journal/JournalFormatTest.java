package dev.tidemark.journal;

import static dev.tidemark.journal.TestJournals.append;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.journal.TestJournals.Entry;
import dev.tidemark.storage.Storage;
import dev.tidemark.storage.StorageFile;
import dev.tidemark.storage.sim.SimStorage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The format is what FORMAT.md says, and what version 1 wrote stays readable. The golden journal is only ever written
 * by hand, with {@code -Dtidemark.golden.write=true}, when a new version of the format begins.
 */
@Tag("quick")
class JournalFormatTest {
    private static final String GOLDEN = "/journal-v1/";
    private static final List<String> SEGMENTS = List.of("0000000000000000.seg", "0000000000004000.seg");

    private final SimStorage storage = new SimStorage(41);
    private final List<Entry> model = new ArrayList<>();
    private final JournalConfig config = TestJournals.tiny()
            .segmentBytes(16 << 10)
            .maxPayloadBytes(3000)
            .clock(() -> Instant.parse("2026-01-01T00:00:00Z"))
            .build();

    /** The journal that the golden files hold: two segments, two epochs, all kinds of frames. */
    private void write() throws IOException {
        try (Journal journal = TestJournals.create(storage, config)) {
            model.add(append(journal, 2, "hello, journal".getBytes(StandardCharsets.US_ASCII)));
        }
        try (Journal journal = Journal.recover(storage, config, Known.NOTHING).begin()) {
            model.add(append(journal, 1, 700));
            model.add(append(journal, 0, 64));
        }
    }

    @Test
    void shouldReadTheGoldenJournalOfVersion1() throws Exception {
        write();
        SimStorage golden = new SimStorage(42);
        golden.createDirectory("journal");
        for (String name : SEGMENTS) {
            try (StorageFile file = golden.open("journal/" + name, Storage.Mode.CREATE_NEW)) {
                file.write(0, ByteBuffer.wrap(golden(name)));
            }
        }
        try (JournalRecovery recovery = Journal.recover(golden, config, Known.NOTHING)) {
            assertThat(TestJournals.replay(recovery)).isEqualTo(model);
            assertThat(recovery.lastEpoch()).isEqualTo(2);
            assertThat(recovery.callerHeader()).isEqualTo(TestJournals.CALLER);
        }
    }

    @Test
    void shouldStillWriteVersion1ToTheByte() throws Exception {
        write();
        for (String name : SEGMENTS) {
            if (Boolean.getBoolean("tidemark.golden.write")) {
                Path folder = Path.of("src/test/resources" + GOLDEN);
                Files.createDirectories(folder);
                Files.write(folder.resolve(name), written(name));
                continue;
            }
            assertThat(Arrays.mismatch(written(name), golden(name))).as(name).isEqualTo(-1);
        }
    }

    @Test
    void shouldBeWhatTheDocumentDumps() throws Exception {
        write();
        String document = Files.readString(Path.of("FORMAT.md"));
        byte[] first = written(SEGMENTS.get(0));
        assertThat(document).contains(dump(first, 0, 144));
        assertThat(document).contains(dump(first, 8192, 192));
    }

    @Test
    void shouldHaveTheRecoveryTableOfTheDocument() throws Exception {
        String document = Files.readString(Path.of("FORMAT.md"));
        for (RecoveryRow row : RecoveryRow.values()) {
            assertThat(document).contains("| " + row.number() + " | " + row.name() + " | " + row.verdict() + " |");
        }
    }

    @Test
    void shouldHaveTheOffsetsOfTheDocument() throws Exception {
        String document = Files.readString(Path.of("FORMAT.md"));
        assertThat(document)
                .contains("| " + FrameDescriptor.DURABLE_OFFSET + " | 8 | durable up to |")
                .contains("| " + FrameDescriptor.LENGTH_OFFSET + " | 4 | length of the payload")
                .contains("| " + FrameDescriptor.TYPE_OFFSET + " | 2 | type: ")
                .contains("| " + SegmentDescriptor.SALT_OFFSET + " | 8 | salt of the store")
                .contains("| " + SegmentDescriptor.CALLER_OFFSET + " | 1024 | caller's bytes |");
    }

    private byte[] written(String name) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(config.segmentBytes());
        try (StorageFile file = storage.open("journal/" + name, Storage.Mode.READ)) {
            file.read(0, bytes);
        }
        return bytes.array();
    }

    private static byte[] golden(String name) throws IOException {
        try (InputStream in = JournalFormatTest.class.getResourceAsStream(GOLDEN + name)) {
            return in == null ? new byte[0] : in.readAllBytes();
        }
    }

    /** Sixteen bytes a line: offset, bytes, text. */
    private static String dump(byte[] bytes, int from, int length) {
        StringBuilder text = new StringBuilder();
        HexFormat hex = HexFormat.ofDelimiter(" ");
        for (int at = from; at < from + length; at += 16) {
            text.append(String.format("%04x  ", at))
                    .append(hex.formatHex(bytes, at, at + 16))
                    .append("  ");
            for (int i = at; i < at + 16; i++) {
                text.append(bytes[i] >= ' ' && bytes[i] < 127 ? (char) bytes[i] : '.');
            }
            text.append('\n');
        }
        return text.toString();
    }
}
