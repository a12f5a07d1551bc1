package dev.tidemark.engine;

import dev.tidemark.engine.checkpoint.CheckpointLoader;
import dev.tidemark.engine.checkpoint.Superblock;
import dev.tidemark.engine.exception.ExceptionStore;
import dev.tidemark.engine.mapping.MappingReader;
import dev.tidemark.engine.pipeline.CheckpointPolicy;
import dev.tidemark.engine.pipeline.FailStop;
import dev.tidemark.engine.pipeline.ForcePolicy;
import dev.tidemark.engine.pipeline.JournalFrameLog;
import dev.tidemark.engine.pipeline.Pipeline;
import dev.tidemark.engine.pipeline.PipelineParts;
import dev.tidemark.engine.pipeline.Progress;
import dev.tidemark.engine.pipeline.WriteBuffers;
import dev.tidemark.engine.read.BlockReader;
import dev.tidemark.engine.read.EpochTable;
import dev.tidemark.engine.recovery.JournalLook;
import dev.tidemark.engine.recovery.Recovered;
import dev.tidemark.engine.recovery.Recovery;
import dev.tidemark.engine.space.Allocator;
import dev.tidemark.engine.state.State;
import dev.tidemark.journal.JournalConfig;
import dev.tidemark.storage.NoSpaceException;
import dev.tidemark.storage.Storage;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The parts of an open store, in the order in which they are opened, and closed in the reverse. */
final class StoreParts implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Store.class);

    final EpochTable epochs = new EpochTable();
    final FailStop failStop = new FailStop();
    /** Of stores with segments that no option allows: tests open thousands of them. */
    private static final int SMALL_ROOM_SLOTS = 128;

    private static final int SMALL_JOURNAL_SHARE = 16;

    ExceptionStore exceptions;
    CheckpointLoader.Loaded loaded;
    Recovered recovered;
    State state;
    MappingReader mappings;
    BlockReader reader;
    Progress progress;
    Pipeline pipeline;
    long recoveryMs;

    void open(Store store, Storage folder) throws IOException {
        StoreConfig config = store.config();
        Superblock superblock = store.superblock();
        StoreOptions options = store.options();
        int blockSize = superblock.blockSizeBytes();
        long begun = config.nanoClock().getAsLong();
        exceptions = new ExceptionStore(folder.open(ExceptionStore.FILE_NAME, Storage.Mode.WRITE), blockSize);
        JournalConfig journalConfig = StoreFolder.journalConfig(config, options);
        recover(config, folder, superblock, journalConfig, options.metadataMemoryBytes());
        makeRoom(small(config));
        recovered.journal().releaseBelow(superblock.checkpoint().journalOffset());
        mappings = new MappingReader(state.pages());
        reader = new BlockReader(exceptions, mappings, epochs, state::seq, !config.stepped());
        progress = new Progress(state.seq());
        long capacityBlocks = superblock.capacityBytes() / blockSize;
        Allocator allocator = Allocator.over(
                state.space().counts(),
                capacityBlocks,
                Allocator.defaultReserve(capacityBlocks, Volume.MAX_REQUEST_BYTES / blockSize + 1));
        recoveryMs = TimeUnit.NANOSECONDS.toMillis(config.nanoClock().getAsLong() - begun);
        ForcePolicy policy = ForcePolicy.DEFAULT
                .withIntervalNanos(TimeUnit.MILLISECONDS.toNanos(options.forceIntervalMs()))
                .withInlineBytes(options.inlineBytes());
        failStop.onFailure(() -> store.listeners().failed(failStop.cause()));
        PipelineParts pipelineParts = new PipelineParts(
                state,
                exceptions,
                new JournalFrameLog(recovered.journal(), journalConfig.maxPayloadBytes()),
                reader,
                epochs,
                allocator,
                policy,
                progress,
                failStop,
                store::answer,
                store.attachments(),
                store.listeners(),
                options.lowSpacePercents(),
                options.toMap(),
                loaded.writer(),
                checkpointPolicy(config, options),
                journalConfig.segmentBytes(),
                config.clock(),
                config.nanoClock(),
                config.sabotage());
        WriteBuffers buffers = new WriteBuffers(blockSize, options.inFlightBytes());
        pipeline =
                config.stepped() ? Pipeline.stepped(pipelineParts, buffers) : Pipeline.threaded(pipelineParts, buffers);
    }

    private void recover(
            StoreConfig config, Storage folder, Superblock superblock, JournalConfig journal, long metadataMemoryBytes)
            throws IOException {
        boolean stepped = config.stepped();
        try (JournalLook look = stepped
                ? JournalLook.later(folder, journal, superblock)
                : JournalLook.now(folder, journal, superblock)) {
            loaded = CheckpointLoader.load(folder, superblock, metadataMemoryBytes);
            state = loaded.state();
            int readers = stepped ? Recovery.NO_READERS : Recovery.MANY_READERS;
            recovered = Recovery.recover(look, state, exceptions, readers, config.sabotage());
        }
    }

    private static boolean small(StoreConfig config) {
        return config.testSegmentBytes() > 0;
    }

    /** Room for the first pages, so that the first write does not have to wait for it. */
    private void makeRoom(boolean small) throws IOException {
        int slots = small ? SMALL_ROOM_SLOTS : CheckpointPolicy.ROOM_SLOTS;
        try {
            loaded.writer().makeRoom(2 * state.pages().checkpointImages() + slots, slots);
        } catch (NoSpaceException e) {
            LOG.warn("the metadata has no room to grow: {}", e.getMessage()); // said again when it is needed
        }
    }

    private static CheckpointPolicy checkpointPolicy(StoreConfig config, StoreOptions options) {
        boolean small = small(config);
        return new CheckpointPolicy(
                options.checkpointJournalBytes() / (small ? SMALL_JOURNAL_SHARE : 1),
                CheckpointPolicy.MAX_MAPPED_BLOCKS,
                TimeUnit.SECONDS.toNanos(options.checkpointIntervalSeconds()),
                small ? SMALL_ROOM_SLOTS : CheckpointPolicy.ROOM_SLOTS,
                small ? SMALL_ROOM_SLOTS : CheckpointPolicy.STEP_SLOTS);
    }

    @Override
    public void close() {
        try {
            if (pipeline != null) {
                pipeline.close();
            }
            if (recovered != null && failStop.failed()) {
                recovered.journal().abandon(failStop.cause()); // its helper must not write under the next owner's lock
            } else if (recovered != null) {
                recovered.journal().close();
            }
        } catch (IOException | RuntimeException e) {
            failStop.fail(e);
        } finally {
            closeFiles();
        }
    }

    private void closeFiles() {
        if (reader != null) {
            reader.close();
        }
        try {
            if (loaded != null) {
                loaded.close();
            }
        } catch (IOException e) {
            LOG.warn("while closing: {}", e.toString());
        }
        try {
            if (exceptions != null) {
                exceptions.close();
            }
        } catch (IOException e) {
            LOG.warn("while closing: {}", e.toString());
        }
    }
}
