package dev.tidemark.engine;

import dev.tidemark.engine.checkpoint.CheckpointLoader;
import dev.tidemark.engine.checkpoint.MetadataCheck;
import dev.tidemark.engine.checkpoint.Superblock;
import dev.tidemark.engine.checkpoint.SuperblockFile;
import dev.tidemark.engine.exception.ExceptionStore;
import dev.tidemark.engine.mapping.PageUnreadableException;
import dev.tidemark.engine.message.ErrorCode;
import dev.tidemark.engine.message.Line;
import dev.tidemark.engine.message.Message;
import dev.tidemark.engine.message.Refusal;
import dev.tidemark.engine.message.Reply;
import dev.tidemark.engine.read.DataCheck;
import dev.tidemark.engine.recovery.ReadOnlyState;
import dev.tidemark.engine.recovery.Recovery;
import dev.tidemark.engine.recovery.WholeJournal;
import dev.tidemark.engine.space.Allocator;
import dev.tidemark.engine.state.State;
import dev.tidemark.engine.state.StateCheck;
import dev.tidemark.engine.state.StateDigest;
import dev.tidemark.engine.state.StoreFacts;
import dev.tidemark.engine.state.Views;
import dev.tidemark.journal.JournalConfig;
import dev.tidemark.storage.Storage;
import dev.tidemark.storage.StorageLock;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import org.agrona.collections.Long2ObjectHashMap;

/**
 * A store that is only read: its state is made in memory from what is on disk, clean or not, and nothing is written.
 * For
 * one thread.
 */
public final class StoreReader implements AutoCloseable {
    /** Tries at reading a store whose superblock moves meanwhile: each takes about as long as a checkpoint. */
    private static final int MAX_TRIES = 1000;
    /** Tries after which a state will do that was whole, but of the checkpoint before. */
    private static final int GOOD_TRIES = 8;

    private final StoreConfig config;
    private final Storage folder;
    private final StorageLock lock;
    private Superblock superblock;
    private boolean superblockWhole;
    private ReadOnlyState read;

    /** Blocks that were checked, and what is wrong with them, one line each. */
    public record DataReport(long blocks, List<String> findings) {
        /** Copies the findings. */
        public DataReport {
            findings = List.copyOf(findings);
        }
    }

    private StoreReader(StoreConfig config, Storage folder, StorageLock lock) {
        this.config = config;
        this.folder = folder;
        this.lock = lock;
    }

    /**
     * Reads a store beside whoever writes it, without any lock.
     *
     * @throws StoreOpenException see its kinds
     */
    public static StoreReader open(StoreConfig config) throws StoreOpenException {
        return open(config, false);
    }

    /**
     * Reads a store that nobody writes, and keeps it so until it is closed: takes the store's lock.
     *
     * @throws StoreOpenException see its kinds
     */
    public static StoreReader openAlone(StoreConfig config) throws StoreOpenException {
        return open(config, true);
    }

    private static StoreReader open(StoreConfig config, boolean alone) throws StoreOpenException {
        Storage folder = StoreFolder.find(config);
        StorageLock lock = null;
        StoreReader reader = null;
        try {
            lock = alone ? StoreFolder.lock(config, folder) : null;
            reader = read(config, folder, lock);
            return reader;
        } catch (IOException e) {
            throw StoreFolder.describe(config, "read", e);
        } catch (PageUnreadableException e) {
            throw StoreFolder.describe(config, "read", e);
        } finally {
            if (reader == null) {
                StoreFolder.release(lock);
            }
        }
    }

    private static StoreReader read(StoreConfig config, Storage folder, StorageLock lock) throws IOException {
        StoreReader reader = new StoreReader(config, folder, lock);
        reader.readAgain();
        return reader;
    }

    /**
     * Reads what is on disk now. Who writes the store meanwhile may take checkpoints: then slots and segments go that
     * the one before needed, but never before both copies of the superblock say so. So a failure is none when the
     * superblock has moved, and a state that could be read is whole, for every page and frame is checksummed.
     */
    private void readAgain() throws IOException {
        for (int tries = 1; ; tries++) {
            SuperblockFile.Found found = SuperblockFile.read(folder);
            superblock = found.superblock();
            superblockWhole = found.whole();
            try {
                read = read(config, folder, superblock);
            } catch (IOException | PageUnreadableException e) {
                if (tries < MAX_TRIES && moved()) {
                    continue;
                }
                throw e;
            }
            if (tries >= GOOD_TRIES || !moved()) {
                return;
            }
            read.close();
        }
    }

