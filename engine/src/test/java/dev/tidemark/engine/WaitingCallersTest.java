package dev.tidemark.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Callers that wait run the stages on their own threads when nothing else is under way: beside each other, beside
 * callbacks that submit more, beside commands, and while they are interrupted.
 */
@Tag("quick")
@Timeout(120)
class WaitingCallersTest {
    private static final int BLOCK = 4096;
    private static final int BLOCKS = 32;
    private static final int CALLERS = 4;
    private static final int STEPS = 400;

    @TempDir
    Path folder;

    private final ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();

    private static ByteBuffer content(long caller, long block, long version) {
        ByteBuffer bytes = ByteBuffer.allocate(BLOCK);
        while (bytes.hasRemaining()) {
            bytes.putLong(caller).putLong(block).putLong(version).putLong(caller * 31 + block * 17 + version);
        }
        return bytes.flip();
    }

    @Test
    void shouldKeepEachCallersOrderAndAnswerEverything() throws Exception {
        StoreConfig config = StoreConfig.at(folder.resolve("store")).build();
        Store.init(config);
        long[][] versions = new long[CALLERS][BLOCKS];
        try (Store store = Store.open(config)) {
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < CALLERS; i++) {
                int caller = i;
                store.send("create disk" + caller + " size=" + (BLOCKS * BLOCK));
                Thread thread = new Thread(() -> work(store, caller, versions[caller]), "caller " + caller);
                thread.setUncaughtExceptionHandler((t, e) -> wrong.add(t.getName() + ": " + e));
                threads.add(thread);
            }
            threads.forEach(Thread::start);
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(wrong).isEmpty();
            assertThat(store.failure()).isNull();
            check(store, versions);
        }
        try (Store store = Store.open(config)) {
            check(store, versions);
        }
    }

    private void work(Store store, int caller, long[] versions) {
        SplittableRandom random = new SplittableRandom(caller);
        Volume disk = store.volume("disk" + caller);
        for (int step = 1; step <= STEPS; step++) {
            int block = random.nextInt(BLOCKS);
            long at = (long) block * BLOCK;
            versions[block] = step;
            switch (random.nextInt(6)) {
                case 0 -> {
                    disk.discard(at, BLOCK);
                    versions[block] = 0;
                }
                case 1 -> writeFromCallback(disk, caller, block, step);
                case 2 -> {
                    Thread.currentThread().interrupt(); // harms nobody, and stays set
                    disk.write(at, content(caller, block, step));
                    disk.flush();
                    if (!Thread.interrupted()) {
                        wrong.add("the interrupt of caller " + caller + " was lost");
                    }
                }
                case 3 -> {
                    disk.write(at, content(caller, block, step));
                    message(store, "create s" + caller + " origin=disk" + caller);
                    message(store, "delete s" + caller);
                }
                default -> {
                    disk.write(at, content(caller, block, step));
                    disk.flush();
                }
            }
            if (random.nextInt(4) == 0) {
                verify(disk, caller, block, versions[block]);
            }
        }
    }

    /** A write whose completion writes again: on whatever thread it comes, that must neither wait nor be lost. */
    private void writeFromCallback(Volume disk, int caller, int block, long version) {
        CountDownLatch done = new CountDownLatch(1);
        long at = (long) block * BLOCK;
        Volume.Completion second = (cookie, failure) -> {
            if (failure != null) {
                wrong.add(failure.toString());
            }
            done.countDown();
        };
        Volume.WriteBuffer first = disk.claim(BLOCK);
        first.bytes().put(content(caller, block, -version));
        disk.submitWrite(
                at,
                first,
                false,
                (cookie, failure) -> {
                    Volume.WriteBuffer again = disk.claim(BLOCK);
                    again.bytes().put(content(caller, block, version));
                    disk.submitWrite(at, again, true, second, 0);
                },
                0);
        try {
            done.await();
        } catch (InterruptedException e) {
            wrong.add(e.toString());
        }
    }

    private void message(Store store, String text) {
        String reply = store.send(text);
        if (!reply.startsWith("ok")) {
            wrong.add(text + ": " + reply);
        }
    }

    private void check(Store store, long[][] versions) {
        for (int caller = 0; caller < CALLERS; caller++) {
            for (int block = 0; block < BLOCKS; block++) {
                verify(store.volume("disk" + caller), caller, block, versions[caller][block]);
            }
        }
        assertThat(wrong).isEmpty();
    }

    private void verify(Volume disk, int caller, int block, long version) {
        ByteBuffer found = ByteBuffer.allocate(BLOCK);
        disk.read((long) block * BLOCK, found);
        ByteBuffer expected = version == 0 ? ByteBuffer.allocate(BLOCK) : content(caller, block, version);
        if (!found.flip().equals(expected)) {
            wrong.add("caller " + caller + " block " + block + " has version " + found.getLong(16) + " of caller "
                    + found.getLong(0) + ", not " + version);
        }
    }

    @Test
    void shouldAnswerEveryCallerWhenTheStoreIsClosed() throws Exception {
        for (int round = 0; round < 10; round++) {
            StoreConfig config =
                    StoreConfig.at(folder.resolve("closing" + round)).build();
            Store.init(config);
            Store store = Store.open(config);
            store.send("create disk size=1M");
            Volume disk = store.volume("disk");
            AtomicLong written = new AtomicLong();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < CALLERS; i++) {
                Thread thread = new Thread(() -> {
                    try {
                        while (true) {
                            disk.write(0, content(1, 2, 3));
                            disk.flush();
                            written.incrementAndGet();
                        }
                    } catch (StoreException e) {
                        assertThat(e.code()).isEqualTo(StoreException.FAILED);
                    }
                });
                thread.setUncaughtExceptionHandler((t, e) -> wrong.add(e.toString()));
                threads.add(thread);
                thread.start();
            }
            while (written.get() < 20) {
                Thread.onSpinWait();
            }
            store.close();
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(wrong).isEmpty();
            assertThat(store.failure()).isNull();
        }
    }
}
