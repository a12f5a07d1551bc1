package dev.tidemark.engine.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.storage.Storage;
import dev.tidemark.storage.StorageFile;
import dev.tidemark.storage.sim.SimStorage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The format is what METADATA.md says, and what was written once stays readable. The golden files are only ever written
 * by hand, with {@code -Dtidemark.golden.write=true}, when a new version of the format begins.
 */
@Tag("quick")
class MetadataFormatTest {
    private static final String GOLDEN = "/metadata-v3/";
    private static final String GOLDEN_2 = "/metadata-v2/";
    private static final String WITHOUT_CHECKPOINT = GOLDEN_2 + "superblock-v1";

    private static final Superblock EMPTY = new Superblock(
            1,
            new UUID(0x11223344_55667788L, 0x99AABBCC_DDEEFF00L),
            4096,
            1L << 36,
            1_767_225_600_000L,
            Map.of("force-interval", "1000", "low-space", "20,10,5"));

    private final SimStorage storage = new SimStorage(1);

    /** A superblock with a checkpoint of one page, 5, in slot 1, its table, and one row of state. */
    private Superblock write() throws IOException {
        try (MetadataFile file = MetadataFile.create(storage)) {
            TableOnDisk table = new TableOnDisk(file, 16, 7);
            Superblock superblock = EMPTY.withCheckpoint(table.write(5, 5).inEpoch(3));
            SuperblockFile.write(storage, superblock);
            return superblock;
        }
    }

    @Test
    void shouldReadTheGoldenSuperblockOfVersion1() throws IOException {
        put(SuperblockFile.FILE_NAME, golden(WITHOUT_CHECKPOINT));
        SuperblockFile.Found found = SuperblockFile.read(storage);
        assertThat(found.whole()).isTrue();
        assertThat(found.superblock()).isEqualTo(EMPTY);
        assertThat(found.superblock().checkpoint().exists()).isFalse();
    }

    @Test
    void shouldReadTheGoldenCheckpointOfVersion2() throws IOException {
        CheckpointPlace place = new CheckpointPlace(1, 1, 4096, 3, 1, 1, 154, 0xbec927f8, 3, 2);
        assertThat(readGolden(GOLDEN_2, place)).hasSize(6).contains("counts 1 1 5", "table 5 1", "slots 16 5");
    }

    @Test
    void shouldReadTheGoldenCheckpointOfVersion3() throws IOException {
        assertThat(readGolden(GOLDEN, write().checkpoint()))
                .hasSize(7)
                .contains("counts 1 1 5", "gone 0 0 0 0 0 0", "table 5 1", "slots 16 5");
    }

    private List<String> readGolden(String folder, CheckpointPlace expected) throws IOException {
        SimStorage golden = new SimStorage(2);
        for (String name : List.of(SuperblockFile.FILE_NAME, MetadataFile.FILE_NAME)) {
            try (StorageFile file = golden.open(name, Storage.Mode.CREATE_NEW)) {
                file.write(0, ByteBuffer.wrap(golden(folder + name)));
            }
        }
        CheckpointPlace place = SuperblockFile.read(golden).superblock().checkpoint();
        assertThat(place).isEqualTo(expected);
        try (MetadataFile file = MetadataFile.open(golden, Storage.Mode.READ, 0)) {
            assertThat(MetadataCheck.run(file, place, (read, total) -> {}).lines())
                    .isEmpty();
            List<String> texts = new ArrayList<>();
            RootStreamReader.read(file, place, new RootStreamTest.Texts(texts));
            return texts;
        }
    }

    @Test
    void shouldStillWriteTheGoldenFilesToTheByte() throws IOException {
        SuperblockFile.write(storage, EMPTY);
        assertThat(bytes(SuperblockFile.FILE_NAME)).isEqualTo(golden(WITHOUT_CHECKPOINT));
        write();
        same(SuperblockFile.FILE_NAME, bytes(SuperblockFile.FILE_NAME));
        same(MetadataFile.FILE_NAME, bytes(MetadataFile.FILE_NAME));
    }

