package dev.tidemark.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Random;
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
}
