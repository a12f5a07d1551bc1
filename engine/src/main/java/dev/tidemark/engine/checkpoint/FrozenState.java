package dev.tidemark.engine.checkpoint;

import dev.tidemark.engine.mapping.PageFreeze;
import dev.tidemark.engine.state.State;
import dev.tidemark.engine.state.StateImage;
import dev.tidemark.engine.volume.GoneVolumes;

/**
 * A state as of one seq, while the writer goes on with it: its small parts copied, its pages frozen.
 *
 * @param small what it is beside its pages
 * @param rowBytes what the rows of that take at most, see {@link CheckpointWriter#rowBytes}
 * @param countsRoot the root page of the reference counts, 0 for none
 * @param countsHeight the height of their tree
 * @param usedBlocks how many physical blocks have a reference
 * @param gone where the volumes that are gone are
 * @param pages what changed since the checkpoint before
 */
public record FrozenState(
        StateImage small,
        long rowBytes,
        long countsRoot,
        int countsHeight,
        long usedBlocks,
        GoneVolumes.Roots gone,
        PageFreeze pages) {
    /**
     * Freezes a state for a checkpoint of that writer. On the state's writer thread, between events.
     *
     * @param small the image of the state as it is
     * @param rowBytes what {@link CheckpointWriter#rowBytes} says of it
     */
    public static FrozenState of(State state, StateImage small, long rowBytes, CheckpointWriter writer) {
        writer.slots().freeze();
        return new FrozenState(
                small,
                rowBytes,
                state.space().counts().rootPage(),
                state.space().counts().height(),
                state.space().usedBlocks(),
                state.catalogue().gone().roots(),
                state.pages().freeze(writer.slots()::releaseFrozen));
    }

    /** The seq of the last event that it holds. */
    public long seq() {
        return small.seq();
    }
}
