package dev.tidemark.engine.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.engine.volume.GoneVolumes;
import dev.tidemark.storage.NoSpaceException;
import dev.tidemark.storage.Storage;
import dev.tidemark.storage.sim.SimStorage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What was written comes back, wherever it had to go; what is not what was written is refused. */
@Tag("quick")
class RootStreamTest {
    private final SimStorage storage = new SimStorage(1);
    private final SlotMap map = new SlotMap();
    private final List<String> written = new ArrayList<>();
    private long[] runs;

    /** Writes a checkpoint with rows of those lengths and two nodes. */
    private CheckpointPlace write(MetadataFile file, long number, long seed, int... rowLengths) throws IOException {
        Texts sink = new Texts(written);
        map.freeze();
        RootStreamWriter writer = new RootStreamWriter(file, map::allocate, number);
        for (int i = 0; i < rowLengths.length; i++) {
            byte[] row = new byte[rowLengths[i]];
            new Random(seed + i).nextBytes(row);
            writer.stateRow(row);
            sink.stateRow(row);
        }
        writer.countsRoot(77, 2, 1L << 40);
        sink.countsRoot(77, 2, 1L << 40);
        GoneVolumes.Roots gone = new GoneVolumes.Roots(1L << 33, 1L << 34, 1L << 40, 4, 1L << 41, 5);
        writer.goneVolumes(gone);
        sink.goneVolumes(gone);
        writer.pageTable(1L << 47, 12);
        sink.pageTable(1L << 47, 12);
        writer.tableNode(3, 9, 10);
        sink.tableNode(3, 9, 10);
        writer.tableNode(-1, -2, -3);
        sink.tableNode(-1, -2, -3);
        CheckpointPlace place = writer.finish(map, 100 + number, 4096 * number);
        sink.slotMap(map.limit(), (int) map.highestSlot());
        for (int page = 0; page < map.pages(); page++) {
            if (map.pageSlot(page) != 0) {
                sink.slotMapPage(page, map.pageSlot(page), map.pageChecksum(page));
            }
        }
        map.commit();
        runs = writer.runs();
        return place;
    }

    private MetadataFile file(int slots) throws IOException {
        MetadataFile file = MetadataFile.create(storage);
        file.extendTo(slots);
        map.extend(slots);
        return file;
    }

    private List<String> read(CheckpointPlace place) throws IOException {
        List<String> texts = new ArrayList<>();
        try (MetadataFile file = MetadataFile.open(storage, Storage.Mode.READ, 0)) {
            assertThat(RootStreamReader.read(file, place, new Texts(texts))).isEqualTo(runs);
        }
        return texts;
    }

    @Test
    void shouldGiveBackASmallOne() throws IOException {
        try (MetadataFile file = file(100)) {
            CheckpointPlace place = write(file, 5, 1, 10, 0, 300);
            assertThat(place.chunks()).isEqualTo(1);
            assertThat(place.firstSlots()).isEqualTo(1);
            assertThat(place.seq()).isEqualTo(105);
            assertThat(place.journalOffset()).isEqualTo(20480);
            assertThat(read(place)).isEqualTo(written).hasSize(10);
        }
        storage.checkUsers();
    }

    @Test
    void shouldGiveBackALargeOneOfManyRuns() throws IOException {
        try (MetadataFile file = file(2100)) {
            map.allocate(2001);
            for (int slot = 1; slot <= 1500; slot += 1 + slot % 3) {
                map.release(slot);
            }
            map.freeze();
            new RootStreamWriter(file, map::allocate, 1).finish(map, 1, 1);
            map.commit();
            CheckpointPlace place = write(file, 2, 7, 2_000_000, 1, 0, 1_500_000, 4096, 4032, 777);
            assertThat(place.chunks()).isGreaterThan(50);
            assertThat(read(place)).isEqualTo(written);
        }
        storage.checkUsers();
    }

