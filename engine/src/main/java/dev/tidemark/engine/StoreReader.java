package dev.tidemark.engine;

import dev.tidemark.engine.checkpoint.CheckpointLoader;
import dev.tidemark.engine.checkpoint.Superblock;
import dev.tidemark.engine.checkpoint.SuperblockFile;
import dev.tidemark.engine.exception.ExceptionStore;
import dev.tidemark.engine.message.ErrorCode;
import dev.tidemark.engine.message.Line;
import dev.tidemark.engine.message.Message;
import dev.tidemark.engine.message.Refusal;
import dev.tidemark.engine.message.Reply;
import dev.tidemark.engine.read.DataCheck;
import dev.tidemark.engine.recovery.ReadOnlyState;
import dev.tidemark.engine.recovery.Recovery;
import dev.tidemark.engine.space.Allocator;
import dev.tidemark.engine.state.State;
import dev.tidemark.engine.state.StateCheck;
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
    /** Tries at reading a store whose superblock moves meanwhile. */
    private static final int MAX_TRIES = 8;

    private final StoreConfig config;
    private final Storage folder;
    private final StorageLock lock;
    private final Superblock superblock;
    private final boolean superblockWhole;
    private final ReadOnlyState read;

    /** Blocks that were checked, and what is wrong with them, one line each. */
    public record DataReport(long blocks, List<String> findings) {
        /** Copies the findings. */
        public DataReport {
            findings = List.copyOf(findings);
        }
    }

    private StoreReader(
            StoreConfig config, Storage folder, StorageLock lock, SuperblockFile.Found found, ReadOnlyState read) {
        this.config = config;
        this.folder = folder;
        this.lock = lock;
        this.superblock = found.superblock();
        this.superblockWhole = found.whole();
        this.read = read;
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
        } finally {
            if (reader == null) {
                StoreFolder.release(lock);
            }
        }
    }

    private static StoreReader read(StoreConfig config, Storage folder, StorageLock lock) throws IOException {
        for (int tries = 1; ; tries++) {
            SuperblockFile.Found found = SuperblockFile.read(folder);
            Superblock superblock = found.superblock();
            ReadOnlyState read = read(config, folder, superblock);
            if (SuperblockFile.read(folder).superblock().generation() == superblock.generation()
                    || tries == MAX_TRIES) {
                return new StoreReader(config, folder, lock, found, read);
            }
            read.close();
        }
    }

    private static ReadOnlyState read(StoreConfig config, Storage folder, Superblock superblock) throws IOException {
        StoreOptions options = StoreOptions.DEFAULT.with(superblock.options());
        CheckpointLoader.Loaded loaded = CheckpointLoader.read(folder, superblock, options.metadataMemoryBytes());
        boolean done = false;
        try {
            ReadOnlyState read = Recovery.read(folder, journalConfig(config, superblock), superblock, loaded);
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

    /** Answers {@code list}, {@code status} or {@code jobs}; refuses anything else. */
    public Reply answer(Message message) {
        if (message.query() == null) {
            return new Reply.Refused(Refusal.of(ErrorCode.READ_ONLY, "the store is open for reading only: " + message));
        }
        return new Views(read.state()).answer(message.query(), facts());
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

    /** Checks the superblock, the trees, the counts and the free space; returns what is wrong, one line each. */
    public List<String> checkState() {
        List<String> findings = new ArrayList<>();
        if (!superblockWhole) {
            findings.add("superblock: one copy is damaged or old; the next open for writing mends it");
        }
        State state = read.state();
        findings.addAll(StateCheck.check(state));
        long capacityBlocks = superblock.capacityBytes() / blockSizeBytes();
        state.space().counts().usedRuns((start, count) -> {
            if (start < 1 || start + count > capacityBlocks) {
                findings.add("space: blocks " + start + " to " + (start + count - 1) + " are used, but the store has "
                        + capacityBlocks);
            }
        });
        return findings;
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
