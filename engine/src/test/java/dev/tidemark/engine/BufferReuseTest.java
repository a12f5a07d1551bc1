package dev.tidemark.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("quick")
@Timeout(60)
class BufferReuseTest {
    @TempDir
    Path folder;

    /**
     * A kernel's ext4 on a volume hung when it was unmounted: a write buffer came back from the pool with the limit of
     * the
     * write before, and a longer write with a partial last block fell over it in the submitting thread, so that it was
     * never answered.
     */
    @Test
    void shouldTakeALongerWriteIntoTheBufferOfAShorterOne() throws StoreOpenException {
        StoreConfig config = StoreConfig.at(folder.resolve("store")).build();
        Store.init(config);
        try (Store store = Store.open(config)) {
            store.send("create disk size=16M");
            Volume disk = store.volume("disk");
            byte[] longer = new byte[(1 << 20) - 1024];
            new Random(1).nextBytes(longer);
            for (int round = 0; round < 4; round++) {
                disk.write(0, ByteBuffer.allocate(724 << 10)); // of the same class of sizes
                disk.write(4 << 20, ByteBuffer.wrap(longer));
            }
            ByteBuffer found = ByteBuffer.allocate(longer.length);
            disk.read(4 << 20, found);
            assertThat(found.array()).isEqualTo(longer);
        }
    }
}
