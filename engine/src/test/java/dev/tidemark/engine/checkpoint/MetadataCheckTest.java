package dev.tidemark.engine.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.storage.sim.Fault;
import dev.tidemark.storage.sim.Operation;
import dev.tidemark.storage.sim.SimStorage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A checkpoint that is whole has no findings; each kind of damage has one that names it. */
@Tag("quick")
class MetadataCheckTest {
    private static final long NODE_PAGES = 1 << 16;
    private static final long[] IDS = LongStream.of(1, 2, 3, 255, 256, 1000, NODE_PAGES, 5 * NODE_PAGES + 7)
            .toArray();

    private final SimStorage storage = new SimStorage(1);
    private TableOnDisk table;
    private final List<Long> progress = new ArrayList<>();

    @BeforeEach
    void open() throws IOException {
        table = new TableOnDisk(MetadataFile.create(storage), 2 * SlotMap.SLOTS_PER_PAGE, 4);
    }

    @AfterEach
    void close() throws IOException {
        table.file.close();
        storage.checkUsers();
    }

    private List<String> check(CheckpointPlace place) {
        progress.clear();
        CheckFindings findings =
                MetadataCheck.run(table.file, place, (read, total) -> progress.add(read * 1000 / total));
        assertThat(findings.count()).isGreaterThanOrEqualTo(findings.lines().size());
        return findings.lines();
    }

    private CheckpointPlace write() throws IOException {
        return table.write(6 * NODE_PAGES, IDS);
    }

    /** The slot that holds something of the last checkpoint. */
    private int slotOf(String name) {
        return table.all().entrySet().stream()
                .filter(entry -> entry.getValue().equals(name))
                .findFirst()
                .orElseThrow()
                .getKey();
    }

    private void flip(int slot, long draw) throws IOException {
        int at = new Random(draw).nextInt(MetadataFile.SLOT_BYTES);
        storage.flipBit(MetadataFile.FILE_NAME, (long) slot * MetadataFile.SLOT_BYTES + at, (int) (draw & 7));
    }

    @Test
    void shouldFindNothingInWhatIsWhole() throws IOException {
        assertThat(check(CheckpointPlace.NONE)).isEmpty();
        for (int i = 0; i < 20; i++) {
            assertThat(check(write())).isEmpty();
        }
        assertThat(check(table.write(1))).isEmpty();
        assertThat(check(table.write(4000, LongStream.rangeClosed(1, 4000).toArray())))
                .isEmpty();
        assertThat(progress).isSorted().hasSizeGreaterThan(10).endsWith(1000L);
    }