    /** Row lengths around the ends of slots and chunks, with the slot map's place taken ahead. */
    @ParameterizedTest
    @ValueSource(ints = {3800, 3840, 3860, 3880, 3900, 3920, 4024, 12_180, 12_200, 12_220, 12_240})
    void shouldGiveBackWhatEndsNearTheEndOfASlot(int length) throws IOException {
        try (MetadataFile file = file(100)) {
            for (int more = 0; more < 20; more++) {
                written.clear();
                CheckpointPlace place = write(file, 1 + more, 1, length + more);
                assertThat(read(place)).isEqualTo(written);
                for (long run : runs) {
                    for (int i = 0; i < SlotMap.runLength(run); i++) {
                        map.release(SlotMap.runFirst(run) + i);
                    }
                }
            }
        }
    }

    @Test
    void shouldRefuseEveryFlippedBit() throws IOException {
        try (MetadataFile file = file(100)) {
            CheckpointPlace place = write(file, 1, 1, 300, 5000);
            Random random = new Random(3);
            for (long run : runs) {
                long from = Integer.toUnsignedLong(SlotMap.runFirst(run)) * MetadataFile.SLOT_BYTES;
                int length = SlotMap.runLength(run) * MetadataFile.SLOT_BYTES;
                for (int i = 0; i < 400; i++) {
                    int at = i < RootStreamDescriptor.PAYLOAD_OFFSET ? i : random.nextInt(length);
                    int bit = random.nextInt(8);
                    storage.flipBit(MetadataFile.FILE_NAME, from + at, bit);
                    assertThatThrownBy(() -> read(place))
                            .as("byte %s of %s", at, run)
                            .isInstanceOf(MetadataDamagedException.class)
                            .hasMessageContaining("root ");
                    storage.flipBit(MetadataFile.FILE_NAME, from + at, bit);
                }
            }
            assertThat(read(place)).isEqualTo(written);
        }
    }

    /** A checkpoint that was cut off has written chunks of the same number, in the same places. */
    @Test
    void shouldRefuseAChunkOfAnEarlierAttempt() throws IOException {
        int[] lengths = {3000, 9000, 20_000};
        byte[] old = attempt(lengths, 1);
        SimStorage first = storage;
        CheckpointPlace place;
        SlotMap other = new SlotMap();
        SimStorage again = new SimStorage(2);
        try (MetadataFile file = MetadataFile.create(again)) {
            file.extendTo(100);
            other.extend(100);
            other.freeze();
            RootStreamWriter writer = new RootStreamWriter(file, other::allocate, 1);
            for (int i = 0; i < lengths.length; i++) {
                byte[] row = new byte[lengths[i]];
                new Random(99 + i).nextBytes(row);
                writer.stateRow(row);
            }
            place = writer.finish(other, 1, 1);
            for (long run : writer.runs()) {
                SimStorage stale = again.afterProcessDeath();
                int from = SlotMap.runFirst(run) * MetadataFile.SLOT_BYTES;
                int to = from + SlotMap.runLength(run) * MetadataFile.SLOT_BYTES;
                stale.damage(MetadataFile.FILE_NAME, from, Arrays.copyOfRange(old, from, to));
                try (MetadataFile damaged = MetadataFile.open(stale, Storage.Mode.READ, 0)) {
                    assertThatThrownBy(() -> RootStreamReader.read(damaged, place, new Texts(new ArrayList<>())))
                            .isInstanceOf(MetadataDamagedException.class);
                }
            }
        }
        assertThat(first.violations()).isEmpty();
    }

    private byte[] attempt(int[] lengths, long seed) throws IOException {
        map.extend(100);
        map.freeze();
        try (MetadataFile file = MetadataFile.create(storage)) {
            file.extendTo(100);
            RootStreamWriter writer = new RootStreamWriter(file, map::allocate, 1);
            for (int i = 0; i < lengths.length; i++) {
                byte[] row = new byte[lengths[i]];
                new Random(seed + i).nextBytes(row);
                writer.stateRow(row);
            }
            writer.finish(map, 1, 1);
            var bytes = java.nio.ByteBuffer.allocate(100 * MetadataFile.SLOT_BYTES);
            file.read(PageKind.ROOT, 0, 0, bytes);
            return bytes.array();
        }
    }

