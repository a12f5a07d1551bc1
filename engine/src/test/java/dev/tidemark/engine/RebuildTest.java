package dev.tidemark.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.engine.checkpoint.SuperblockFile;
import dev.tidemark.storage.SubStorage;
import dev.tidemark.storage.sim.Operation;
import dev.tidemark.storage.sim.SimStorage;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Superblock and metadata made anew from the whole journal. */
@Tag("quick")
class RebuildTest {
    private static final int CUTS = 3;
    /** Each has pages of its own. */
    private static final int LEAVES = 1000;

    private DamagedMetadata store;

    @BeforeEach
    void fill() throws Exception {
        store = new DamagedMetadata("all");
    }

    private StoreRebuild.Report rebuild(SimStorage device) throws StoreOpenException {
        return StoreRebuild.run(DamagedMetadata.config(device), (done, total) -> {});
    }

    private void requireWhole(SimStorage device, String what) throws Exception {
        try (StoreReader reader = StoreReader.openAlone(DamagedMetadata.config(device))) {
            assertThat(reader.checkState()).as(what).isEmpty();
            assertThat(reader.checkReplay((done, total) -> {})).as(what).isEmpty();
            assertThat(reader.checkData(blocks -> {}).findings()).as(what).isEmpty();
        }
        Store open = Store.open(DamagedMetadata.config(device));
        assertThat(Hooks.digest(open)).as(what).isEqualTo(store.digest);
        assertThat(store.readAll(open)).as(what).isEmpty();
        open.close();
        Hooks.dispose(open);
    }

    private static void damageSuperblock(SimStorage device) throws Exception {
        device.zeroSector(DamagedMetadata.SUPERBLOCK, 0);
        device.zeroSector(DamagedMetadata.SUPERBLOCK, DamagedMetadata.SLOT_BYTES);
    }

    @Test
    void shouldMakeTheMetadataAnewWhereverItIsDamaged() throws Exception {
        SimStorage whole = store.device.afterProcessDeath();
        assertThat(rebuild(whole).optionsLost()).isFalse();
        requireWhole(whole, "nothing damaged");

        SimStorage missing = store.device.afterProcessDeath();
        missing.delete(DamagedMetadata.METADATA);
        assertThatThrownBy(() -> Store.open(DamagedMetadata.config(missing)))
                .hasMessageContaining("metadata.data is damaged")
                .hasMessageContaining("the file is missing")
                .hasMessageContaining("check --rebuild");
        rebuild(missing);
        requireWhole(missing, "metadata.data missing");

        SimStorage zeros = store.device.afterProcessDeath();
        for (long at = 0; at < 64; at++) {
            zeros.zeroSector(DamagedMetadata.METADATA, at * DamagedMetadata.SLOT_BYTES);
        }
        rebuild(zeros);
        requireWhole(zeros, "metadata.data zeroed");

        SimStorage headless = store.device.afterProcessDeath();
        damageSuperblock(headless);
        assertThatThrownBy(() -> Store.open(DamagedMetadata.config(headless)))
                .hasMessageContaining("both copies of the superblock are damaged")
                .hasMessageContaining("check --rebuild");
        StoreRebuild.Report report = rebuild(headless);
        assertThat(report.optionsLost()).isTrue();
        try (StoreReader reader = StoreReader.open(DamagedMetadata.config(headless))) {
            assertThat(reader.blockSizeBytes()).isEqualTo(DamagedMetadata.BLOCK);
            assertThat(reader.seq()).isEqualTo(report.seq());
        }
        requireWhole(headless, "both superblocks damaged");

        SimStorage nothing = store.device.afterProcessDeath();
        nothing.delete(DamagedMetadata.SUPERBLOCK);
        nothing.delete(DamagedMetadata.METADATA);
        rebuild(nothing);
        requireWhole(nothing, "superblock and metadata.data missing");
    }

