package dev.tidemark.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.engine.checkpoint.CheckpointLoader;
import dev.tidemark.engine.checkpoint.MetadataFile;
import dev.tidemark.engine.checkpoint.Superblock;
import dev.tidemark.engine.checkpoint.SuperblockFile;
import dev.tidemark.engine.recovery.ReadOnlyState;
import dev.tidemark.engine.recovery.Recovery;
import dev.tidemark.engine.state.StateDigest;
import dev.tidemark.storage.Storage;
import dev.tidemark.storage.StorageFile;
import dev.tidemark.storage.SubStorage;
import dev.tidemark.storage.sim.SimStorage;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Replay with pages that were read ahead of it by many threads, by its own, or not: the same state and errors. */
@Tag("quick")
class ReplayReadAheadTest {
    private static final String FOLDER = "store";
    private static final int BLOCK = 4096;
    private static final int LEAVES = 600;
    private static final long LEAF_BYTES = 1 << 20;
    private static final int TAIL = 300;
    private static final int AS_THEY_COME = -1;
    private static final long NO_SLOT = -1;
    private static final long PLENTY = 64 << 20;

    private final SimStorage live = new SimStorage(3);
    private final AtomicLong readsHere = new AtomicLong();
    private final AtomicLong readsElsewhere = new AtomicLong();
    private SimStorage device;
    private String digest;

    @BeforeEach
    void fill() throws Exception {
        Store.init(config());
        Store store = Store.open(config());
        store.send("create disk size=" + (LEAVES + 200L) * LEAF_BYTES);
        Volume disk = store.volume("disk");
        for (int i = 0; i < LEAVES; i++) {
            disk.write(i * LEAF_BYTES, ByteBuffer.allocate(BLOCK));
        }
        store.send("create old origin=disk");
        store.send("checkpoint");
        tail(store, disk);
        disk.flush();
        digest = Hooks.digest(store);
        device = live.afterProcessDeath();
        store.close();
        Hooks.dispose(store);
    }

    /** Writes in old and new places; and, now and then, whatever else changes trees. */
    private static void tail(Store store, Volume disk) {
        SplittableRandom random = new SplittableRandom(7);
        for (int i = 0; i < TAIL; i++) {
            long at = random.nextLong(LEAVES + 200) * LEAF_BYTES + random.nextLong(3) * BLOCK;
            switch (i % 100) {
                case 20 -> disk.discard(at, Math.min(5 * LEAF_BYTES, disk.sizeBytes() - at));
                case 40 -> disk.writeZeroes(at + 100, BLOCK);
                case 60 -> store.send("create s" + i + " origin=disk; create new" + i + " size=4M");
                case 61 -> store.volume("new" + (i - 1)).write(LEAF_BYTES, ByteBuffer.allocate(BLOCK));
                case 80 -> store.send("delete s" + (i - 20));
                default -> disk.write(at, ByteBuffer.allocate(BLOCK));
            }
        }
    }

    private StoreConfig config() {
        return StoreConfig.in(live, FOLDER)
                .capacityBytes(64L << 20)
                .option("retention", "all")
                .option("metadata-memory", "32M")
                .stepped(true)
                .build();
    }

    /** What a replay makes: the digest, or what it fails with. */
    private String replay(int readers, long memoryBytes, long damagedSlot) throws Exception {
        Storage folder = watched(new SubStorage(device.afterProcessDeath(), FOLDER), damagedSlot);
        Superblock superblock = SuperblockFile.read(folder).superblock();
        CheckpointLoader.Loaded loaded;
        try {
            loaded = CheckpointLoader.read(folder, superblock, memoryBytes);
        } catch (IOException e) {
            return "not loaded: " + e.getMessage();
        }
        readsHere.set(0);
        readsElsewhere.set(0);
        StoreConfig config = config();
        try (ReadOnlyState read = Recovery.read(
                folder,
                StoreFolder.journalConfig(config, StoreOptions.DEFAULT.with(superblock.options())),
                superblock,
                loaded,
                readers)) {
            long needed = readsHere.get();
            String made = damagedSlot == NO_SLOT ? StateDigest.of(read.state()) : "replayed";
            readsHere.set(needed);
            return made;
        } catch (IOException e) {
            loaded.close();
            return e.getMessage();
        }
    }

    private Storage watched(Storage folder, long damagedSlot) {
        return proxy(Storage.class, folder, (result, method, arguments) -> {
            boolean metadata = method.getName().equals("open") && arguments[0].equals(MetadataFile.FILE_NAME);
            return metadata ? watched((StorageFile) result, damagedSlot) : result;
        });
    }

    private StorageFile watched(StorageFile file, long damagedSlot) {
        Thread here = Thread.currentThread();
        return proxy(StorageFile.class, file, (result, method, arguments) -> {
            if (method.getName().equals("read")) {
                (Thread.currentThread() == here ? readsHere : readsElsewhere).incrementAndGet();
                long first = (long) arguments[0] / BLOCK;
                if (first <= damagedSlot && damagedSlot < first + (int) result / BLOCK) {
                    throw new IOException("slot " + damagedSlot + " can't be read");
                }
            }
            return result;
        });
    }

    private interface After {
        Object call(Object result, Method method, Object[] arguments) throws IOException;
    }

    private static <T> T proxy(Class<T> type, T target, After after) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, method, args) -> {
            try {
                return after.call(method.invoke(target, args), method, args);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }));
    }

    @Test
    void shouldMakeTheSameStateWhoeverReads() throws Exception {
        for (long memory : new long[] {0, 1 << 20, PLENTY}) {
            assertThat(replay(AS_THEY_COME, memory, NO_SLOT)).isEqualTo(digest);
            assertThat(replay(Recovery.NO_READERS, memory, NO_SLOT)).isEqualTo(digest);
            assertThat(replay(Recovery.MANY_READERS, memory, NO_SLOT)).isEqualTo(digest);
        }
    }

    @Test
    void shouldLeaveTheReadingToOtherThreads() throws Exception {
        replay(AS_THEY_COME, PLENTY, NO_SLOT);
        long alone = readsHere.get();
        assertThat(readsElsewhere.get()).isZero();
        replay(Recovery.NO_READERS, PLENTY, NO_SLOT);
        assertThat(readsElsewhere.get()).isZero();
        replay(Recovery.MANY_READERS, PLENTY, NO_SLOT);
        assertThat(readsElsewhere.get()).isGreaterThan(alone / 2);
        assertThat(readsHere.get())
                .as("of " + alone + ": what messages and jobs touch")
                .isLessThan(alone / 4);
    }

    @Test
    void shouldFailAsWithoutWhicheverPageCanNotBeRead() throws Exception {
        long slots;
        try (StorageFile file = device.open(FOLDER + "/" + MetadataFile.FILE_NAME, Storage.Mode.READ)) {
            slots = file.size() / BLOCK;
        }
        int failed = 0;
        for (long slot = 1; slot < slots; slot += 41) {
            String expected = replay(AS_THEY_COME, PLENTY, slot);
            assertThat(replay(Recovery.MANY_READERS, PLENTY, slot)).isEqualTo(expected);
            assertThat(replay(Recovery.NO_READERS, PLENTY, slot)).isEqualTo(expected);
            failed += expected.equals("replayed") ? 0 : 1;
        }
        assertThat(failed).as("of " + slots / 41).isGreaterThan(2);
    }
}