    @Test
    void shouldRefuseAnotherPlace() throws IOException {
        try (MetadataFile file = file(100)) {
            CheckpointPlace place = write(file, 8, 1, 10_000);
            List<CheckpointPlace> others = new ArrayList<>();
            long number = place.number();
            int slot = place.firstSlot();
            int slots = place.firstSlots();
            int chunks = place.chunks();
            long length = place.lengthBytes();
            int sum = place.checksum();
            others.add(new CheckpointPlace(number - 1, 0, 0, slot, slots, chunks, length, sum));
            others.add(new CheckpointPlace(number, 0, 0, slot + 1, slots, chunks, length, sum));
            others.add(new CheckpointPlace(number, 0, 0, slot, slots + 1, chunks, length, sum));
            others.add(new CheckpointPlace(number, 0, 0, slot, 0, chunks, length, sum));
            others.add(new CheckpointPlace(number, 0, 0, slot, 1 << 20, chunks, length, sum));
            others.add(new CheckpointPlace(number, 0, 0, slot, slots, chunks - 1, length, sum));
            others.add(new CheckpointPlace(number, 0, 0, slot, slots, chunks + 1, length, sum));
            others.add(new CheckpointPlace(number, 0, 0, slot, slots, chunks, length - 1, sum));
            others.add(new CheckpointPlace(number, 0, 0, slot, slots, chunks, length + 1, sum));
            others.add(new CheckpointPlace(number, 0, 0, slot, slots, chunks, length, sum + 1));
            others.add(new CheckpointPlace(number, 0, 0, 99, 2, chunks, length, sum));
            others.add(new CheckpointPlace(number, 0, 0, 0, 0, 0, 0, 0));
            for (CheckpointPlace other : others) {
                assertThatThrownBy(() -> read(other)).as("%s", other).isInstanceOf(MetadataDamagedException.class);
            }
        }
    }

    @Test
    void shouldSayWhenSlotsAreMissing() throws IOException {
        for (int slots : new int[] {1, 2, 3, 4}) {
            SlotMap small = new SlotMap();
            small.extend(slots);
            SimStorage device = new SimStorage(slots);
            try (MetadataFile file = MetadataFile.create(device)) {
                file.extendTo(slots);
                small.freeze();
                assertThatThrownBy(() -> {
                            RootStreamWriter writer = new RootStreamWriter(file, small::allocate, 1);
                            writer.stateRow(new byte[10_000]);
                            writer.finish(small, 1, 1);
                        })
                        .isInstanceOf(NoSpaceException.class);
            }
        }
    }

    /** A sink that keeps what it is given as text. */
    record Texts(List<String> texts) implements RootStreamSink {
        @Override
        public void stateRow(byte[] row) {
            texts.add("row " + row.length + " " + Arrays.hashCode(row));
        }

        @Override
        public void countsRoot(long rootPage, int height, long usedBlocks) {
            texts.add("counts " + rootPage + " " + height + " " + usedBlocks);
        }

        @Override
        public void goneVolumes(GoneVolumes.Roots roots) {
            texts.add("gone " + roots.count() + " " + roots.endBytes() + " " + roots.logRoot() + " " + roots.logHeight()
                    + " " + roots.indexRoot() + " " + roots.indexHeight());
        }

        @Override
        public void pageTable(long lastPage, long livePages) {
            texts.add("table " + lastPage + " " + livePages);
        }

        @Override
        public void tableNode(int index, int slot, int checksum) {
            texts.add("node " + index + " " + slot + " " + checksum);
        }

        @Override
        public void slotMap(long writtenSlots, int highestSlot) {
            texts.add("slots " + writtenSlots + " " + highestSlot);
        }

        @Override
        public void slotMapPage(int index, int slot, int checksum) {
            texts.add("page " + index + " " + slot + " " + checksum);
        }
    }
}
