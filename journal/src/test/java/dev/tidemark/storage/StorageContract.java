package dev.tidemark.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.storage.Storage.Mode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What every {@link Storage} has to do while nothing goes wrong. */
@Tag("quick")
abstract class StorageContract {
    Storage storage;

    /** A storage in an empty folder. */
    abstract Storage create() throws IOException;

    /** What a file says its name is. */
    String toldName(String name) {
        return name;
    }

    @BeforeEach
    void make() throws IOException {
        storage = create();
    }

    @AfterEach
    void drop() throws IOException {
        storage.close();
    }

    static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }

    static String text(StorageFile file, long offset, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(length);
        int count = file.read(offset, buffer);
        assertThat(buffer.position()).isEqualTo(count);
        return StandardCharsets.US_ASCII.decode(buffer.flip()).toString();
    }

    private StorageFile make(String name, String content) throws IOException {
        StorageFile file = storage.open(name, Mode.CREATE_NEW);
        file.write(0, bytes(content));
        return file;
    }

    private String content(String name) throws IOException {
        try (StorageFile file = storage.open(name, Mode.READ)) {
            return text(file, 0, 1000);
        }
    }

    @Test
    void shouldOpenWhatExistsAndMakeWhatIsToBeMade() throws IOException {
        assertThatThrownBy(() -> storage.open("a", Mode.READ))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining("a");
        assertThatThrownBy(() -> storage.open("a", Mode.WRITE)).isInstanceOf(NoSuchFileException.class);
        assertThatThrownBy(() -> storage.open("no/a", Mode.CREATE)).isInstanceOf(NoSuchFileException.class);
        assertThatThrownBy(() -> storage.open("no/a", Mode.CREATE_NEW)).isInstanceOf(NoSuchFileException.class);
        assertThat(storage.exists("a")).isFalse();

        try (StorageFile file = storage.open("a", Mode.CREATE)) {
            assertThat(file.size()).isZero();
            assertThat(file.name()).isEqualTo(toldName("a"));
            assertThat(text(file, 0, 10)).isEmpty();
            file.write(0, bytes("kept"));
        }
        assertThatThrownBy(() -> storage.open("a", Mode.CREATE_NEW))
                .isInstanceOf(FileAlreadyExistsException.class)
                .hasMessageContaining("a");
        for (Mode mode : List.of(Mode.CREATE, Mode.WRITE, Mode.READ)) {
            try (StorageFile file = storage.open("a", mode)) {
                assertThat(text(file, 0, 10)).isEqualTo("kept");
            }
        }
        assertThat(storage.exists("a")).isTrue();
    }

    @Test
    void shouldReadAndWriteAnyKindOfBuffer() throws IOException {
        try (StorageFile file = storage.open("a", Mode.CREATE_NEW)) {
            file.write(4090, bytes("0123456789").asReadOnlyBuffer());
            ByteBuffer direct = ByteBuffer.allocateDirect(64);
            direct.position(7).put(bytes("direct")).flip().position(7);
            file.write(4092, direct);
            assertThat(direct.remaining()).isZero();
            assertThat(file.size()).isEqualTo(4100);
            assertThat(text(file, 4090, 100)).isEqualTo("01direct89");

            ByteBuffer heap = ByteBuffer.allocate(100).position(3).slice().limit(6);
            assertThat(file.read(4092, heap)).isEqualTo(6);
            assertThat(heap.position()).isEqualTo(6);
            assertThat(heap.limit()).isEqualTo(6);
            assertThat(heap.flip()).isEqualTo(bytes("direct"));
            assertThat(file.read(5000, ByteBuffer.allocate(8))).isZero();
            assertThat(file.read(0, ByteBuffer.allocate(0))).isZero();

            ByteBuffer large = ByteBuffer.allocate(3_000_001);
            for (int i = 0; i < large.capacity(); i++) {
                large.put(i, (byte) ((i * 31) >>> 3));
            }
            file.write(513, large.duplicate());
            ByteBuffer back = ByteBuffer.allocate(4_000_000).position(11);
            assertThat(file.read(513, back)).isEqualTo(large.capacity());
            assertThat(back.limit()).isEqualTo(back.capacity());
            assertThat(back.flip().position(11)).isEqualTo(large);
        }
    }

    @Test
    void shouldReadZerosWhereNothingWasWritten() throws IOException {
        try (StorageFile file = storage.open("a", Mode.CREATE_NEW)) {
            file.write(9_000_000_000L, bytes("far"));
            assertThat(file.size()).isEqualTo(9_000_000_003L);
            assertThat(text(file, 8_999_999_998L, 5)).isEqualTo("\0\0far");
            assertThat(text(file, 5_000_000_000L, 3)).isEqualTo("\0\0\0");
        }
    }

    @Test
    void shouldCutAndExtendWithoutBringingBackWhatWasCut() throws IOException {
        try (StorageFile file = make("a", "0123456789")) {
            file.truncate(4);
            assertThat(file.size()).isEqualTo(4);
            file.truncate(8);
            assertThat(file.size()).isEqualTo(8);
            assertThat(text(file, 0, 100)).isEqualTo("0123\0\0\0\0");
            file.truncate(3_000_000_000L);
            assertThat(file.size()).isEqualTo(3_000_000_000L);
            assertThat(text(file, 2_999_999_998L, 10)).isEqualTo("\0\0");
            file.truncate(3_000_000_000L);
            file.truncate(0);
            file.write(2, bytes("x"));
            assertThat(text(file, 0, 100)).isEqualTo("\0\0x");
        }
    }

    @Test
    void shouldPreallocateWithZerosOverWhatWasThere() throws IOException {
        try (StorageFile file = make("a", "0123456789")) {
            file.preallocate(3, 4);
            assertThat(text(file, 0, 100)).isEqualTo("012\0\0\0\0" + "789");
            file.preallocate(8, 5_000_000);
            assertThat(file.size()).isEqualTo(5_000_008);
            assertThat(text(file, 5, 8)).isEqualTo("\0\0" + "7\0\0\0\0\0");
            file.preallocate(100, 0);
            assertThat(file.size()).isEqualTo(5_000_008);
        }
    }

    @Test
    void shouldLeaveADeallocatedRangeZeroOrUnchanged() throws IOException {
        for (int i = 0; i < 8; i++) {
            try (StorageFile file = make("a" + i, "0123456789")) {
                file.deallocate(3, 4);
                assertThat(text(file, 0, 100)).isIn("0123456789", "012\0\0\0\0" + "789");
                file.deallocate(8, 1000);
                assertThat(file.size()).isEqualTo(10);
                assertThat(text(file, 7, 100)).isIn("789", "7\0\0");
            }
        }
    }

    @Test
    void shouldForceAndSync() throws IOException {
        storage.createDirectory("d");
        try (StorageFile file = make("d/a", "x")) {
            file.force();
            storage.syncDirectory("d");
            storage.syncDirectory("");
            assertThat(text(file, 0, 9)).isEqualTo("x");
        }
        assertThatThrownBy(() -> storage.syncDirectory("none")).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void shouldSayThatAFileIsClosed() throws IOException {
        StorageFile file = make("some-name", "x");
        file.close();
        file.close();
        assertThat(file.name()).isEqualTo(toldName("some-name"));
        List<org.assertj.core.api.ThrowableAssert.ThrowingCallable> calls = List.of(
                file::size,
                file::force,
                () -> file.read(0, ByteBuffer.allocate(1)),
                () -> file.write(0, bytes("y")),
                () -> file.truncate(0),
                () -> file.preallocate(0, 10),
                () -> file.deallocate(0, 10));
        for (org.assertj.core.api.ThrowableAssert.ThrowingCallable call : calls) {
            assertThatThrownBy(call)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("some-name")
                    .hasMessageContaining("closed");
        }
    }

    @Test
    void shouldNotWriteToAFileThatIsOpenForReading() throws IOException {
        make("a", "x").close();
        try (StorageFile file = storage.open("a", Mode.READ)) {
            List<org.assertj.core.api.ThrowableAssert.ThrowingCallable> calls = List.of(
                    () -> file.write(0, bytes("y")),
                    () -> file.truncate(0),
                    () -> file.preallocate(0, 10),
                    () -> file.deallocate(0, 10));
            for (org.assertj.core.api.ThrowableAssert.ThrowingCallable call : calls) {
                assertThatThrownBy(call).isInstanceOf(IOException.class).hasMessageContaining("reading only");
            }
            assertThat(text(file, 0, 9)).isEqualTo("x");
        }
    }

    @Test
    void shouldRefuseRangesAndNamesThatMakeNoSense() throws IOException {
        try (StorageFile file = make("a", "x")) {
            assertThatThrownBy(() -> file.read(-1, ByteBuffer.allocate(1)))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> file.write(-1, bytes("y"))).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> file.truncate(-1)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> file.preallocate(5, -1)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> file.deallocate(-5, 1)).isInstanceOf(IllegalArgumentException.class);
        }
        for (String name : List.of("/a", "a/", "a//b", ".", "..", "a/../b", "./a", "a/.", "../a", "a\0b")) {
            assertThatThrownBy(() -> storage.exists(name)).as(name).isInstanceOf(IllegalArgumentException.class);
        }
        for (String name : List.of("...", ".a", "a..", "..a", "a b")) {
            assertThat(storage.exists(name)).as(name).isFalse();
        }
        assertThatThrownBy(() -> storage.delete("")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> storage.rename("", "b")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> storage.rename("a", "")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> storage.open("", Mode.READ)).isInstanceOf(IOException.class);
    }

    @Test
    void shouldRenameOverWhatIsThere() throws IOException {
        try (StorageFile old = make("old", "old");
                StorageFile fresh = make("fresh", "fresh")) {
            storage.rename("fresh", "old");
            assertThat(storage.list("")).containsExactly("old");
            assertThat(content("old")).isEqualTo("fresh");
            fresh.write(0, bytes("F"));
            assertThat(content("old")).isEqualTo("Fresh");
            assertThat(text(old, 0, 9)).isEqualTo("old");
            assertThat(fresh.name()).isEqualTo(toldName("fresh"));
        }
        storage.rename("old", "old");
        assertThat(content("old")).isEqualTo("Fresh");
        assertThatThrownBy(() -> storage.rename("none", "b")).isInstanceOf(NoSuchFileException.class);
        assertThatThrownBy(() -> storage.rename("old", "none/b")).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void shouldRenameDirectories() throws IOException {
        storage.createDirectory("aside");
        make("aside/f", "x").close();
        storage.rename("aside", "store");
        assertThat(storage.list("")).containsExactly("store");
        assertThat(content("store/f")).isEqualTo("x");
        storage.createDirectory("other");
        make("file", "y").close();
        for (List<String> names :
                List.of(List.of("store", "other"), List.of("file", "other"), List.of("store", "file"))) {
            assertThatThrownBy(() -> storage.rename(names.get(0), names.get(1)))
                    .as(names.toString())
                    .isInstanceOf(FileAlreadyExistsException.class);
        }
        storage.rename("store/f", "other/g");
        assertThat(storage.list("store")).isEmpty();
        assertThat(content("other/g")).isEqualTo("x");
    }

    @Test
    void shouldDelete() throws IOException {
        storage.createDirectory("d");
        StorageFile file = make("d/f", "x");
        assertThatThrownBy(() -> storage.delete("d")).isInstanceOf(IOException.class);
        storage.delete("d/f");
        assertThat(storage.exists("d/f")).isFalse();
        file.write(1, bytes("y"));
        assertThat(text(file, 0, 9)).isEqualTo("xy");
        file.close();
        storage.delete("d");
        assertThat(storage.list("")).isEmpty();
        assertThatThrownBy(() -> storage.delete("d")).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void shouldListSortedPlainNames() throws IOException {
        assertThat(storage.list("")).isEmpty();
        storage.createDirectory("b");
        storage.createDirectory("b");
        storage.createDirectory("b/z");
        for (String name : List.of("c", "a", "b/y", "B")) {
            make(name, "").close();
        }
        assertThat(storage.list("")).containsExactly("B", "a", "b", "c");
        assertThat(storage.list("b")).containsExactly("y", "z");
        assertThatThrownBy(() -> storage.list("none")).isInstanceOf(NoSuchFileException.class);
        assertThatThrownBy(() -> storage.list("a")).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> storage.createDirectory("a")).isInstanceOf(FileAlreadyExistsException.class);
        assertThatThrownBy(() -> storage.createDirectory("no/d")).isInstanceOf(NoSuchFileException.class);
        assertThatThrownBy(() -> storage.open("b", Mode.READ)).isInstanceOf(IOException.class);
    }

    @Test
    void shouldLockOnce() throws IOException {
        StorageLock lock = storage.tryLock("lock");
        assertThat(lock).isNotNull();
        assertThat(storage.list("")).containsExactly("lock");
        assertThat(storage.tryLock("lock")).isNull();
        assertThatThrownBy(() -> storage.open("lock", Mode.READ))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("lock");
        assertThat(storage.tryLock("lock")).isNull();
        lock.close();
        try (StorageLock again = storage.tryLock("lock")) {
            assertThat(again).isNotNull();
            lock.close(); // a second time: must not give back what is another's now
            assertThat(storage.tryLock("lock")).isNull();
        }
        storage.open("lock", Mode.READ).close();
    }

    @Test
    void shouldTellUsableSpace() throws IOException {
        assertThat(storage.usableBytes()).isPositive();
    }

    @Test
    void shouldLeaveOpenFilesUsableWhenItIsClosed() throws IOException {
        StorageFile file = make("a", "x");
        storage.close();
        storage.close();
        file.write(1, bytes("y"));
        assertThat(text(file, 0, 9)).isEqualTo("xy");
        file.close();
        assertThatThrownBy(() -> storage.exists("a"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("closed");
        assertThatThrownBy(() -> storage.open("a", Mode.READ)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> storage.usableBytes()).isInstanceOf(IOException.class);
    }

    @Test
    void shouldServeManyThreads() throws Exception {
        int threads = 4;
        int rounds = 200;
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try (StorageFile file = storage.open("a", Mode.CREATE_NEW)) {
            List<Future<?>> results = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                int id = i;
                results.add(executor.submit(() -> {
                    ByteBuffer buffer = ByteBuffer.allocateDirect(700);
                    for (int round = 0; round < rounds; round++) {
                        long offset = ((long) round * threads + id) * 700;
                        fill(buffer, id, round);
                        file.write(offset, buffer);
                        if (round % 50 == id) {
                            file.force();
                        }
                        buffer.clear();
                        assertThat(file.read(offset, buffer)).isEqualTo(700);
                        ByteBuffer expected = ByteBuffer.allocate(700);
                        fill(expected, id, round);
                        assertThat(buffer.flip()).isEqualTo(expected);
                    }
                    return null;
                }));
            }
            for (Future<?> result : results) {
                result.get(60, TimeUnit.SECONDS);
            }
            assertThat(file.size()).isEqualTo(700L * threads * rounds);
        } finally {
            executor.shutdownNow();
        }
    }

    private static void fill(ByteBuffer buffer, int id, int round) {
        buffer.clear();
        while (buffer.hasRemaining()) {
            buffer.put((byte) (id * 57 + round));
        }
        buffer.flip();
    }
}
