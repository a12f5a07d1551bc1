package dev.tidemark.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import dev.tidemark.storage.Storage.Mode;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What only a real file system can show. */
@Tag("quick")
class DiskStorageTest {
    private static final Path FULL_DEVICE = Path.of("/dev/full");

    @TempDir
    Path folder;

    @Test
    void shouldGiveTheOwnerAloneAccess() throws Exception {
        for (String umask : List.of("0000", "0777")) {
            Path root = folder.resolve("store" + umask);
            try (StorageChild child = StorageChild.startWithUmask(umask, "modes", root)) {
                assertThat(child.line()).isEqualTo("made");
            }
            for (String name : List.of("file", "fresh", "lock", "sub/file")) {
                assertThat(modeOf(root.resolve(name))).as(umask + " " + name).isEqualTo("rw-------");
            }
            assertThat(modeOf(root)).isEqualTo("rwx------");
            assertThat(modeOf(root.resolve("sub"))).isEqualTo("rwx------");
        }
    }

    private static String modeOf(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    @Test
    void shouldLeaveTheModeOfAnExistingFileAlone() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        try (DiskStorage storage = new DiskStorage(folder)) {
            storage.open("file", Mode.CREATE).close();
        }
        assertThat(modeOf(file)).isEqualTo("rw-r-----");
    }

    @Test
    void shouldLockBetweenProcesses() throws Exception {
        try (DiskStorage storage = new DiskStorage(folder)) {
            try (StorageLock lock = storage.tryLock("lock")) {
                assertThat(lock).isNotNull();
                assertThat(answerOfAnotherProcess()).isEqualTo("refused");
                // None of these may touch the lock file's inode in a way that drops the lock.
                assertThat(storage.tryLock("lock")).isNull();
                assertThatThrownBy(() -> storage.open("lock", Mode.WRITE)).isInstanceOf(IOException.class);
                assertThat(new DiskStorage(folder).tryLock("lock")).isNull();
                Path alias = Files.createSymbolicLink(folder.resolve("alias"), folder.resolve("lock"));
                assertThat(storage.tryLock("alias")).isNull();
                assertThatThrownBy(() -> storage.open("alias", Mode.READ)).isInstanceOf(IOException.class);
                Files.delete(alias);
                assertThat(answerOfAnotherProcess()).isEqualTo("refused");
            }
            assertThat(answerOfAnotherProcess()).isEqualTo("locked");

            try (StorageChild other = StorageChild.start("lock", folder)) {
                assertThat(other.line()).isEqualTo("locked");
                assertThat(storage.tryLock("lock")).isNull();
                other.kill();
            }
            try (StorageLock lock = storage.tryLock("lock")) {
                assertThat(lock).as("after the holder was killed").isNotNull();
            }
        }
    }

    private String answerOfAnotherProcess() throws Exception {
        try (StorageChild child = StorageChild.start("lock", folder)) {
            return child.line();
        }
    }

    @Test
    void shouldKeepALockThatItsHolderForgot() throws Exception {
        try (DiskStorage storage = new DiskStorage(folder)) {
            assertThat(storage.tryLock("forgotten")).isNotNull();
            System.gc();
            assertThat(storage.tryLock("forgotten")).isNull();
        }
    }

    @Test
    void shouldTellAFullDeviceByType() throws IOException {
        assumeTrue(Files.isWritable(FULL_DEVICE), "there is no /dev/full here");
        try (DiskStorage storage = new DiskStorage(FULL_DEVICE.getParent());
                StorageFile file = storage.open("full", Mode.WRITE)) {
            assertThatThrownBy(() -> file.write(0, ByteBuffer.allocate(100)))
                    .isInstanceOf(NoSpaceException.class)
                    .hasMessageContaining("/dev/full");
            assertThatThrownBy(() -> file.preallocate(0, 10_000_000))
                    .isInstanceOf(NoSpaceException.class)
                    .hasMessageContaining("preallocate");
        }
    }

    @Test
    void shouldRunOutOfSpaceAndGoOnWhenThereIsSomeAgain() throws Exception {
        try (SmallFileSystem small = SmallFileSystem.mount(folder.resolve("small"), 1 << 20)) {
            try (DiskStorage storage = new DiskStorage(small.root());
                    StorageFile file = storage.open("a", Mode.CREATE_NEW)) {
                assertThat(storage.usableBytes()).isBetween(1L, 1L << 20);
                file.preallocate(0, 256 * 1024);
                assertThatThrownBy(() -> file.preallocate(256 * 1024, 8 << 20))
                        .isInstanceOf(NoSpaceException.class)
                        .hasMessageContaining("small/a");
                assertThat(file.size()).isGreaterThan(256 * 1024);
                assertThat(storage.usableBytes()).isZero();
                StorageFile other = storage.open("b", Mode.CREATE_NEW);
                assertThatThrownBy(() -> other.write(0, ByteBuffer.allocateDirect(100_000)))
                        .isInstanceOf(NoSpaceException.class);
                file.write(0, ByteBuffer.allocateDirect(256 * 1024)); // room that was written to stays usable
                file.truncate(256 * 1024);
                other.write(0, ByteBuffer.allocateDirect(100_000));
                other.force();
                other.close();
            }
        }
    }

    @Test
    void shouldAllocateNothingOnTheHeap() throws IOException {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long thread = Thread.currentThread().getId();
        ByteBuffer buffer = ByteBuffer.allocateDirect(4096);
        for (boolean uninterruptible : List.of(true, false)) {
            try (DiskStorage storage = new DiskStorage(folder, uninterruptible);
                    StorageFile file = storage.open("a", Mode.CREATE)) {
                file.preallocate(0, 1 << 20);
                readAndWrite(file, buffer, 2_000); // classes are loaded and threads' caches filled
                long before = threads.getThreadAllocatedBytes(thread);
                readAndWrite(file, buffer, 2_000);
                long allocated = threads.getThreadAllocatedBytes(thread) - before;
                // The measurement itself may allocate; one object for each call would be 64,000 and more.
                assertThat(allocated).isLessThan(16_000);
            }
        }
    }

    private static void readAndWrite(StorageFile file, ByteBuffer buffer, int rounds) throws IOException {
        for (int i = 0; i < rounds; i++) {
            file.write((i & 255) * 4096L, buffer.clear());
            file.read((i & 255) * 4096L, buffer.clear());
            file.size();
            if (i % 100 == 0) {
                file.force();
            }
        }
    }

    @Test
    void shouldMakeItsOwnFolder() throws IOException {
        try (DiskStorage storage = new DiskStorage(folder.resolve("new"))) {
            assertThat(storage.exists("")).isFalse();
            storage.createDirectory("");
            storage.createDirectory("");
            assertThat(storage.exists("")).isTrue();
            assertThat(storage.list("")).isEmpty();
        }
    }

    @Test
    void shouldNameTheFileInErrors() throws IOException {
        try (DiskStorage storage = new DiskStorage(folder)) {
            Files.createDirectory(folder.resolve("d"));
            Files.createFile(folder.resolve("d/inside"));
            for (org.assertj.core.api.ThrowableAssert.ThrowingCallable call :
                    List.<org.assertj.core.api.ThrowableAssert.ThrowingCallable>of(
                            () -> storage.open("d", Mode.READ),
                            () -> storage.open("d", Mode.CREATE),
                            () -> storage.delete("d"),
                            () -> storage.list("d/inside"),
                            () -> storage.rename("d", "none/d"),
                            () -> storage.tryLock("d"))) {
                assertThatThrownBy(call)
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining(folder.resolve("d").toString());
            }
        }
    }
}
