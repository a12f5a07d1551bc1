package dev.tidemark.engine.checkpoint;

import dev.tidemark.engine.codec.CheckpointRows;
import dev.tidemark.engine.mapping.PageFreeze;
import dev.tidemark.engine.state.State;
import java.util.ArrayList;
import java.util.List;

/**
 * A state as of one seq, while the writer goes on with it: its small parts copied, its pages frozen.
 *
 * @param seq of the last event that it holds
 * @param rows of {@code checkpoint.proto}
 * @param countsRoot the root page of the reference counts, 0 for none
 * @param countsHeight the height of their tree
 * @param usedBlocks how many physical blocks have a reference
 * @param pages what changed since the checkpoint before
 */
public record FrozenState(
        long seq, List<byte[]> rows, long countsRoot, int countsHeight, long usedBlocks, PageFreeze pages) {
    /** The small parts of a state. On the state's writer thread, between events. */
    public static List<byte[]> rows(State state) {
        List<byte[]> rows = new ArrayList<>();
        CheckpointRows.write(state, rows::add);
        return rows;
    }

    /** Bytes of all rows. */
    public static long bytes(List<byte[]> rows) {
        long bytes = 0;
        for (byte[] row : rows) {
            bytes += row.length;
        }
        return bytes;
    }

    /**
     * Freezes a state for a checkpoint of that writer. On the state's writer thread, between events.
     *
     * @param rows what {@link #rows} made of the state as it is
     */
    public static FrozenState of(State state, List<byte[]> rows, CheckpointWriter writer) {
        writer.slots().freeze();
        return new FrozenState(
                state.seq(),
                rows,
                state.space().counts().rootPage(),
                state.space().counts().height(),
                state.space().usedBlocks(),
                state.pages().freeze(writer.slots()::releaseFrozen));
    }
}
