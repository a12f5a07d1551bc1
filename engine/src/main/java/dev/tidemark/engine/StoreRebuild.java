package dev.tidemark.engine;

import dev.tidemark.engine.StoreOpenException.Kind;
import dev.tidemark.engine.checkpoint.CheckpointPlace;
import dev.tidemark.engine.checkpoint.FreshMetadata;
import dev.tidemark.engine.checkpoint.Superblock;
import dev.tidemark.engine.checkpoint.SuperblockException;
import dev.tidemark.engine.checkpoint.SuperblockFile;
import dev.tidemark.engine.exception.ExceptionStore;
import dev.tidemark.engine.mapping.PageUnreadableException;
import dev.tidemark.engine.recovery.Recovered;
import dev.tidemark.engine.recovery.Recovery;
import dev.tidemark.engine.recovery.WholeJournal;
import dev.tidemark.journal.Journal;
import dev.tidemark.journal.JournalConfig;
import dev.tidemark.storage.Storage;
import dev.tidemark.storage.StorageLock;
import dev.tidemark.storage.SubStorage;
import java.io.IOException;
import java.nio.file.NoSuchFileException;

/**
 * Makes a store's superblock and metadata anew from its journal, when that reaches back to the first event. Nothing is
 * changed before the whole journal was replayed; then as an open does: what frames carried is written home, the journal
 * begins a new epoch, and a checkpoint is taken, into a new file. A crash at any point leaves a store that opens, or
 * for which this can be begun again.
 */
public final class StoreRebuild {
    private final StoreConfig config;
    private final Storage folder;
    private final StoreReader.Progress progress;
    private SuperblockFile.Found found;

    /**
     * What was done.
     *
     * @param seq of the last event
     * @param usedBlocks blocks that are used
     * @param blockSizeBytes the block size
     * @param optionsLost whether no copy of the superblock was good: the options are the defaults again
     */
    public record Report(long seq, long usedBlocks, int blockSizeBytes, boolean optionsLost) {}

    private StoreRebuild(StoreConfig config, Storage folder, StoreReader.Progress progress) {
        this.config = config;
        this.folder = folder;
        this.progress = progress;
    }

    /**
     * Makes a store's metadata anew. Takes the store's lock meanwhile.
     *
     * @param progress told how many bytes of journal were replayed
     * @throws StoreOpenException see its kinds; {@code INCOMPLETE} when the journal does not reach back to the first
     *     event, and nothing was changed
     */
    public static Report run(StoreConfig config, StoreReader.Progress progress) throws StoreOpenException {
        StorageLock lock = null;
        try {
            Storage folder = find(config);
            lock = StoreFolder.lock(config, folder);
            return new StoreRebuild(config, folder, progress).run();
        } catch (IOException e) {
            throw StoreFolder.describe(config, "rebuild", e);
        } catch (PageUnreadableException e) {
            throw StoreFolder.describe(config, "rebuild", e);
        } finally {
            StoreFolder.release(lock);
        }
    }

    /** The folder of a store, which may have no superblock any more. */
    private static Storage find(StoreConfig config) throws IOException {
        Storage folder = new SubStorage(config.parent(), config.directory());
        String name = config.displayName();
        if (!config.parent().exists(config.directory())) {
            throw new StoreOpenException(Kind.MISSING, "there is no store " + name + ": check the path", null);
        }
        String journal = StoreFolder.journalConfig(config, StoreOptions.DEFAULT).directory();
        if (!folder.exists(journal)) {
            throw new StoreOpenException(Kind.NOT_A_STORE, name + " is not a store: it has no journal", null);
        }
        return folder;
    }

    private Report run() throws IOException {
        found = superblock();
        Superblock old = found == null ? null : found.superblock();
        StoreOptions options = old == null ? StoreOptions.DEFAULT : StoreOptions.DEFAULT.with(old.options());
        JournalConfig journalConfig = StoreFolder.journalConfig(config, options);
        WholeJournal whole = old == null
                ? WholeJournal.ANY
                : new WholeJournal(old.store(), old.checkpoint().journalOffset());
        Superblock blank = blank(old, whole.identity(folder, journalConfig), options);
        try (FreshMetadata fresh = FreshMetadata.begin(folder, blank, options.metadataMemoryBytes());
                ExceptionStore exceptions = new ExceptionStore(
                        folder.open(ExceptionStore.FILE_NAME, Storage.Mode.WRITE), blank.blockSizeBytes())) {
            Recovered recovered =
                    Recovery.recoverWhole(folder, journalConfig, whole, fresh.state(), exceptions, (done, total) -> {
                        fresh.relieve();
                        progress.done(done, total);
                    });
            finish(fresh, recovered.journal());
            return new Report(
                    fresh.state().seq(), fresh.state().space().usedBlocks(), blank.blockSizeBytes(), old == null);
        }
    }

    private void finish(FreshMetadata fresh, Journal journal) throws IOException {
        boolean done = false;
        try {
            fresh.publish(found, journal.appendedOffset(), journal.epoch());
            done = true;
        } finally {
            if (!done) {
                journal.abandon(new IOException("the metadata could not be made anew"));
            }
        }
        journal.close();
    }

    /** What is left of the superblock, or null. */
    private SuperblockFile.Found superblock() throws IOException {
        try {
            return SuperblockFile.read(folder);
        } catch (NoSuchFileException e) {
            return null;
        } catch (SuperblockException e) {
            if (e.kind() == SuperblockException.Kind.TOO_NEW) {
                throw e;
            }
            return null;
        }
    }

    private Superblock blank(Superblock old, WholeJournal.Identity identity, StoreOptions options) {
        return old == null
                ? new Superblock(
                        1,
                        identity.store(),
                        identity.blockSizeBytes(),
                        identity.capacityBytes(),
                        config.clock().millis(),
                        options.toMap())
                : old.withCheckpoint(CheckpointPlace.NONE);
    }
}
