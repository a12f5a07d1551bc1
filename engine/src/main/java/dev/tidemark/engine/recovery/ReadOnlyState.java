package dev.tidemark.engine.recovery;

import dev.tidemark.engine.state.State;

/**
 * The state of a store that was read beside whoever writes it.
 *
 * @param state as of the last whole frame
 * @param durableSeq up to which evidence says that it is durable; what is beyond may be lost in a crash
 * @param journalBytes how many bytes of journal were replayed
 * @param tornBytes what lies behind the last whole frame
 */
public record ReadOnlyState(State state, long durableSeq, long journalBytes, long tornBytes) implements AutoCloseable {
    @Override
    public void close() {
        state.close();
    }
}