    /** Whether somebody has written a superblock since it was read here. */
    private boolean moved() throws IOException {
        return lock == null && SuperblockFile.read(folder).superblock().generation() != superblock.generation();
    }

    private static ReadOnlyState read(StoreConfig config, Storage folder, Superblock superblock) throws IOException {
        StoreOptions options = StoreOptions.DEFAULT.with(superblock.options());
        CheckpointLoader.Loaded loaded = CheckpointLoader.read(folder, superblock, options.metadataMemoryBytes());
        boolean done = false;
        try {
            ReadOnlyState read = Recovery.read(
                    folder,
                    journalConfig(config, superblock),
                    superblock,
                    loaded,
                    config.stepped() ? Recovery.NO_READERS : Recovery.MANY_READERS);
            done = true;
            return read;
        } finally {
            if (!done) {
                loaded.close();
            }
        }
    }

    private static JournalConfig journalConfig(StoreConfig config, Superblock superblock) {
        return StoreFolder.journalConfig(config, StoreOptions.DEFAULT.with(superblock.options()));
    }

    /**
     * Answers {@code list}, {@code status} or {@code jobs}; refuses anything else.
     *
     * @throws StoreOpenException when a page that the answer needs is damaged, or can't be read
     */
    public Reply answer(Message message) throws StoreOpenException {
        if (message.query() == null) {
            return new Reply.Refused(Refusal.of(ErrorCode.READ_ONLY, "the store is open for reading only: " + message));
        }
        for (int tries = 1; ; tries++) {
            try {
                return new Views(read.state()).answer(message.query(), facts());
            } catch (PageUnreadableException e) {
                readAgainAfter(e, tries);
            }
        }
    }

    /** A page that the checkpoint had may be overwritten once there is a later one: then that is read. */
    private void readAgainAfter(PageUnreadableException e, int tries) throws StoreOpenException {
        try {
            if (tries >= MAX_TRIES || !moved()) {
                throw StoreFolder.describe(config, "read", e);
            }
            ReadOnlyState old = read;
            readAgain();
            old.close();
        } catch (IOException again) {
            throw StoreFolder.describe(config, "read", again);
        } catch (PageUnreadableException again) {
            throw StoreFolder.describe(config, "read", again);
        }
    }

    /** Seq of the last event. */
    public long seq() {
        return read.state().seq();
    }

    /** Seq up to which there is evidence that everything is durable; a crash of the host may undo what is beyond. */
    public long durableSeq() {
        return read.durableSeq();
    }

    /** How many blocks are used. */
    public long usedBlocks() {
        return read.state().space().usedBlocks();
    }

    /** The block size in bytes. */
    public int blockSizeBytes() {
        return superblock.blockSizeBytes();
    }

    /** Told how much of a long work is done. */
    @FunctionalInterface
    public interface Progress {
        /** So much is done, of about so much. */
        void done(long done, long total);
    }

    /** Checks the superblock, the metadata file, the trees, the counts and the space; what is wrong, one line each. */
    public List<String> checkState() {
        return checkState((done, total) -> {});
    }

    /**
     * The same. The metadata file is only checked by who has the store alone.
     *
     * @param progress told how many slots of the metadata file were read
     */
    public List<String> checkState(Progress progress) {
        List<String> findings = new ArrayList<>();
        if (!superblockWhole) {
            findings.add("superblock: one copy is damaged or old; the next open for writing mends it");
        }
        if (lock != null && read.loaded().file() != null) {
            findings.addAll(MetadataCheck.run(read.loaded().file(), superblock.checkpoint(), progress::done)
                    .lines());
        }
        try {
            checkState(findings);
        } catch (PageUnreadableException e) {
            findings.add("state: what needs this page is not checked: " + e.getMessage());
        } catch (IllegalStateException | IllegalArgumentException | IndexOutOfBoundsException e) {
            // every checksum is right, but what stands there makes no sense: a mistake of whoever wrote it
            findings.add("state: its trees can't be followed: " + e.getMessage());
        }
        return findings;
    }

