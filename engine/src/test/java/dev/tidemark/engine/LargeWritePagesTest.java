package dev.tidemark.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.storage.DiskStorage;
import dev.tidemark.storage.Storage;
import dev.tidemark.storage.StorageFile;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Which thread reads the pages that large writes touch, and that it makes no difference to what is written. Nothing of
 * the trees is in memory when the store is opened.
 */
@Tag("quick")
class LargeWritePagesTest {
    private static final int PIECE = 1 << 20;
    private static final int PIECES = 128;
    /** Odd, so that every piece comes once, and far from the one before. */
    private static final int STEP = 53;

    @TempDir
    Path folder;

    private final AtomicInteger readsOfPlace = new AtomicInteger();
    private final AtomicInteger readsOfOthers = new AtomicInteger();
    private volatile boolean unreadable;

    @BeforeEach
    void fill() throws Exception {
        StoreConfig config =
                StoreConfig.at(folder.resolve("store")).capacityBytes(1L << 30).build();
        Store.init(config);
        try (Store store = Store.open(config)) {
            store.send("create disk size=" + (long) PIECES * PIECE);
            for (int i = 0; i < PIECES; i++) {
                store.volume("disk").write((long) i * PIECE, filled(1));
            }
        }
    }

    private static ByteBuffer filled(int value) {
        ByteBuffer bytes = ByteBuffer.allocate(PIECE);
        while (bytes.hasRemaining()) {
            bytes.put((byte) value);
        }
        return bytes.flip();
    }

    /** The folder, with a look at who reads metadata. */
    private Storage watched() throws IOException {
        DiskStorage disk = new DiskStorage(folder);
        return proxy(Storage.class, (method, args) -> {
            Object result = method.invoke(disk, args);
            if (!(result instanceof StorageFile file) || !file.name().endsWith("metadata.data")) {
                return result;
            }
            return proxy(StorageFile.class, (call, its) -> {
                if (call.getName().equals("read")) {
                    boolean place = Thread.currentThread().getName().equals("tidemark-place");
                    (place ? readsOfPlace : readsOfOthers).incrementAndGet();
                    if (unreadable) {
                        throw new IOException("can't be read just now");
                    }
                }
                return call.invoke(file, its);
            });
        });
    }

    private interface Call {
        Object of(Method method, Object[] args) throws Throwable;
    }

    private static <T> T proxy(Class<T> type, Call call) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, method, args) -> {
            try {
                return call.of(method, args);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }));
    }

    private Store open(long clockStepNanos) throws Exception {
        AtomicLong clock = new AtomicLong();
        StoreConfig config = StoreConfig.in(watched(), "store")
                .nanoClock(() -> clock.addAndGet(clockStepNanos))
                .build();
        Store store = Store.open(config);
        readsOfPlace.set(0);
        readsOfOthers.set(0);
        return store;
    }

    /** From a thread that does not wait as a blocking call does, for that may do PLACE's work itself. */
    private static StoreException submit(Store store, long piece, int value) throws Exception {
        Volume disk = store.volume("disk");
        Volume.WriteBuffer data = disk.claim(PIECE);
        data.bytes().put(0, filled(value), 0, PIECE);
        CompletableFuture<StoreException> outcome = new CompletableFuture<>();
        disk.submitWrite(
                piece * PIECE,
                data,
                false,
                (cookie, failure) -> {
                    if (failure == null) {
                        outcome.complete(null);
                    } else {
                        outcome.complete(failure);
                    }
                },
                0);
        return outcome.get(1, TimeUnit.MINUTES);
    }

    private static void writeAll(Store store) throws Exception {
        for (int i = 0; i < PIECES; i++) {
            assertThat(submit(store, (long) i * STEP % PIECES, 2 + i % 7)).isNull();
        }
    }

    private static void requireWritten(Store store) {
        ByteBuffer block = ByteBuffer.allocate(4096);
        for (int i = 0; i < PIECES; i++) {
            store.volume("disk").read((long) i * STEP % PIECES * PIECE + PIECE / 2, block.clear());
            assertThat(block.get(7)).isEqualTo((byte) (2 + i % 7));
        }
        assertThat(Hooks.check(store)).isEmpty();
    }

    @Test
    void shouldBeReadByPlaceWhileTheyAreQuicklyThere() throws Exception {
        try (Store store = open(0)) {
            writeAll(store);
            // not all: PLACE may still be at the end of the batch before
            assertThat(readsOfPlace.get()).isGreaterThan(PIECES / 8).isGreaterThan(readsOfOthers.get());
            requireWritten(store);
        }
    }

    @Test
    void shouldBeReadByWhoSubmitsWhenOthersWouldWaitForThem() throws Exception {
        try (Store store = open(TimeUnit.MILLISECONDS.toNanos(1))) {
            writeAll(store);
            assertThat(readsOfPlace.get()).isBetween(1, PIECES / 4);
            assertThat(readsOfOthers.get()).isGreaterThan(PIECES / 4);
            requireWritten(store);
        }
    }

    @Test
    void shouldFailOnlyTheWriteThatNeedsAPageThatPlaceCannotRead() throws Exception {
        try (Store store = open(0)) {
            assertThat(submit(store, 0, 5)).isNull();
            unreadable = true;
            assertThat(submit(store, PIECES - 1, 6))
                    .isNotNull()
                    .hasMessageContaining("can't be read just now")
                    .hasMessageContaining("page");
            assertThat(readsOfPlace.get()).isPositive();
            assertThat(store.failure()).isNull();
            assertThat(submit(store, 0, 7)).isNull();
            unreadable = false;
            assertThat(submit(store, PIECES - 1, 6)).isNull();
            writeAll(store);
            requireWritten(store);
        }
    }
}
