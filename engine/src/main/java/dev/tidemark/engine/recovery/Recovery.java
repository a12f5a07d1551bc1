package dev.tidemark.engine.recovery;

import dev.tidemark.engine.checkpoint.CheckpointLoader;
import dev.tidemark.engine.checkpoint.CheckpointPlace;
import dev.tidemark.engine.checkpoint.Superblock;
import dev.tidemark.engine.exception.ExceptionStore;
import dev.tidemark.engine.state.State;
import dev.tidemark.journal.Journal;
import dev.tidemark.journal.JournalConfig;
import dev.tidemark.journal.JournalRecovery;
import dev.tidemark.journal.Known;
import dev.tidemark.storage.Storage;
import java.io.IOException;
import java.util.UUID;
import org.agrona.collections.Long2ObjectHashMap;

/**
 * Opens a store's journal and makes the state from it: replays every event behind the checkpoint through the applier,
 * brings home what frames carried, and only then begins a new epoch.
 *
 * <p>Each step can be cut by a crash and done again: until {@link JournalRecovery#begin} nothing is changed but home
 * copies
 * of blocks, which get the bytes that the history says they have.
 */
public final class Recovery {
    /** For {@code readers}: many threads read ahead of the applier what the journal's events will touch. */
    public static final int MANY_READERS = ReplayReaders.THREADS;

    /** For {@code readers}: the calling thread does, in an order that repeats. */
    public static final int NO_READERS = ReplayReaders.SAME_THREAD;

    private Recovery() {}

    /** What the journal is to be read with: what the superblock's checkpoint says. */
    static Known known(UUID store, CheckpointPlace checkpoint) {
        return checkpoint.exists()
                ? Known.checkpoint(checkpoint.journalOffset(), checkpoint.seq(), checkpoint.journalEpoch(), store)
                : new Known(0, 0, 0, store);
    }

    /**
     * Recovers for writing.
     *
     * @param look at the journal, with what both copies of the superblock say, forced
     * @param state what its checkpoint holds; changed to what the journal's tail makes of it, also when this fails
     * @param readers threads that read pages ahead; whatever it is, the state and the errors are the same
     * @throws dev.tidemark.journal.JournalException when the journal is damaged or too new; nothing was changed
     * @throws IOException when something could not be read or written
     */
    public static Recovered recover(
            JournalLook look, State state, ExceptionStore exceptions, int readers, Sabotage sabotage)
            throws IOException {
        return recover(look.result(), new Replay(state, readers), exceptions, sabotage, ReplayStep.NONE);
    }

    /**
     * Recovers for writing from the journal alone, its first event on.
     *
     * @param known which store, and up to where something says that the journal was durable
     * @param state without an event; changed to what the journal makes, also when this fails
     * @param step after each frame
     * @throws HistoryIncompleteException when the journal does not reach back to the first event; nothing was changed
     */
    public static Recovered recoverWhole(
            Storage storage,
            JournalConfig config,
            WholeJournal known,
            State state,
            ExceptionStore exceptions,
            ReplayStep step)
            throws IOException {
        known.requireWhole(storage, config);
        Replay replay = new Replay(state, Replay.AS_THEY_COME);
        try (JournalRecovery journal = Journal.recover(storage, config, known.known())) {
            return recover(journal, replay, exceptions, Sabotage.NONE, step);
        }
    }

    /**
     * Replays the journal from its first event into a state in memory, which takes what the pages take; changes nothing
     * on disk.
     *
     * @param state without an event
     * @throws HistoryIncompleteException when the journal does not reach back to the first event
     */
    public static void replayWhole(
            Storage storage, JournalConfig config, WholeJournal known, State state, ReplayStep step)
            throws IOException {
        known.requireWhole(storage, config);
        try (JournalRecovery journal = Journal.recover(storage, config, known.known())) {
            new Replay(state, Replay.AS_THEY_COME).all(journal, step);
        }
    }

    private static Recovered recover(
            JournalRecovery journal, Replay replay, ExceptionStore exceptions, Sabotage sabotage, ReplayStep step)
            throws IOException {
        replay.all(journal, step);
        long rewritten = HomeCopies.rewrite(journal, replay.homeDurableSeq(), exceptions, sabotage);
        Journal open = journal.begin();
        return new Recovered(
                replay.state(),
                open,
                replay.events(),
                journal.endOffset() - journal.startOffset(),
                rewritten,
                journal.tornBytes());
    }

    /**
     * Makes the state without changing anything: for inspection, also beside a running server.
     *
     * @param readers as in {@link #recover}
     */
    public static ReadOnlyState read(
            Storage storage, JournalConfig config, Superblock superblock, CheckpointLoader.Loaded loaded, int readers)
            throws IOException {
        Known known = known(superblock.store(), superblock.checkpoint());
        try (JournalRecovery journal = Journal.recover(storage, config, known)) {
            Replay replay = new Replay(loaded.state(), readers);
            replay.all(journal, ReplayStep.NONE);
            return new ReadOnlyState(
                    loaded,
                    Math.max(superblock.checkpoint().seq(), replay.evidenceSeq()),
                    journal.endOffset() - journal.startOffset(),
                    journal.tornBytes());
        }
    }

    /**
     * The blocks that frames carry and whose home copies are not known to be forced, by physical block: for a reader
     * that
     * changes nothing, they count instead of the home copies. Bounded by the home lag that the pipeline keeps.
     */
    public static Long2ObjectHashMap<byte[]> carried(Storage storage, JournalConfig config, Superblock superblock)
            throws IOException {
        int blockSizeBytes = superblock.blockSizeBytes();
        Long2ObjectHashMap<byte[]> blocks = new Long2ObjectHashMap<>();
        Known known = known(superblock.store(), superblock.checkpoint());
        try (JournalRecovery journal = Journal.recover(storage, config, known)) {
            long[] homeDurableSeq = {superblock.checkpoint().seq()};
            journal.replay(
                    journal.startOffset(),
                    frame -> homeDurableSeq[0] = Math.max(homeDurableSeq[0], Replay.homeDurableSeq(frame)));
            HomeCopies.Target keep = (physical, block) -> {
                byte[] bytes = new byte[blockSizeBytes];
                block.get(bytes);
                blocks.put(physical, bytes);
            };
            new HomeCopies(keep, blockSizeBytes, Sabotage.NONE).copy(journal, homeDurableSeq[0]);
        }
        return blocks;
    }
}
