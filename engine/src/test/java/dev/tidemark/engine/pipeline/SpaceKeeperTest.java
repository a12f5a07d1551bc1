package dev.tidemark.engine.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.engine.checkpoint.CheckpointLoader;
import dev.tidemark.engine.checkpoint.Superblock;
import dev.tidemark.engine.mapping.MappingRoot;
import dev.tidemark.engine.read.EpochTable;
import dev.tidemark.engine.recovery.Sabotage;
import dev.tidemark.engine.space.Allocator;
import dev.tidemark.engine.state.State;
import dev.tidemark.storage.sim.SimStorage;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("quick")
class SpaceKeeperTest {
    private static final int BLOCK = 4096;
    private static final int CAPACITY = 100_000;
    private static final int FREED = 40_000;
    /** Well below what was freed, well above what a turn may give back. */
    private static final int SHARE = FREED / 4;

    private final Progress progress = new Progress(0);
    private CheckpointLoader.Loaded loaded;
    private State state;
    private SpaceKeeper space;

    /** All blocks in use, then many single ones freed by event 1, not proven yet. */
    @BeforeEach
    void fill() throws Exception {
        Superblock superblock = new Superblock(1, new UUID(1, 2), BLOCK, (long) CAPACITY * BLOCK, 0, Map.of());
        loaded = CheckpointLoader.load(new SimStorage(1), superblock, 64 << 20);
        state = loaded.state();
        Allocator allocator = Allocator.over(state.space().counts(), CAPACITY, 0);
        space = new SpaceKeeper(state, state.trees(), allocator, new EpochTable(), progress, Sabotage.NONE, null);
        for (long run = space.allocate(1000, false); run != 0; run = space.allocate(1000, false)) {
            state.space().claim(Allocator.start(run), Allocator.length(run));
        }
        space.endEpoch();
        for (int i = 1; i <= FREED; i++) {
            state.space().release(new long[] {2L * i}, 1);
        }
        space.collect(1);
        space.endEpoch();
        space.giveBack();
        assertThat(space.waitingBlocks()).isEqualTo(FREED);
        assertThat(space.freeBlocks()).isZero();
        assertThat(space.wantsTurn()).isFalse();
    }

    @AfterEach
    void close() throws Exception {
        state.close();
        loaded.close();
    }

    /** All that a proof let go went in one turn, and writes waited for it. */
    @Test
    void shouldGiveBackABoundedNumberInEachTurn() {
        progress.provenSeq(1);
        int turns = 0;
        for (long before = FREED; before > 0; before = space.waitingBlocks()) {
            space.giveBack();
            turns++;
            assertThat(before - space.waitingBlocks()).isBetween(1L, (long) SHARE);
            assertThat(space.wantsTurn()).isEqualTo(space.waitingBlocks() > 0);
        }
        assertThat(turns).isGreaterThan(FREED / SHARE);
        assertThat(space.freeBlocks()).isEqualTo(FREED);
    }

    @Test
    void shouldGiveBackAsManyAsAreFreedMeanwhile() {
        progress.provenSeq(1);
        for (int i = 1; i <= SHARE; i++) {
            state.space().release(new long[] {2L * i + 1}, 1);
        }
        space.collect(2);
        space.giveBack();
        assertThat(space.freeBlocks()).isGreaterThan(SHARE);
    }

    @Test
    void shouldGiveBackAsManyAsAWriteNeeds() {
        progress.provenSeq(1);
        assertThat(space.roomFor(new MappingRoot(), 0, FREED - 1)).isEqualTo(1);
        assertThat(space.roomFor(new MappingRoot(), 0, FREED)).isEqualTo(1);
        assertThat(space.roomFor(new MappingRoot(), 0, FREED + 1)).isZero();
    }
}