    private void checkState(List<String> findings) {
        State state = read.state();
        findings.addAll(StateCheck.check(state));
        long capacityBlocks = superblock.capacityBytes() / blockSizeBytes();
        state.space().counts().usedRuns((start, count) -> {
            if (start < 1 || start + count > capacityBlocks) {
                findings.add("space: blocks " + start + " to " + (start + count - 1) + " are used, but the store has "
                        + capacityBlocks);
            }
        });
    }

    /**
     * Replays the journal from its first event, in memory, and compares what it makes with the checkpoint and what the
     * tail made of it (G11). Only for who has the store alone.
     *
     * @param progress told how many bytes of journal were replayed
     * @return what is wrong, one line each
     * @throws StoreOpenException {@code INCOMPLETE} when the journal does not reach back to the first event
     */
    public List<String> checkReplay(Progress progress) throws StoreOpenException {
        WholeJournal whole =
                new WholeJournal(superblock.store(), superblock.checkpoint().journalOffset());
        try (State fresh = new State(blockSizeBytes())) {
            Recovery.replayWhole(folder, journalConfig(config, superblock), whole, fresh, progress::done);
            if (fresh.seq() != seq()) {
                return List.of("replay: the whole journal ends with seq " + fresh.seq() + ", checkpoint and tail with "
                        + seq());
            }
            String replayed = StateDigest.of(fresh);
            String found = StateDigest.of(read.state());
            return replayed.equals(found)
                    ? List.of()
                    : List.of("replay: the whole journal makes the state " + replayed + ", checkpoint and tail make "
                            + found);
        } catch (IOException e) {
            throw StoreFolder.describe(config, "replay", e);
        } catch (PageUnreadableException e) {
            return List.of("replay: the state can't be compared: " + e.getMessage());
        }
    }

    /**
     * Reads every block that anything maps, once, and compares it with its checksum.
     *
     * @param progress told how many blocks were checked so far
     * @throws StoreOpenException when the data can't be reached at all
     */
    public DataReport checkData(LongConsumer progress) throws StoreOpenException {
        try (ExceptionStore exceptions = new ExceptionStore(
                folder.open(ExceptionStore.FILE_NAME, Storage.Mode.READ), superblock.blockSizeBytes())) {
            Long2ObjectHashMap<byte[]> carried =
                    Recovery.carried(folder, journalConfig(config, superblock), superblock);
            DataCheck check = new DataCheck(read.state(), exceptions, carried::get, progress);
            List<String> findings = check.run();
            return new DataReport(check.checkedBlocks(), findings);
        } catch (IOException e) {
            throw StoreFolder.describe(config, "read", e);
        } catch (PageUnreadableException e) {
            throw StoreFolder.describe(config, "read", e);
        }
    }

    private StoreFacts facts() {
        long blockSize = blockSizeBytes();
        long capacityBlocks = superblock.capacityBytes() / blockSize;
        long free = capacityBlocks - 1 - usedBlocks(); // block 0 is never given out
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("capacity", Long.toString(superblock.capacityBytes()));
        fields.put("free_bytes", Long.toString(free * blockSize));
        long reserve = Allocator.defaultReserve(capacityBlocks, Volume.MAX_REQUEST_BYTES / blockSize + 1);
        fields.put("reserve_bytes", Long.toString(reserve * blockSize));
        fields.put("journal_bytes", Long.toString(read.journalBytes()));
        fields.put("unforced_events", Long.toString(Math.max(0, seq() - durableSeq())));
        fields.put("torn_bytes", Long.toString(read.tornBytes()));
        List<Line> options = new ArrayList<>();
        StoreOptions.DEFAULT
                .with(superblock.options())
                .toMap()
                .forEach((key, value) -> options.add(Line.of("row", "option", "name", key, "value", value)));
        return new StoreFacts(durableSeq(), fields, options);
    }

    @Override
    public void close() {
        try {
            read.close();
        } catch (IOException e) {
            org.slf4j.LoggerFactory.getLogger(Store.class).warn("while closing: {}", e.toString());
        }
        StoreFolder.release(lock);
    }
}