    @Test
    void shouldBeWhatTheDocumentDumps() throws IOException {
        Superblock superblock = write();
        String document = Files.readString(Path.of("METADATA.md"));
        byte[] copies = bytes(SuperblockFile.FILE_NAME);
        byte[] slots = bytes(MetadataFile.FILE_NAME);
        int root = superblock.checkpoint().firstSlot() * MetadataFile.SLOT_BYTES;
        int leaf = 2 * MetadataFile.SLOT_BYTES;
        for (String dump : List.of(
                dump(copies, 0, 112), dump(copies, 3840, 64), dump(slots, root, 288), dump(slots, leaf + 80, 16))) {
            assertThat(document).as("the document has\n" + dump).contains(dump);
        }
    }

    @Test
    void shouldHaveTheOffsetsOfTheDocument() throws IOException {
        String document = Files.readString(Path.of("METADATA.md"));
        assertThat(document)
                .contains("| " + SuperblockDescriptor.OPTIONS_OFFSET + " | " + SuperblockDescriptor.MAX_OPTIONS_BYTES)
                .contains("| " + SuperblockDescriptor.CHECKPOINT_NUMBER_OFFSET + " | 8 | checkpoint's number")
                .contains("| " + SuperblockDescriptor.CHECKPOINT_JOURNAL_OFFSET + " | 8 | journal offset")
                .contains("| " + SuperblockDescriptor.CHECKPOINT_FIRST_SLOT_OFFSET + " | 4 | first slot")
                .contains("| " + SuperblockDescriptor.CHECKPOINT_CHECKSUM_OFFSET + " | 4 | checksum of the last chunk")
                .contains("| " + SuperblockDescriptor.CHECKPOINT_EPOCH_OFFSET + " | 4 | journal epoch")
                .contains("| " + RootStreamDescriptor.NUMBER_OFFSET + " | 8 | checkpoint's number")
                .contains("| " + RootStreamDescriptor.NEXT_SLOT_OFFSET + " | 4 | first slot of the next chunk")
                .contains("| " + RootStreamDescriptor.PAYLOAD_OFFSET + " | payload length | payload")
                .contains("| " + RootStreamDescriptor.STATE_ROW + " | STATE_ROW | ")
                .contains("| " + RootStreamDescriptor.TABLE_NODE + " | TABLE_NODE | ")
                .contains("| " + RootStreamDescriptor.END + " | END | ")
                .contains("| " + RootStreamDescriptor.GONE_VOLUMES + " | GONE_VOLUMES | ");
        for (PageKind kind : PageKind.values()) {
            assertThat(document).contains("| " + kind.code() + " | " + kind.name() + " | ");
        }
    }

    private void put(String name, byte[] bytes) throws IOException {
        try (StorageFile file = storage.open(name, Storage.Mode.CREATE_NEW)) {
            file.write(0, ByteBuffer.wrap(bytes));
        }
    }

    private static void same(String name, byte[] written) throws IOException {
        if (Boolean.getBoolean("tidemark.golden.write")) {
            Path folder = Path.of("src/test/resources" + GOLDEN);
            Files.createDirectories(folder);
            Files.write(folder.resolve(name), written);
            return;
        }
        assertThat(Arrays.mismatch(written, golden(GOLDEN + name))).as(name).isEqualTo(-1);
    }

    private byte[] bytes(String name) throws IOException {
        try (StorageFile file = storage.open(name, Storage.Mode.READ)) {
            byte[] bytes = new byte[(int) file.size()];
            file.read(0, ByteBuffer.wrap(bytes));
            return bytes;
        }
    }

    private static byte[] golden(String name) throws IOException {
        try (InputStream in = MetadataFormatTest.class.getResourceAsStream(name)) {
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
            text.append(new String(bytes, at, 16, StandardCharsets.ISO_8859_1).replaceAll("[^ -~]", "."))
                    .append('\n');
        }
        return text.toString();
    }
}
