package dev.tidemark.engine.recovery;

import dev.tidemark.engine.state.State;
import dev.tidemark.journal.Journal;

/**
 * A store that was opened: the state at the end of the recovered prefix, durable, and a journal to go on with.
 *
 * @param state as of the last event; its freed blocks were forgotten, for all that have no reference are free
 * @param journal of a new epoch
 * @param events how many were replayed
 * @param journalBytes how many bytes of journal
 * @param rewrittenBlocks how many blocks that frames carried were written to their home again
 * @param tornBytes what was behind the last whole frame, saved aside
 */
public record Recovered(
        State state, Journal journal, long events, long journalBytes, long rewrittenBlocks, long tornBytes) {}
