package dev.tidemark.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

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
    private static final int LARGE_BYTES = 256 * 1024;

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
     * forth. Only a force of a disturbed thread may fail, and only where interrupts can't be kept away.
     */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldGoOnUnderAHailOfInterrupts(boolean uninterruptible) throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        List<Victim> victims = List.of(new Victim(), new Victim());
        try (DiskStorage storage = new DiskStorage(folder, uninterruptible);
                StorageFile file = storage.open("a", Mode.CREATE)) {
            List<Future<?>> results = new ArrayList<>();
            results.add(executor.submit(work(file, 0, 2_000, () -> {}, false)));
            results.add(executor.submit(work(file, 1, 2_000, () -> {}, false)));
            List<Future<?>> calm = List.copyOf(results);
            for (int i = 0; i < victims.size(); i++) {
                Victim victim = victims.get(i);
                int id = 2 + i;
                results.add(executor.submit(() -> {
                    victim.thread = Thread.currentThread();
                    while (!stop.get()) {
                        work(file, id, 20, victim::look, !uninterruptible).call();
                    }
                    return null;
                }));
            }
            while (!calm.stream().allMatch(Future::isDone)) {
                victims.forEach(Victim::interruptAgain);
                storage.rename("a", "b");
                storage.rename("b", "a");
            }
            await().until(() -> victims.stream().allMatch(Victim::hasSeenAll)); // else a call swallowed the flag
            stop.set(true);
            for (Future<?> result : results) {
                result.get(60, TimeUnit.SECONDS);
            }
        }
        assertThat(victims).allMatch(victim -> victim.sent > 0);
    }

    /** A thread that is interrupted again as soon as it has seen the interrupt before. */
    private static final class Victim {
        final AtomicLong seen = new AtomicLong();
        volatile Thread thread;
        long sent;

        void look() {
            if (Thread.interrupted()) {
                seen.incrementAndGet();
            }
        }

        void interruptAgain() {
            if (thread != null && hasSeenAll()) {
                sent++;
                thread.interrupt();
            }
        }

        boolean hasSeenAll() {
            return seen.get() == sent;
        }
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
    void shouldFollowAFileThroughRenames() throws Exception {
        try (DiskStorage storage = new DiskStorage(folder, false);
                StorageFile file = storage.open("a", Mode.CREATE)) {
            storage.createDirectory("aside");
            storage.rename("a", "aside/b");
            storage.rename("aside", "store");
            storage.open("a", Mode.CREATE_NEW).close();
            writeUnderInterrupts(file, 3_000);
            try (StorageFile same = storage.open("store/b", Mode.READ);
                    StorageFile other = storage.open("a", Mode.READ)) {
                assertThat(same.size()).isEqualTo(LARGE_BYTES);
                assertThat(other.size()).isZero();
            }
        }
    }

    @Test
    void shouldNotTakeAnotherFileForTheOneThatAnInterruptClosed() throws IOException {
        try (DiskStorage storage = new DiskStorage(folder, false);
                StorageFile file = storage.open("a", Mode.CREATE)) {
            DiskStorage behindItsBack = new DiskStorage(folder);
            behindItsBack.rename("a", "elsewhere");
            behindItsBack.open("a", Mode.CREATE_NEW).close();
            assertThatThrownBy(() -> writeUnderInterrupts(file, 30_000))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("another, or none, has its name now");
            assertThatThrownBy(() -> file.write(0, ByteBuffer.allocate(1))).isInstanceOf(IOException.class);
            assertThat(behindItsBack.open("a", Mode.READ).size()).isZero();
        }
    }

    /** Writes again and again, so often that some of the interrupts hit the middle of a call. */
    private void writeUnderInterrupts(StorageFile file, int times) throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        Thread victim = Thread.currentThread();
        Future<?> hail = executor.submit(() -> {
            while (!stop.get()) {
                victim.interrupt();
            }
        });
        ByteBuffer large = ByteBuffer.allocateDirect(LARGE_BYTES);
        try {
            for (int i = 0; i < times; i++) {
                file.write(0, large.clear());
            }
        } finally {
            stop.set(true);
            while (!hail.isDone()) {
                Thread.onSpinWait();
            }
            Thread.interrupted();
        }
    }
}