    @Test
    void shouldBeginAgainAfterACrashAtAnyOperation() throws Exception {
        for (boolean headless : new boolean[] {false, true}) {
            SimStorage start = store.device.afterProcessDeath();
            if (headless) {
                damageSuperblock(start);
            } else {
                start.delete(DamagedMetadata.METADATA);
            }
            SimStorage counted = start.afterProcessDeath();
            long first = counted.operations();
            rebuild(counted);
            long operations = counted.operations() - first;
            assertThat(operations).isGreaterThan(20);
            for (long at = 0; at < operations; at++) {
                for (int cut = 0; cut <= CUTS; cut++) {
                    SimStorage device = start.afterProcessDeath();
                    if (cut == CUTS) {
                        device.killProcessAt(at);
                    } else {
                        device.cutPowerAt(at);
                    }
                    try {
                        rebuild(device);
                    } catch (StoreOpenException e) {
                        assertThat(device.isDead()).as(e.toString()).isTrue();
                    }
                    SimStorage left = cut == CUTS ? device.afterProcessDeath() : device.afterPowerCut(at * 31 + cut);
                    String what = "headless " + headless + ", crash " + cut + " at " + at + " of " + operations;
                    requireNeverWrong(left.afterProcessDeath(), what);
                    rebuild(left);
                    requireWhole(left, what);
                }
            }
        }
    }

    /** Without beginning again: it opens and is right, or says that it is damaged. */
    private void requireNeverWrong(SimStorage device, String what) {
        try {
            Store open = Store.open(DamagedMetadata.config(device));
            assertThat(Hooks.digest(open)).as(what).isEqualTo(store.digest);
            open.close();
            Hooks.dispose(open);
        } catch (StoreOpenException e) {
            assertThat(e.kind()).as(what).isIn(StoreOpenException.Kind.DAMAGED, StoreOpenException.Kind.NOT_A_STORE);
        }
    }

    @Test
    void shouldMakeMoreMetadataThanMemoryHolds() throws Exception {
        SimStorage device = new SimStorage(1);
        StoreConfig config = DamagedMetadata.config(device, "all", "metadata-memory", "4M");
        Store.init(config);
        Store open = Store.open(config);
        open.send("create disk size=1T");
        for (long i = 0; i < LEAVES; i++) {
            open.volume("disk")
                    .write(i << 30, ByteBuffer.allocate(DamagedMetadata.BLOCK).putLong(0, i));
        }
        String digest = Hooks.digest(open);
        open.close();
        Hooks.dispose(open);
        device.delete(DamagedMetadata.METADATA);
        rebuild(device);
        SuperblockFile.Found found = SuperblockFile.read(new SubStorage(device, DamagedMetadata.STORE));
        assertThat(found.superblock().checkpoint().number())
                .as("checkpoints, the last one included")
                .isGreaterThan(2);
        try (StoreReader reader = StoreReader.openAlone(DamagedMetadata.config(device))) {
            assertThat(reader.checkState()).isEmpty();
            assertThat(reader.checkReplay((done, total) -> {})).isEmpty();
        }
        Store again = Store.open(DamagedMetadata.config(device));
        assertThat(Hooks.digest(again)).isEqualTo(digest);
        again.close();
        Hooks.dispose(again);
    }

    @Test
    void shouldRefuseWhereTheJournalDoesNotReachBack() throws Exception {
        SimStorage device = new DamagedMetadata("none").device;
        for (boolean headless : new boolean[] {false, true}) {
            if (headless) {
                damageSuperblock(device);
            }
            long forces = device.operations(Operation.FORCE);
            assertThatThrownBy(() -> rebuild(device))
                    .isInstanceOfSatisfying(
                            StoreOpenException.class,
                            e -> assertThat(e.kind()).isEqualTo(StoreOpenException.Kind.INCOMPLETE))
                    .hasMessageContaining("does not reach back to the first event")
                    .hasMessageContaining("retention=all");
            assertThat(device.operations(Operation.FORCE)).isEqualTo(forces);
        }
    }

    @Test
    void shouldSayThatAReplayNeedsTheWholeJournal() throws Exception {
        SimStorage device = new DamagedMetadata("none").device;
        try (StoreReader reader = StoreReader.openAlone(DamagedMetadata.config(device))) {
            assertThat(reader.checkState()).isEmpty();
            assertThatThrownBy(() -> reader.checkReplay((done, total) -> {}))
                    .hasMessageContaining("does not reach back to the first event");
        }
    }
}
