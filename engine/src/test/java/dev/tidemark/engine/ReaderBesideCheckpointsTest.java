package dev.tidemark.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.engine.message.Message;
import dev.tidemark.engine.message.MessageParser;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Readers without a lock, beside a store that takes one checkpoint after the other and deletes its journal. */
class ReaderBesideCheckpointsTest {
    private static final int READS = Integer.getInteger("tidemark.test.reader.reads", 200);
    private static final int BLOCK = 4096;
    private static final int BLOCKS = 64;

    @TempDir
    Path folder;

    @Test
    void shouldAlwaysReadAStateThatWas() throws Exception {
        StoreConfig config = StoreConfig.at(folder.resolve("store"))
                .capacityBytes(16L << 20)
                .option("retention", "none")
                .testSegmentBytes(64 << 10)
                .build();
        Store.init(config);
        AtomicBoolean stop = new AtomicBoolean();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        long checkpoints = 0;
        try (Store store = Store.open(config)) {
            store.send("create disk size=1G; create other size=1G");
            Thread writer = new Thread(() -> {
                try {
                    write(store, stop);
                } catch (RuntimeException | Error e) {
                    failure.set(e);
                }
            });
            writer.start();
            try {
                long lastSeq = 0;
                for (int i = 0; i < READS; i++) {
                    try (StoreReader reader = StoreReader.open(
                            StoreConfig.at(folder.resolve("store")).build())) {
                        assertThat(reader.seq()).isGreaterThanOrEqualTo(lastSeq);
                        lastSeq = reader.seq();
                        for (String query : new String[] {"list", "status", "status disk", "jobs"}) {
                            String reply = reader.answer((Message) MessageParser.parse(query))
                                    .toString();
                            assertThat(reply).doesNotContain("error code");
                        }
                    }
                }
                checkpoints = lastSeq;
            } finally {
                stop.set(true);
                writer.join();
            }
            assertThat(failure.get()).isNull();
            assertThat(store.failure()).isNull();
        }
        System.out.println("readers beside checkpoints: " + READS + " reads, up to seq " + checkpoints);
    }

    private static void write(Store store, AtomicBoolean stop) {
        Volume disk = store.volume("disk");
        ByteBuffer block = ByteBuffer.allocate(BLOCK);
        for (int i = 0; !stop.get(); i++) {
            disk.write((long) (i % BLOCKS) * 1000 * BLOCK, block.putInt(0, i).clear());
            if (i % 3 == 0) {
                String reply = store.send("checkpoint");
                if (!reply.startsWith("ok")) {
                    throw new AssertionError(reply);
                }
            }
            if (i % 10 == 0) {
                store.send(i % 20 == 0 ? "create snap origin=disk" : "delete snap");
            }
        }
    }
}
