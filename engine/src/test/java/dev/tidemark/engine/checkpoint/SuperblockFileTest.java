package dev.tidemark.engine.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.storage.Storage;
import dev.tidemark.storage.StorageFile;
import dev.tidemark.storage.sim.Fault;
import dev.tidemark.storage.sim.Operation;
import dev.tidemark.storage.sim.PowerCutException;
import dev.tidemark.storage.sim.SimStorage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A good copy survives every cut and any damage of one; which one counts is never in doubt. */
@Tag("quick")
class SuperblockFileTest {
    static final Superblock EMPTY = new Superblock(
            1,
            new UUID(0x1122334455667788L, 0x99AABBCCDDEEFF00L),
            4096,
            1L << 36,
            1_767_225_600_000L,
            Map.of("force-interval", "1000", "retention", "all"));
    static final CheckpointPlace FIRST = new CheckpointPlace(1, 10, 4096, 7, 1, 1, 200, 0x01020304);
    static final CheckpointPlace SECOND = new CheckpointPlace(2, 20, 8192, -9, 64, 3, 500_000, -1, -7, 2);

    private static SimStorage device(Superblock superblock) throws IOException {
        SimStorage storage = new SimStorage(3);
        SuperblockFile.write(storage, superblock);
        storage.syncDirectory("");
        return storage;
    }

    private static byte[] bytesOf(Superblock superblock) {
        byte[] bytes = new byte[SuperblockDescriptor.COPY_BYTES];
        SuperblockFile.encode(superblock).get(0, bytes);
        return bytes;
    }

    @Test
    void shouldGiveBackWhatWasWritten() throws IOException {
        Superblock superblock = EMPTY.withCheckpoint(FIRST).withCheckpoint(SECOND);
        SimStorage storage = device(superblock);
        SuperblockFile.Found found = SuperblockFile.read(storage);
        assertThat(found.superblock()).isEqualTo(superblock);
        assertThat(found.superblock().generation()).isEqualTo(3);
        assertThat(found.whole()).isTrue();
        assertThat(superblock.withOptions(Map.of()).checkpoint()).isEqualTo(SECOND);
    }

    /** What is there after a cut at any operation is the old or the new one, and renewed it stays so. */
    @Test
    void shouldHoldTheOldOrTheNewOneAfterEveryCut() throws IOException {
        Superblock old = EMPTY.withCheckpoint(FIRST);
        Superblock next = old.withCheckpoint(SECOND);
        boolean[] seen = new boolean[2];
        for (int operation = 0; operation < 4; operation++) {
            SimStorage storage = device(old);
            storage.cutPowerAt(storage.operations() + operation);
            assertThatThrownBy(() -> SuperblockFile.write(storage, next)).isInstanceOf(PowerCutException.class);
            for (long survival = 0; survival < 200; survival++) {
                SimStorage after = storage.afterPowerCut(survival);
                SuperblockFile.Found found = SuperblockFile.read(after);
                assertThat(found.superblock()).isIn(old, next);
                seen[found.superblock().equals(next) ? 1 : 0] = true;
                if (operation > 1) {
                    assertThat(found.superblock()).as("copy A was forced").isEqualTo(next);
                }
                checkRenewal(after, found);
            }
        }
        assertThat(seen).containsExactly(true, true);
    }

    /** Cuts the renewal at every operation; then what was found is still there. */
    private static void checkRenewal(SimStorage device, SuperblockFile.Found found) throws IOException {
        for (int operation = 0; operation < 4; operation++) {
            SimStorage storage = device.afterPowerCut(0);
            storage.cutPowerAt(storage.operations() + operation);
            assertThatThrownBy(() -> SuperblockFile.renew(storage, found, found.superblock()))
                    .isInstanceOf(PowerCutException.class);
            SuperblockFile.Found again = SuperblockFile.read(storage.afterPowerCut(operation));
            assertThat(again.superblock()).isEqualTo(found.superblock());
        }
        SimStorage storage = device.afterPowerCut(0);
        SuperblockFile.renew(storage, found, found.superblock());
        SuperblockFile.Found renewed = SuperblockFile.read(storage.afterPowerCut(1));
        assertThat(renewed.whole()).isTrue();
        assertThat(renewed.superblock()).isEqualTo(found.superblock());
    }

    /** What one process has read may be in the page cache only: after the renewal it is durable. */
    @Test
    void shouldMakeDurableWhatWasOnlyInTheCache() throws IOException {
        Superblock old = EMPTY.withCheckpoint(FIRST);
        Superblock next = old.withCheckpoint(SECOND);
        SimStorage storage = device(old);
        storage.killProcessAt(storage.operations() + 3); // in the force of copy B
        assertThatThrownBy(() -> SuperblockFile.write(storage, next)).isInstanceOf(IOException.class);
        SimStorage after = storage.afterProcessDeath();
        SuperblockFile.Found found = SuperblockFile.read(after);
        assertThat(found.whole()).isTrue();
        SuperblockFile.renew(after, found, found.superblock());
        after.damage(SuperblockFile.FILE_NAME, 0, new byte[SuperblockDescriptor.COPY_BYTES]);
        for (long survival = 0; survival < 20; survival++) {
            assertThat(SuperblockFile.read(after.afterPowerCut(survival)).superblock())
                    .isEqualTo(next);
        }
    }

