package dev.tidemark.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.engine.history.Setup;
import dev.tidemark.storage.sim.Fault;
import dev.tidemark.storage.sim.Operation;
import dev.tidemark.storage.sim.SimStorage;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Damage at rest and reads that fail: an error that says where, and never a wrong byte (G5). */
@Tag("quick")
class DamageTest {
    private static final String DATA = Setup.STORE + "/exceptions.data";
    private static final String SUPERBLOCK = Setup.STORE + "/superblock";
    private static final int SUPERBLOCK_COPY_BYTES = 4096;
    private static final int BLOCK = 4096;
    private static final int BLOCKS = 24;

    private final SimStorage device = new SimStorage(7);
    private final Setup setup = Setup.small(7);
    private final byte[] content = new byte[BLOCKS * BLOCK];

    @BeforeEach
    void fill() throws Exception {
        new SplittableRandom(7).nextBytes(content);
        Store.init(setup.on(device));
        try (Store store = Store.open(setup.on(device))) {
            store.send("create disk size=1M");
            store.volume("disk").write(0, ByteBuffer.wrap(content));
            store.send("create snap origin=disk");
        }
    }

    /** Reads each block; those that fail must say so by name. Returns how many failed. */
    private int readAll(Store store, String name) {
        int failed = 0;
        Volume volume = store.volume(name);
        for (int block = 0; block < BLOCKS; block++) {
            ByteBuffer target = ByteBuffer.allocate(BLOCK);
            try {
                volume.read((long) block * BLOCK, target);
            } catch (ChecksumException e) {
                failed++;
                assertThat(e.volumeId()).isEqualTo(volume.id());
                assertThat(e.block()).isEqualTo(block);
                assertThat(e.getMessage())
                        .contains(
                                "block " + block + " of volume",
                                name,
                                "seq " + store.status().appliedSeq(),
                                "damaged");
                continue;
            }
            assertThat(target.array()).isEqualTo(Arrays.copyOfRange(content, block * BLOCK, (block + 1) * BLOCK));
        }
        return failed;
    }

    @Test
    void shouldNeverShowAWrongByteWhicheverBitIsFlipped() throws Exception {
        SplittableRandom random = new SplittableRandom(1);
        int flips = 600;
        for (int i = 0; i < flips; i++) {
            SimStorage damaged = device.afterProcessDeath();
            long at = BLOCK + random.nextLong((long) BLOCKS * BLOCK); // block 0 is never given out
            damaged.flipBit(DATA, at, random.nextInt(Byte.SIZE));
            try (Store store = Store.open(setup.again().on(damaged))) {
                assertThat(readAll(store, "disk")).as("flip at " + at).isEqualTo(1);
                assertThat(readAll(store, "snap")).isEqualTo(1);
                assertThat(store.status().checksumErrors()).isEqualTo(2);
                assertThat(store.failure()).isNull();
            }
        }
    }

    @Test
    void shouldTakeANewBlockOverADamagedOneAndRefuseToWriteAPartOfIt() throws Exception {
        device.flipBit(DATA, BLOCK + 5 * BLOCK + 17, 3);
        try (Store store = Store.open(setup.again().on(device))) {
            Volume disk = store.volume("disk");
            assertThatThrownBy(() -> disk.write(5 * BLOCK + 100, ByteBuffer.allocate(10)))
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("block 5 of volume");
            disk.write(5 * BLOCK, ByteBuffer.wrap(content, 5 * BLOCK, BLOCK));
            disk.flush();
            assertThat(readAll(store, "disk")).isZero();
            assertThat(readAll(store, "snap")).isEqualTo(1);
        }
    }

    @Test
    void shouldNameVolumeBlockAndSeqWhenAReadFails() throws Exception {
        try (Store store = Store.open(setup.again().on(device))) {
            Volume disk = store.volume("disk");
            for (int block = 0; block < BLOCKS; block++) {
                long offset = (long) block * BLOCK;
                device.plan(Fault.ioError().in(Operation.READ).on(DATA));
                assertThatThrownBy(() -> disk.read(offset, ByteBuffer.allocate(BLOCK)))
                        .isInstanceOf(StoreException.class)
                        .hasMessageContaining("block " + block + " of volume")
                        .hasMessageContaining("disk")
                        .hasMessageContaining("seq 3");
                device.clearPlan();
                assertThat(readAll(store, "disk")).isZero();
            }
            assertThat(store.failure()).isNull();
            disk.write(0, ByteBuffer.wrap(content, 0, BLOCK));
            disk.flush();
        }
    }

    @Test
    void shouldOpenWithOneGoodSuperblockAndMendTheOther() throws Exception {
        for (int copy = 0; copy < 2; copy++) {
            for (int at = 0; at < 128; at += 3) {
                SimStorage damaged = device.afterProcessDeath();
                damaged.flipBit(SUPERBLOCK, (long) copy * SUPERBLOCK_COPY_BYTES + at, at % Byte.SIZE);
                Store.open(setup.again().on(damaged)).close();
                // mended: now the other copy may go
                damaged.zeroSector(SUPERBLOCK, (1L - copy) * SUPERBLOCK_COPY_BYTES);
                try (Store store = Store.open(setup.again().on(damaged))) {
                    assertThat(readAll(store, "disk")).isZero();
                }
            }
        }
    }

    @Test
    void shouldSayThatBothSuperblocksAreDamaged() throws Exception {
        device.zeroSector(SUPERBLOCK, 0);
        device.zeroSector(SUPERBLOCK, SUPERBLOCK_COPY_BYTES);
        long before = forces();
        assertThatThrownBy(() -> Store.open(setup.again().on(device)))
                .isInstanceOfSatisfying(
                        StoreOpenException.class, e -> assertThat(e.kind()).isEqualTo(StoreOpenException.Kind.DAMAGED));
        assertThat(forces()).as("forces").isEqualTo(before);
    }

    /** How many forces there were so far. */
    private long forces() {
        return device.operations(Operation.FORCE);
    }
}
