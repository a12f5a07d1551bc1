package dev.tidemark.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.engine.checkpoint.SuperblockFile;
import dev.tidemark.storage.DiskStorage;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints by time, in a store that nobody asks for anything. */
@Tag("quick")
class IdleCheckpointTest {
    private static final long INTERVAL_SECONDS = 300;

    @TempDir
    Path folder;

    private final AtomicLong nanos = new AtomicLong(1);

    /** The seq of the checkpoint that the next open would load: looked up in the file, so that nothing gets a turn. */
    private long checkpointSeq() throws Exception {
        try (DiskStorage storage = new DiskStorage(folder.resolve("store"))) {
            return SuperblockFile.read(storage).superblock().checkpoint().seq();
        }
    }

    /** One was taken at the next request only, so a store that was written to and left alone had to replay it all. */
    @Test
    void shouldTakeACheckpointThoughNothingComes() throws Exception {
        StoreConfig config = StoreConfig.at(folder.resolve("store"))
                .capacityBytes(64L << 20)
                .option("checkpoint-interval", Long.toString(INTERVAL_SECONDS))
                .nanoClock(nanos::get)
                .build();
        Store.init(config);
        try (Store store = Store.open(config)) {
            store.send("create disk size=1M");
            store.volume("disk").write(0, ByteBuffer.allocate(4096));
            store.volume("disk").flush();
            long written = store.status().durableSeq();
            assertThat(checkpointSeq()).isLessThan(written);
            nanos.addAndGet(TimeUnit.SECONDS.toNanos(INTERVAL_SECONDS));
            Awaitility.await().until(() -> checkpointSeq() >= written);
            long taken = store.status().durableSeq();
            store.volume("disk").write(0, ByteBuffer.allocate(4096));
            store.volume("disk").flush();
            nanos.addAndGet(TimeUnit.SECONDS.toNanos(INTERVAL_SECONDS));
            Awaitility.await().until(() -> checkpointSeq() > taken);
        }
    }
}
