package dev.tidemark.engine.recovery;

import dev.tidemark.engine.checkpoint.CheckpointLoader;
import dev.tidemark.engine.state.State;
import java.io.IOException;

/**
 * The state of a store that was read beside whoever writes it.
 *
 * @param loaded the checkpoint's state, brought up to the last whole frame
 * @param durableSeq up to which evidence says that it is durable; what is beyond may be lost in a crash
 * @param journalBytes how many bytes of journal were replayed
 * @param tornBytes what lies behind the last whole frame
 */
public record ReadOnlyState(CheckpointLoader.Loaded loaded, long durableSeq, long journalBytes, long tornBytes)
        implements AutoCloseable {
    /** As of the last whole frame. */
    public State state() {
        return loaded.state();
    }

    @Override
    public void close() throws IOException {
        loaded.close();
    }
}