    @Test
    void shouldNameEveryImageThatIsDamaged() throws IOException {
        CheckpointPlace place = write();
        Map<Integer, String> all = table.all();
        assertThat(all).hasSize(8 + 5 + 3 + 1 + 1);
        all.forEach((slot, name) -> {
            try {
                flip(slot, slot);
                List<String> lines = check(place);
                if (name.startsWith("root")) {
                    assertThat(lines).singleElement().asString().contains(name + " in slot " + slot + ": ");
                } else {
                    assertThat(lines)
                            .as("a damaged table is no reason to call what it leads to lost")
                            .containsExactly(name + " in slot " + slot + ": its checksum does not match");
                }
                flip(slot, slot);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        assertThat(check(place)).isEmpty();
    }

    @Test
    void shouldGoOnOverWhatCannotBeRead() throws IOException {
        CheckpointPlace place = write();
        storage.plan(Fault.ioError().in(Operation.READ).nth(5));
        assertThat(check(place)).singleElement().asString().contains("can't be read: ");
        flip(slotOf("page 2"), 1);
        flip(slotOf("page 1000"), 1);
        flip(slotOf("table-leaf 256"), 1);
        assertThat(check(place)).hasSize(3);
    }

    @Test
    void shouldFindLostSlots() throws IOException {
        table.slots = map -> map.allocate(3);
        CheckpointPlace place = write();
        int first = slotOf("root 0") + 4; // three nodes stand between
        assertThat(check(place))
                .containsExactly("slots " + first + " to " + (first + 2)
                        + ": the slot map says in use, and nothing refers to it: lost space");
    }

    @Test
    void shouldFindSlotsThatMayBeWrittenOver() throws IOException {
        int[] slot = new int[1];
        table.slots = map -> {
            slot[0] = slotOf("page 1000");
            map.releaseFrozen(slot[0]);
        };
        CheckpointPlace place = write();
        assertThat(check(place))
                .containsExactly("slot " + slot[0]
                        + ": in use, and the slot map says free: the next checkpoint may write over it");
    }

    @Test
    void shouldFindTwoInOneSlot() throws IOException {
        table.change = image -> {
            if (image.getKey().equals("table-leaf 0")) {
                image.getValue()
                        .putLong(3 * TableOnDisk.ENTRY_BYTES, image.getValue().getLong(16));
            }
        };
        CheckpointPlace place = write();
        int slot = slotOf("page 1");
        int lost = slotOf("page 3");
        assertThat(check(place))
                .containsExactly(
                        "page 3 in slot " + slot + ": something else is in that slot, too",
                        "page 3 in slot " + slot + ": its checksum does not match",
                        "slot " + lost + ": the slot map says in use, and nothing refers to it: lost space");
    }

    @Test
    void shouldFindWrongEntries() throws IOException {
        table.change = image -> {
            if (image.getKey().equals("table-leaf 0")) {
                image.getValue().putInt(2 * TableOnDisk.ENTRY_BYTES + 8, 0); // page 2: no references
                image.getValue().putInt(77 * TableOnDisk.ENTRY_BYTES + 8, 1); // page 77: references, and no slot
                image.getValue().putInt(78 * TableOnDisk.ENTRY_BYTES + 12, 1); // page 78: what is not yet defined
            } else if (image.getKey().equals("table-node 0")) {
                image.getValue().putInt(TableOnDisk.ENTRY_BYTES + 8, 9); // leaf 1 has one page, 256
            }
        };
        table.livePagesMore = 1;
        CheckpointPlace place = table.write(1000, IDS);
        assertThat(check(place))
                .containsExactlyInAnyOrder(
                        "page 2 in slot " + slotOf("page 2") + ": nothing refers to it",
                        "page 77: its entry has no slot, and is not empty",
                        "page 78: its entry has something where nothing is yet",
                        "table-leaf 1 in slot " + slotOf("table-leaf 1") + ": its node says 9 pages, and it has 1",
                        "page 65536 in slot " + slotOf("page 65536") + ": the last id that was given is 1000",
                        "page 327687 in slot " + slotOf("page 327687") + ": the last id that was given is 1000",
                        "page table: 9 pages are said to live, and 8 have a slot");
    }

    @Test
    void shouldFindSlotsThatAreNotThere() throws IOException {
        table.change = image -> {
            if (image.getKey().equals("table-leaf 3")) {
                image.getValue().putInt(1000 % 256 * TableOnDisk.ENTRY_BYTES, -5);
            }
        };
        CheckpointPlace place = write();
        assertThat(check(place))
                .contains(
                        "page 1000 in slot 4294967291: there is no such slot, of " + 2 * SlotMap.SLOTS_PER_PAGE,
                        "page 1000 in slot 4294967291: the file ends before; it was cut or replaced");
    }

    @Test
    void shouldBoundWhatItSays() throws IOException {
        CheckpointPlace place =
                table.write(4000, LongStream.rangeClosed(1, 4000).toArray());
        for (int slot : table.all().keySet()) {
            if (table.all().get(slot).startsWith("page")) {
                flip(slot, 3);
            }
        }
        assertThat(check(place)).hasSize(CheckFindings.MAX_LINES + 1).endsWith("and 3000 more findings");
    }
}
