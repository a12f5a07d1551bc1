package dev.tidemark.engine.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.engine.Shrinking;
import dev.tidemark.engine.checkpoint.SlotMapModel.Kind;
import dev.tidemark.engine.checkpoint.SlotMapModel.Step;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The invariants S1 to S3 of {@link SlotMap}, and its shape. */
@Tag("quick")
class SlotMapTest {
    private static final Kind[] COMMON = {
        Kind.EXTEND,
        Kind.ALLOCATE,
        Kind.ALLOCATE,
        Kind.RELEASE,
        Kind.RELEASE_DEAD,
        Kind.RELEASE_FROZEN,
        Kind.FREEZE,
        Kind.SEAL,
        Kind.COMMIT,
        Kind.FREE_DEAD,
    };

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void shouldAgreeWithTheModel(long seed) {
        Random random = new Random(seed);
        List<Step> steps = new ArrayList<>();
        for (int i = 0; i < 3000; i++) {
            Kind kind = random.nextInt(200) == 0 ? Kind.CRASH : COMMON[random.nextInt(COMMON.length)];
            steps.add(new Step(kind, random.nextLong()));
        }
        long maxSlots = seed % 2 == 0 ? 3L * SlotMap.SLOTS_PER_PAGE + 77 : 2000;
        Shrinking.check(seed, steps, list -> {
            SlotMapModel model = new SlotMapModel(maxSlots);
            list.forEach(model::run);
        });
    }

    @Test
    void shouldNotLeakOverThousandsOfCheckpoints() {
        SlotMap map = new SlotMap();
        map.extend(100_000);
        Random random = new Random(5);
        int[] slots = new int[20_000];
        ByteBuffer bytes = ByteBuffer.allocate(MetadataFile.SLOT_BYTES);
        for (int checkpoint = 0; checkpoint < 3000; checkpoint++) {
            for (int i = 0; i < 20; i++) {
                int at = random.nextInt(slots.length);
                if (slots[at] > 0) {
                    map.release(slots[at]);
                }
                slots[at] = -1;
            }
            map.freeze();
            for (int i = 0; i < slots.length; i++) {
                slots[i] = slots[i] == -1 ? SlotMap.runFirst(map.allocate(1)) : slots[i];
            }
            commit(map, bytes);
        }
        long referred = java.util.Arrays.stream(slots).filter(slot -> slot != 0).count();
        assertThat(map.usedSlots()).isEqualTo(referred + map.pages());
        assertThat(map.freeSlots()).isEqualTo(100_000 - 1 - map.usedSlots());
        assertThat(map.highestSlot()).as("low slots come first").isLessThan(SlotMap.SLOTS_PER_PAGE);
    }

    private static void commit(SlotMap map, ByteBuffer bytes) {
        assertThat(map.seal()).isTrue();
        for (int page = map.nextToWrite(0); page >= 0; page = map.nextToWrite(page + 1)) {
            bytes.clear();
            map.image(page, bytes);
            map.pageWritten(page, 0);
        }
        map.commit();
    }

    @Test
    void shouldPreferLongRunsAndTakeShortOnesInTheEnd() {
        SlotMap map = new SlotMap();
        map.extend(201);
        map.allocate(101); // slots 1 to 101
        for (int slot = 2; slot <= 100; slot += 2) {
            map.release(slot);
        }
        map.freeze();
        commit(map, ByteBuffer.allocate(MetadataFile.SLOT_BYTES));
        map.freeze();
        // The holes are too small for who wants many; slot 102 has the map's own page.
        assertThat(map.allocate(64)).isEqualTo(SlotMap.run(103, 64));
        assertThat(map.allocate(64)).isEqualTo(SlotMap.run(167, 34));
        assertThat(map.allocate(64)).isEqualTo(SlotMap.run(2, 1));
        assertThat(map.allocate(64)).isEqualTo(SlotMap.run(4, 1));
        assertThat(map.freeSlots()).isEqualTo(48);
    }