    /** The good copy is only written when there is another good one: here the very first write fails half-way. */
    @Test
    void shouldRenewTheWorseCopyFirst() throws IOException {
        Superblock old = EMPTY.withCheckpoint(FIRST);
        Superblock next = old.withCheckpoint(SECOND);
        for (int worse = 0; worse < 2; worse++) {
            for (boolean damaged : new boolean[] {true, false}) {
                SimStorage storage = device(next);
                int at = worse * SuperblockDescriptor.COPY_BYTES;
                byte[] bad = damaged ? new byte[4096] : bytesOf(old);
                storage.damage(SuperblockFile.FILE_NAME, at, bad);
                SuperblockFile.Found found = SuperblockFile.read(storage);
                assertThat(found.superblock()).isEqualTo(next);
                assertThat(found.whole()).isFalse();
                storage.plan(Fault.ioError().in(Operation.FORCE));
                Superblock third = next.withCheckpoint(new CheckpointPlace(3, 30, 12_288, 9, 1, 1, 10, 6));
                assertThatThrownBy(() -> SuperblockFile.renew(storage, found, third))
                        .isInstanceOf(IOException.class);
                storage.dropCaches();
                byte[] other = new byte[4096];
                try (StorageFile file = storage.open(SuperblockFile.FILE_NAME, Storage.Mode.READ)) {
                    file.read(4096 - at, ByteBuffer.wrap(other));
                }
                assertThat(other).as("copy " + (1 - worse)).isEqualTo(bytesOf(next));
            }
        }
    }

    @Test
    void shouldTakeTheGoodCopyWhateverHappensToTheOther() throws IOException {
        Superblock superblock = EMPTY.withCheckpoint(SECOND);
        SimStorage storage = device(superblock);
        for (int copy = 0; copy < 2; copy++) {
            for (int at = 0; at < SuperblockDescriptor.COPY_BYTES; at += at < 64 || at >= 3840 ? 1 : 97) {
                long offset = copy * 4096L + at;
                storage.flipBit(SuperblockFile.FILE_NAME, offset, at % 8);
                SuperblockFile.Found found = SuperblockFile.read(storage);
                assertThat(found.superblock()).isEqualTo(superblock);
                assertThat(found.firstCopyGood()).isEqualTo(copy == 1);
                assertThat(found.secondCopyGood()).isEqualTo(copy == 0);
                storage.flipBit(SuperblockFile.FILE_NAME, offset, at % 8);
            }
        }
        storage.flipBit(SuperblockFile.FILE_NAME, 100, 0);
        storage.flipBit(SuperblockFile.FILE_NAME, 4096 + 3845, 0);
        assertThatThrownBy(() -> SuperblockFile.read(storage))
                .isInstanceOfSatisfying(
                        SuperblockException.class,
                        e -> assertThat(e.kind()).isEqualTo(SuperblockException.Kind.DAMAGED))
                .hasMessageContaining("both copies of the superblock are damaged");
    }

    @Test
    void shouldTakeTheCopyThatTheDeviceCanRead() throws IOException {
        Superblock superblock = EMPTY.withCheckpoint(SECOND);
        for (int copy = 1; copy <= 2; copy++) {
            SimStorage storage = device(superblock);
            storage.plan(Fault.ioError().in(Operation.READ).nth(copy));
            SuperblockFile.Found found = SuperblockFile.read(storage);
            assertThat(found.superblock()).isEqualTo(superblock);
            assertThat(found.firstCopyGood()).isEqualTo(copy == 2);
            storage.plan(Fault.ioError().in(Operation.READ).always());
            assertThatThrownBy(() -> SuperblockFile.read(storage))
                    .isInstanceOf(IOException.class)
                    .isNotInstanceOf(SuperblockException.class);
        }
    }

    @Test
    void shouldRefuseANewerVersion() throws IOException {
        SimStorage storage = device(EMPTY);
        ByteBuffer copy = SuperblockFile.encode(EMPTY.withCheckpoint(FIRST));
        copy.putInt(SuperblockDescriptor.VERSION_OFFSET, SuperblockDescriptor.VERSION + 1);
        copy.putInt(SuperblockDescriptor.CHECKSUM_OFFSET, SuperblockFile.checksum(copy, 0));
        byte[] bytes = new byte[SuperblockDescriptor.COPY_BYTES];
        copy.get(0, bytes);
        storage.damage(SuperblockFile.FILE_NAME, 4096, bytes);
        assertThatThrownBy(() -> SuperblockFile.read(storage))
                .isInstanceOfSatisfying(
                        SuperblockException.class,
                        e -> assertThat(e.kind()).isEqualTo(SuperblockException.Kind.TOO_NEW));
    }

    @Test
    void shouldRefuseOptionsThatLeaveNoPlaceForACheckpoint() {
        Superblock fits = EMPTY.withOptions(Map.of("k", "v".repeat(3776 - 3)));
        assertThat(SuperblockFile.encode(fits).remaining()).isEqualTo(4096);
        Superblock tooLong = EMPTY.withOptions(Map.of("k", "v".repeat(3776 - 2)));
        assertThatThrownBy(() -> SuperblockFile.encode(tooLong)).hasMessageContaining("at most 3776 fit");
    }
}
