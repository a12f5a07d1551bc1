package dev.tidemark.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The façade on real files with real threads: what an embedder does on the first day. */
@Tag("quick")
class StoreTest {
    private static final int MIB = 1 << 20;

    @TempDir
    Path folder;

    private StoreConfig config() {
        return StoreConfig.at(folder.resolve("store")).capacityBytes(256L * MIB).build();
    }

    private static ByteBuffer bytes(long seed, int length) {
        byte[] content = new byte[length];
        new Random(seed).nextBytes(content);
        return ByteBuffer.wrap(content);
    }

    private static ByteBuffer read(Volume volume, long offset, int length) {
        ByteBuffer target = ByteBuffer.allocate(length);
        volume.read(offset, target);
        return target.flip();
    }

    @Test
    void shouldKeepWhatWasWrittenThroughSnapshotMergeAndReopen() throws Exception {
        Store.init(config());
        try (Store store = Store.open(config())) {
            assertThat(store.send("create disk size=16M")).isEqualTo("ok id=1 name=disk seq=1");
            Volume disk = store.volume("disk");
            disk.write(0, bytes(1, MIB));
            disk.write(5000, bytes(2, 3000)); // inside blocks, over two of them
            disk.flush();
            assertThat(store.send("create snap origin=disk")).startsWith("ok id=2 name=snap");
            disk.write(0, bytes(3, 64 << 10));
            assertThat(read(disk, 0, 64 << 10)).isEqualTo(bytes(3, 64 << 10));
            assertThat(read(store.volume("snap"), 5000, 3000)).isEqualTo(bytes(2, 3000));
            assertThat(store.send("merge snap")).startsWith("ok id=2 into=1");
            assertThat(read(disk, 5000, 3000)).isEqualTo(bytes(2, 3000));
            disk.discard(0, 4096);
            assertThat(read(disk, 0, 4096)).isEqualTo(ByteBuffer.allocate(4096));
        }
        try (Store store = Store.open(config())) {
            Volume disk = store.volume("#1");
            assertThat(read(disk, 0, 4096)).isEqualTo(ByteBuffer.allocate(4096));
            assertThat(read(disk, 5000, 3000)).isEqualTo(bytes(2, 3000));
            assertThat(read(disk, 64 << 10, 100)).isEqualTo(bytes(1, MIB).slice(64 << 10, 100));
            assertThat(store.send("list")).contains("name=disk").doesNotContain("snap");
        }
    }

    @Test
    void shouldRefuseASecondProcessNamingTheFirst() throws Exception {
        Store.init(config());
        try (Store store = Store.open(config())) {
            assertThat(store.failure()).isNull();
            assertThatThrownBy(() -> Store.open(config()))
                    .isInstanceOf(StoreOpenException.class)
                    .hasMessageContaining(
                            "in use by process " + ProcessHandle.current().pid());
        }
    }

    @Test
    void shouldTakeManyRequestsAtOnce() throws Exception {
        Store.init(config());
        try (Store store = Store.open(config())) {
            store.send("create disk size=16M");
            Volume disk = store.volume("disk");
            var stages = new java.util.ArrayList<java.util.concurrent.CompletableFuture<Void>>();
            for (int i = 0; i < 2000; i++) {
                stages.add(disk.writeAsync((i * 37L % 4096) * 4096, bytes(i * 37L % 4096, 4096))
                        .toCompletableFuture());
            }
            stages.add(disk.flushAsync().toCompletableFuture());
            stages.forEach(java.util.concurrent.CompletableFuture::join);
            for (int i = 0; i < 2000; i++) {
                long block = i * 37L % 4096;
                assertThat(read(disk, block * 4096, 4096)).isEqualTo(bytes(block, 4096));
            }
        }
    }

    /**
     * Found by a kernel file system over NBD: a large write left its buffer's limit where the write ended, and the next
     * partial write that got the buffer, and reached further, failed before it was submitted.
     */
    @Test
    void shouldUseABufferAgainForALongerWrite() throws Exception {
        Store.init(config());
        try (Store store = Store.open(config())) {
            store.send("create disk size=16M");
            Volume disk = store.volume("disk");
            disk.write(0, bytes(1, (256 << 10) + 4096));
            disk.write(4000, bytes(2, (512 << 10) - 1000));
            assertThat(read(disk, 4000, (512 << 10) - 1000)).isEqualTo(bytes(2, (512 << 10) - 1000));
        }
    }

    /** A write that waits for space is carried out in a turn that no request brought, and was then never answered. */
    @Test
    void shouldAnswerADurableWriteThatWaitedForSpace() throws Exception {
        StoreConfig small =
                StoreConfig.at(folder.resolve("small")).capacityBytes(16L * MIB).build();
        Store.init(small);
        try (Store store = Store.open(small)) {
            for (int round = 0; round < 10; round++) {
                store.send("create old size=10M");
                store.send("create new size=10M");
                Volume old = store.volume("old");
                for (int i = 0; i < 10; i++) {
                    old.write((long) i * MIB, bytes(i, MIB));
                }
                store.send("delete old");
                Volume fresh = store.volume("new");
                CountDownLatch answered = new CountDownLatch(10);
                AtomicReference<StoreException> failure = new AtomicReference<>();
                for (int i = 0; i < 10; i++) {
                    Volume.WriteBuffer data = fresh.claim(MIB);
                    data.bytes().put(bytes(100 + i, MIB));
                    fresh.submitWrite(
                            (long) i * MIB,
                            data,
                            true,
                            (cookie, why) -> {
                                failure.compareAndSet(null, why);
                                answered.countDown();
                            },
                            i);
                }
                assertThat(answered.await(1, TimeUnit.MINUTES))
                        .as("all were answered")
                        .isTrue();
                assertThat(failure.get()).isNull();
                assertThat(read(fresh, 9L * MIB, MIB)).isEqualTo(bytes(109, MIB));
                store.send("delete new");
            }
        }
    }
}