    /** Page 0's old slot is the last one in page 1, so that page 1 is empty once page 0 has its new slot. */
    @Test
    void shouldGiveBackTheSlotOfAPageThatEndsUpEmpty() throws IOException {
        SlotMap map = new SlotMap();
        map.extend(SlotMap.SLOTS_PER_PAGE + 20);
        ByteBuffer bytes = ByteBuffer.allocate(MetadataFile.SLOT_BYTES);
        map.restore(1, 1, 0, bytes.put(0, (byte) 3)); // slots 32768 and 32769
        map.restore(0, SlotMap.SLOTS_PER_PAGE, 0, bytes.put(0, (byte) 6)); // slots 1 and 2
        map.release(2);
        map.release(SlotMap.SLOTS_PER_PAGE + 1);
        map.freeze();
        commit(map, bytes);
        assertThat(map.pageSlot(0)).isEqualTo(3);
        assertThat(map.pages()).as("page 1 is empty").isEqualTo(1);
        assertThat(map.usedSlots()).isEqualTo(1);
        assertThat(map.freeSlots()).isEqualTo(SlotMap.SLOTS_PER_PAGE + 20 - 1 - 1);
    }

    @Test
    void shouldReachTheLastSlot() {
        SlotMap map = new SlotMap();
        long run = SlotMap.run(0xFFFF_FFF0L, 15);
        assertThat(Integer.toUnsignedLong(SlotMap.runFirst(run))).isEqualTo(0xFFFF_FFF0L);
        assertThat(SlotMap.runLength(run)).isEqualTo(15);
        assertThatThrownBy(() -> map.extend(SlotMap.MAX_SLOTS + 1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldRefuseWhatWouldLoseAPage() {
        SlotMap map = new SlotMap();
        map.extend(100);
        map.allocate(10);
        assertThatThrownBy(() -> map.release(0)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> map.release(11)).hasMessageContaining("not in use");
        assertThatThrownBy(() -> map.release(100)).isInstanceOf(IllegalStateException.class);
        map.release(3);
        assertThatThrownBy(() -> map.release(3)).hasMessageContaining("twice");
        assertThatThrownBy(() -> map.releaseFrozen(4)).isInstanceOf(IllegalStateException.class);
        map.freeze();
        assertThatThrownBy(map::freeze).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(map::commit).isInstanceOf(IllegalStateException.class);
        assertThat(map.seal()).isTrue();
        assertThatThrownBy(() -> map.allocate(1)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(map::commit).hasMessageContaining("before all pages");
    }

    @Test
    void shouldRefuseAPageThatMarksWhatIsNotThere() {
        SlotMap map = new SlotMap();
        map.extend(100);
        ByteBuffer bytes = ByteBuffer.allocate(MetadataFile.SLOT_BYTES);
        bytes.put(12, (byte) (1 << 4)); // slot 100
        assertThatThrownBy(() -> map.restore(0, 5, 0, bytes))
                .isInstanceOf(MetadataDamagedException.class)
                .hasMessage("metadata.data is damaged: slot-map 0 in slot 5: it marks slots that are not there");
        bytes.put(12, (byte) 0).put(0, (byte) 1); // slot 0
        assertThatThrownBy(() -> map.restore(0, 5, 0, bytes)).isInstanceOf(MetadataDamagedException.class);
    }

    @Test
    void shouldSayWhenNothingIsFree() {
        SlotMap map = new SlotMap();
        assertThat(map.allocate(1)).isZero();
        map.extend(4);
        assertThat(map.allocate(9)).isEqualTo(SlotMap.run(1, 3));
        assertThat(map.allocate(1)).isZero();
        map.freeze();
        assertThat(map.seal()).as("no slot for the map's page").isFalse();
        map.extend(5);
        assertThat(map.seal()).isTrue();
    }
}
