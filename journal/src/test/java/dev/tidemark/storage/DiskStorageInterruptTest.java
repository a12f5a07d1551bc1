package dev.tidemark.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.storage.Storage.Mode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An interrupt of one thread harms neither its own call nor anybody else's. */
class DiskStorageInterruptTest {
    private static final int BLOCK_BYTES = 16 * 1024;

    @TempDir
    Path folder;

    private final ExecutorService executor = Executors.newCachedThreadPool();

    @AfterEach
    void stop() {
        executor.shutdownNow();
        Thread.interrupted();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldWorkWithTheInterruptFlagUp(boolean uninterruptible) throws IOException {
        try (DiskStorage storage = new DiskStorage(folder, uninterruptible);
                StorageFile file = storage.open("a", Mode.CREATE)) {
            Thread.currentThread().interrupt();
            file.write(0, ByteBuffer.allocate(100));
            file.preallocate(100, 100);
            file.truncate(300);
            file.force();
            assertThat(file.read(0, ByteBuffer.allocate(400))).isEqualTo(300);
            assertThat(file.size()).isEqualTo(300);
            storage.syncDirectory("");
            storage.rename("a", "b");
            try (StorageLock lock = storage.tryLock("lock")) {
                assertThat(lock).isNotNull();
            }
            assertThat(storage.list("")).containsExactly("b", "lock");
            assertThat(Thread.interrupted()).as("the flag is still up").isTrue();
        }
    }

    /**
     * Two threads work under a hail of interrupts, two undisturbed, all on one file, while it is renamed back and
     * forth.
     * Only a force of a disturbed thread may fail, and only where interrupts can't be kept away.
     */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldGoOnUnderAHailOfInterrupts(boolean uninterruptible) throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        AtomicLong seen = new AtomicLong();
        try (DiskStorage storage = new DiskStorage(folder, uninterruptible);
                StorageFile file = storage.open("a", Mode.CREATE)) {
            List<Future<?>> calm = List.of(
                    executor.submit(work(file, 0, 2_000, () -> {}, false)),
                    executor.submit(work(file, 1, 2_000, () -> {}, false)));
            List<Future<?>> disturbed = new ArrayList<>();
            List<Thread> victims = new ArrayList<>();
            for (int id = 2; id < 4; id++) {
                int own = id;
                disturbed.add(executor.submit(() -> {
                    synchronized (victims) {
                        victims.add(Thread.currentThread());
                    }
                    Runnable count = () -> {
                        if (Thread.interrupted()) {
                            seen.incrementAndGet();
                        }
                    };
                    while (!stop.get()) {
                        work(file, own, 20, count, !uninterruptible).call();
                    }
                    return null;
                }));
            }
            while (!calm.stream().allMatch(Future::isDone)) {
                synchronized (victims) {
                    victims.forEach(Thread::interrupt);
                }
                storage.rename("a", "b");
                storage.rename("b", "a");
            }
            stop.set(true);
            for (Future<?> result : calm) {
                result.get(60, TimeUnit.SECONDS);
            }
            for (Future<?> result : disturbed) {
                result.get(60, TimeUnit.SECONDS);
            }
        }
        assertThat(seen.get()).as("interrupts that arrived").isPositive();
    }

    private static Callable<Void> work(StorageFile file, int id, int rounds, Runnable afterEach, boolean forceMayFail) {
        return () -> {
            ByteBuffer buffer = ByteBuffer.allocateDirect(BLOCK_BYTES);
            ByteBuffer expected = ByteBuffer.allocateDirect(BLOCK_BYTES);
            for (int round = 0; round < rounds; round++) {
                long mark = id * 1_000_000L + round;
                for (int i = 0; i < BLOCK_BYTES; i += Long.BYTES) {
                    expected.putLong(i, mark);
                }
                long offset = (long) id * BLOCK_BYTES;
                file.write(offset, expected.clear());
                afterEach.run();
                assertThat(file.read(offset, buffer.clear())).isEqualTo(BLOCK_BYTES);
                afterEach.run();
                assertThat(buffer.flip().equals(expected.clear())).isTrue();
                if (round % 64 == 0) {
                    try {
                        file.force();
                    } catch (IOException e) {
                        assertThat(forceMayFail).as("%s", e).isTrue();
                        assertThat(e).hasMessageContaining("interrupt");
                    }
                    afterEach.run();
                }
            }
            return null;
        };
    }

    @Test
    void shouldNotTakeAnotherFileForTheOneThatAnInterruptClosed() throws Exception {
        try (DiskStorage storage = new DiskStorage(folder, false);
                StorageFile file = storage.open("a", Mode.CREATE)) {
            file.write(0, ByteBuffer.wrap(new byte[] {1, 2, 3}));
            new DiskStorage(folder).rename("a", "elsewhere"); // behind its back
            new DiskStorage(folder).open("a", Mode.CREATE_NEW).close();
            boolean lost = false;
            AtomicBoolean stop = new AtomicBoolean();
            Thread victim = Thread.currentThread();
            Future<?> hail = executor.submit(() -> {
                while (!stop.get()) {
                    victim.interrupt();
                }
            });
            ByteBuffer large = ByteBuffer.allocateDirect(1 << 20);
            try {
                while (true) { // until an interrupt hits the middle of a call
                    file.write(3, large.clear());
                }
            } catch (IOException e) {
                lost = true;
                assertThat(e).hasMessageContaining("another, or none, has its name now");
            } finally {
                stop.set(true);
            }
            while (!hail.isDone()) {
                Thread.onSpinWait();
            }
            Thread.interrupted();
            assertThat(lost).isTrue();
            assertThatThrownBy(() -> file.write(0, ByteBuffer.allocate(1))).isInstanceOf(IOException.class);
            assertThat(new DiskStorage(folder).open("a", Mode.READ).size()).isZero();
        }
    }
}
