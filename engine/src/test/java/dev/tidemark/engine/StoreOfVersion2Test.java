package dev.tidemark.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.storage.Storage;
import dev.tidemark.storage.StorageFile;
import dev.tidemark.storage.sim.SimStorage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A store whose last checkpoint is of version 2, which has rows for the volumes that are gone: one that was written by
 * the program of that time, with five of them, and its whole journal. It can be read and checked as it is; opened, it
 * stays of version 2 until a checkpoint of version 3 is durable, which needs no request.
 */
@Tag("quick")
class StoreOfVersion2Test {
    private static final String FOLDER = "store";
    private static final String FILES = "/store-v2/store.zip";
    private static final int VERSION_OFFSET = 8;
    private static final int SURVIVALS = 3;
    private static final int TICKS = 40;

    private static SimStorage device(long seed) throws IOException {
        SimStorage storage = new SimStorage(seed);
        storage.createDirectory(FOLDER);
        storage.createDirectory(FOLDER + "/journal");
        try (InputStream in = StoreOfVersion2Test.class.getResourceAsStream(FILES);
                ZipInputStream zip = new ZipInputStream(in)) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                try (StorageFile file = storage.open(FOLDER + "/" + entry.getName(), Storage.Mode.CREATE_NEW)) {
                    file.write(0, ByteBuffer.wrap(zip.readAllBytes()));
                    file.force();
                }
            }
        }
        storage.syncDirectory(FOLDER + "/journal");
        storage.syncDirectory(FOLDER);
        storage.syncDirectory("");
        return storage;
    }

    private static StoreConfig config(SimStorage storage) {
        return StoreConfig.in(storage, FOLDER)
                .stepped(true)
                .testSegmentBytes(64 << 10)
                .build();
    }

    private static int version(SimStorage storage) throws IOException {
        try (StorageFile file = storage.open(FOLDER + "/superblock", Storage.Mode.READ)) {
            ByteBuffer byteOfVersion = ByteBuffer.allocate(1);
            file.read(VERSION_OFFSET, byteOfVersion);
            return byteOfVersion.get(0);
        }
    }

    private static void tick(Store store) {
        for (int i = 0; i < TICKS; i++) {
            store.tick();
        }
    }

    private static void requireWhole(Store store) {
        assertThat(Hooks.check(store)).isEmpty();
        assertThat(store.send("status")).contains("gone=5").contains("volumes=6");
        assertThat(store.send("delete #3")).contains("last named s1, was deleted at seq 20");
        assertThat(store.send("delete #9")).contains("last named s7, was merged into #1 at seq 21");
        ByteBuffer block = ByteBuffer.allocate(4);
        store.volume("disk").read(3 * 8192, block);
        assertThat(block.array()).containsExactly(1, 2, 3, 3);
    }

    @Test
    void shouldBeReadAndCheckedAsItIs() throws Exception {
        SimStorage storage = device(1);
        try (StoreReader reader = StoreReader.openAlone(config(storage))) {
            assertThat(reader.checkState()).isEmpty();
            assertThat(reader.checkReplay((done, total) -> {})).isEmpty();
        }
        assertThat(version(storage)).isEqualTo(2);
    }

    @Test
    void shouldBecomeVersion3ByACheckpointThatNobodyAsksFor() throws Exception {
        SimStorage storage = device(1);
        String digest;
        try (Store store = Store.open(config(storage))) {
            assertThat(version(storage))
                    .as("as long as no checkpoint says other things")
                    .isEqualTo(2);
            digest = Hooks.digest(store);
            tick(store);
            assertThat(version(storage)).isEqualTo(3);
            assertThat(Hooks.digest(store)).isEqualTo(digest);
            requireWhole(store);
        }
        try (Store store = Store.open(config(storage))) {
            assertThat(Hooks.digest(store)).isEqualTo(digest);
            requireWhole(store);
            assertThat(store.send("delete s2")).startsWith("ok");
            assertThat(store.send("status")).contains("gone=6");
        }
        try (StoreReader reader = StoreReader.openAlone(config(storage))) {
            assertThat(reader.checkState()).isEmpty();
            assertThat(reader.checkReplay((done, total) -> {})).isEmpty();
        }
    }

    @Test
    void shouldBeTheSameWhereverPowerIsCutMeanwhile() throws Exception {
        SimStorage model = device(2);
        long from = model.operations();
        String digest;
        try (Store store = Store.open(config(model))) {
            digest = Hooks.digest(store);
            tick(store);
        }
        long operations = model.operations() - from;
        assertThat(operations).isGreaterThan(20);
        Set<Integer> versions = new HashSet<>();
        for (long cut = 0; cut < operations; cut++) {
            SimStorage storage = device(2);
            storage.cutPowerAt(storage.operations() + cut);
            Store cutOff = null;
            try {
                cutOff = Store.open(config(storage));
                tick(cutOff);
                cutOff.close();
            } catch (StoreOpenException | StoreException expected) {
                assertThat(storage.isDead()).isTrue();
            }
            if (cutOff != null) {
                Hooks.dispose(cutOff);
            }
            for (long survival = 0; survival < SURVIVALS; survival++) {
                SimStorage after = storage.afterPowerCut(survival);
                versions.add(version(after));
                try (Store store = Store.open(config(after))) {
                    assertThat(Hooks.digest(store))
                            .as("cut %d survival %d", cut, survival)
                            .isEqualTo(digest);
                    requireWhole(store);
                    tick(store);
                    assertThat(version(after)).isEqualTo(3);
                }
            }
        }
        assertThat(versions).containsExactlyInAnyOrder(2, 3);
    }
}
