package dev.tidemark.engine.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.storage.NoSpaceException;
import dev.tidemark.storage.Storage;
import dev.tidemark.storage.sim.Fault;
import dev.tidemark.storage.sim.Operation;
import dev.tidemark.storage.sim.SimStorage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Slots are where they should be, damage is told from what was written, and room that is missing does no harm. */
@Tag("quick")
class MetadataFileTest {
    private static final int SLOT = MetadataFile.SLOT_BYTES;

    private final SimStorage storage = new SimStorage(1);

    private static ByteBuffer page(long seed) {
        byte[] bytes = new byte[SLOT];
        new Random(seed).nextBytes(bytes);
        return ByteBuffer.wrap(bytes);
    }

    @Test
    void shouldReadWhatWasWritten() throws IOException {
        try (MetadataFile file = MetadataFile.create(storage)) {
            file.extendTo(10);
            ByteBuffer two =
                    ByteBuffer.allocate(2 * SLOT).put(page(1)).put(page(2)).flip();
            file.write(8, two);
            ByteBuffer target = ByteBuffer.allocate(SLOT + 7).position(7);
            file.readVerified(PageKind.PAGE, 5, 9, PageChecksum.of(PageKind.PAGE, 5, page(2)), target);
            assertThat(target.position()).isEqualTo(7);
            assertThat(target).isEqualTo(page(2));
        }
        storage.checkUsers();
    }

    @Test
    void shouldRefuseToWriteWhereNothingIsWrittenAhead() throws IOException {
        try (MetadataFile file = MetadataFile.create(storage)) {
            file.extendTo(10);
            assertThatThrownBy(() -> file.write(0, page(1))).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> file.write(10, page(1))).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> file.write(-1, page(1))).hasMessageContaining("slot 4294967295 of 10");
            assertThatThrownBy(() -> file.write(9, ByteBuffer.allocate(SLOT + 1)))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> file.extendTo(SlotMap.MAX_SLOTS + 1)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void shouldNameWhatIsDamaged() throws IOException {
        try (MetadataFile file = MetadataFile.create(storage)) {
            file.extendTo(10);
            file.write(3, page(1));
            int checksum = PageChecksum.of(PageKind.TABLE_LEAF, 12, page(1));
            storage.flipBit(MetadataFile.FILE_NAME, 3 * SLOT + 4095, 7);
            ByteBuffer target = ByteBuffer.allocate(SLOT);
            assertThatThrownBy(() -> file.readVerified(PageKind.TABLE_LEAF, 12, 3, checksum, target))
                    .isInstanceOf(MetadataDamagedException.class)
                    .hasMessage("metadata.data is damaged: table-leaf 12 in slot 3: its checksum does not match");
            assertThatThrownBy(() -> file.readVerified(PageKind.PAGE, 1, 10, 0, target.clear()))
                    .isInstanceOf(MetadataDamagedException.class)
                    .hasMessageContaining("page 1 in slot 10: the file ends before");
            assertThatThrownBy(() -> file.readVerified(PageKind.PAGE, 1, -2, 0, target.clear()))
                    .isInstanceOfSatisfying(MetadataDamagedException.class, e -> {
                        assertThat(e.slot()).isEqualTo(0xFFFF_FFFEL);
                        assertThat(e.kind()).isEqualTo(PageKind.PAGE);
                        assertThat(e.index()).isEqualTo(1);
                    });
        }
    }

    /** What stands in another one's place, or is of another kind, has another checksum. */
    @Test
    void shouldSeedChecksumsByWhatAPageIs() {
        Set<Integer> seeds = new HashSet<>();
        long seedsMade = 0;
        for (PageKind kind : PageKind.values()) {
            for (long index = 0; index < 10_000; index++) {
                seeds.add(PageChecksum.seed(kind, index));
                seeds.add(PageChecksum.seed(kind, index << 32 | 1L << 47));
                seedsMade += 2;
            }
        }
        // A few of 100,000 values of 32 bits are equal by chance.
        assertThat((long) seeds.size()).isGreaterThan(seedsMade - 10);
        ByteBuffer page = page(1);
        assertThat(PageChecksum.of(PageKind.PAGE, 1, page)).isEqualTo(PageChecksum.of(PageKind.PAGE, 1, page));
        assertThat(page.remaining()).isEqualTo(SLOT);
    }

    /** The codes of kinds and the mixing are on disk. */
    @Test
    void shouldKeepTheChecksumsOfVersion2() {
        ByteBuffer zeros = ByteBuffer.allocate(SLOT);
        assertThat(PageChecksum.of(PageKind.PAGE, 1, zeros)).isEqualTo(0x23890F38);
        assertThat(PageChecksum.of(PageKind.TABLE_LEAF, 1, zeros)).isEqualTo(0x3EEF7D82);
        assertThat(PageChecksum.of(PageKind.TABLE_NODE, 1, zeros)).isEqualTo(0x67B179FA);
        assertThat(PageChecksum.of(PageKind.SLOT_MAP, 1, zeros)).isEqualTo(0x6EDD88D9);
        assertThat(PageChecksum.of(PageKind.ROOT, 1L << 47, zeros)).isEqualTo(0x89B54937);
    }

    @Test
    void shouldKeepGoingWhenThereIsNoMoreRoom() throws IOException {
        try (MetadataFile file = MetadataFile.create(storage)) {
            file.extendTo(1500);
            file.write(1499, page(1));
            storage.plan(Fault.noSpace().in(Operation.PREALLOCATE).nth(2));
            assertThatThrownBy(() -> file.extendTo(9000)).isInstanceOf(NoSpaceException.class);
            assertThat(file.slots()).isEqualTo(1500 + 1024);
            file.extendTo(4000);
            assertThat(file.slots()).isEqualTo(4000);
            file.force();
            ByteBuffer target = ByteBuffer.allocate(SLOT);
            file.read(PageKind.PAGE, 1, 1499, target);
            assertThat(target.flip()).isEqualTo(page(1));
        }
    }

    /** Whatever is left of an extension that a power cut tore, proven slots count, and the others are written again. */
    @Test
    void shouldStandATornExtension() throws IOException {
        try (MetadataFile file = MetadataFile.create(storage)) {
            file.extendTo(100);
            file.write(99, page(1));
            file.force();
            storage.syncDirectory("");
            file.extendTo(3000);
            storage.cutPower();
        }
        Set<Long> sizes = new HashSet<>();
        for (long survival = 0; survival < 60; survival++) {
            SimStorage after = storage.afterPowerCut(survival);
            try (MetadataFile file = MetadataFile.open(after, Storage.Mode.WRITE, 100)) {
                assertThat(file.slots()).isEqualTo(100);
                sizes.add(after.fingerprint());
                file.extendTo(2000);
                file.write(1999, page(2));
                ByteBuffer target = ByteBuffer.allocate(SLOT);
                file.read(PageKind.PAGE, 1, 99, target);
                assertThat(target.flip()).isEqualTo(page(1));
            }
            after.checkUsers();
        }
        assertThat(sizes).hasSizeGreaterThan(5);
    }
}
