package dev.tidemark.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Reads that two threads share: the same bytes, and the same errors, as from one. */
@Tag("quick")
@Timeout(120)
class LargeReadTest {
    private static final int BLOCK = 4096;
    private static final int SIZE = 8 << 20;
    private static final int READERS = 3;
    private static final int READS = 300;

    @TempDir
    Path folder;

    private final byte[] content = new byte[SIZE];
    private final ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();
    private Store store;
    private Volume disk;

    @BeforeEach
    void fill() throws Exception {
        StoreConfig config = StoreConfig.at(folder.resolve("store")).build();
        Store.init(config);
        store = Store.open(config);
        store.send("create disk size=" + SIZE);
        disk = store.volume("disk");
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < SIZE; i += Long.BYTES) {
            ByteBuffer.wrap(content).putLong(i, random.nextLong());
        }
        disk.write(0, ByteBuffer.wrap(content));
        disk.discard(3 << 20, 5 * BLOCK); // so that runs end here and there
        java.util.Arrays.fill(content, 3 << 20, (3 << 20) + 5 * BLOCK, (byte) 0);
        disk.flush();
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void shouldReadTheSameFromSeveralThreadsInBuffersOfEachKind() throws Exception {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < READERS; i++) {
            int seed = i;
            threads.add(new Thread(() -> readMany(new SplittableRandom(seed))));
        }
        threads.forEach(thread -> thread.setUncaughtExceptionHandler((t, e) -> wrong.add(e.toString())));
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(wrong).isEmpty();
    }

    private void readMany(SplittableRandom random) {
        ByteBuffer kept = ByteBuffer.allocateDirect(SIZE);
        for (int i = 0; i < READS; i++) {
            int offset = random.nextInt(SIZE / 2);
            int length = random.nextInt(SIZE / 2);
            ByteBuffer target = switch (random.nextInt(8)) {
                case 0 -> ByteBuffer.allocate(SIZE);
                case 1 -> ByteBuffer.allocateDirect(SIZE);
                default -> kept;
            };
            int at = random.nextInt(100);
            target.clear().position(at).limit(at + length);
            disk.read(offset, target);
            if (target.position() != at + length || target.limit() != at + length) {
                wrong.add("position " + target.position() + " limit " + target.limit() + ", not " + (at + length));
            }
            if (!target.position(at).equals(ByteBuffer.wrap(content, offset, length))) {
                wrong.add("other bytes at " + offset + "+" + length);
            }
        }
    }

    @Test
    void shouldNameTheDamagedBlockWhoeverFindsIt() throws Exception {
        ByteBuffer target = ByteBuffer.allocateDirect(2 << 20);
        for (int block = 0; block < 512; block += 37) {
            flip(block);
            for (int again = 0; again < 5; again++) { // the helper has come by the second
                int damaged = block;
                assertThatThrownBy(() -> disk.read(0, target.clear()))
                        .isInstanceOfSatisfying(
                                ChecksumException.class,
                                e -> assertThat(e.block()).isEqualTo(damaged));
                assertThat(target.position()).isZero();
            }
            flip(block);
            disk.read(0, target.clear());
            assertThat(target.flip()).isEqualTo(ByteBuffer.wrap(content, 0, 2 << 20));
        }
        assertThat(store.failure()).isNull();
    }

    /** Turns one bit of a block's home copy round; the content lies there in one row from block 1 on. */
    private void flip(int block) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(
                folder.resolve("store").resolve("exceptions.data").toFile(), "rw")) {
            long at = (1L + block) * BLOCK + 100;
            file.seek(at);
            int value = file.read();
            file.seek(at);
            file.write(value ^ 4);
        }
    }
}
