package dev.tidemark.engine.checkpoint;

import dev.tidemark.engine.codec.CheckpointRows;
import dev.tidemark.engine.codec.MalformedException;
import dev.tidemark.engine.codec.TooNewException;
import dev.tidemark.engine.mapping.PageStore;
import dev.tidemark.engine.mapping.PageUnreadableException;
import dev.tidemark.engine.state.State;
import dev.tidemark.engine.volume.GoneVolumes;
import dev.tidemark.storage.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Makes the state that a superblock's checkpoint holds. Reads the root stream and the slot map; pages come in when they
 * are first needed.
 */
public final class CheckpointLoader {
    private CheckpointLoader() {}

    /**
     * A state with its file. Close the state first.
     *
     * @param state as of the checkpoint's seq; empty when there is none
     * @param writer for the next checkpoints; null when the state was loaded for reading
     * @param file the metadata file; null for an empty state that was loaded for reading
     */
    public record Loaded(State state, CheckpointWriter writer, MetadataFile file) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            state.close();
            if (file != null) {
                file.close();
            }
        }
    }

    /**
     * Loads for writing; makes the metadata file when there is none and no checkpoint refers to it.
     *
     * @param superblock what both copies say, forced
     * @param pageMemoryBytes what pages and their bookkeeping should take
     * @throws MetadataDamagedException when something that is needed at once is damaged; nothing was changed
     */
    public static Loaded load(Storage folder, Superblock superblock, long pageMemoryBytes) throws IOException {
        boolean missing = !folder.exists(MetadataFile.FILE_NAME);
        if (missing && !superblock.checkpoint().exists()) {
            MetadataFile.create(folder).close();
            folder.syncDirectory("");
        }
        return load(folder, superblock, pageMemoryBytes, Storage.Mode.WRITE);
    }

    /** Loads for reading: changes nothing, and no checkpoint can be taken. */
    public static Loaded read(Storage folder, Superblock superblock, long pageMemoryBytes) throws IOException {
        if (!superblock.checkpoint().exists()) {
            return new Loaded(new State(superblock.blockSizeBytes()), null, null);
        }
        return load(folder, superblock, pageMemoryBytes, Storage.Mode.READ);
    }

    private static Loaded load(Storage folder, Superblock superblock, long pageMemoryBytes, Storage.Mode mode)
            throws IOException {
        CheckpointPlace place = superblock.checkpoint();
        boolean writes = mode == Storage.Mode.WRITE;
        if (!folder.exists(MetadataFile.FILE_NAME)) {
            throw new MetadataDamagedException(PageKind.ROOT, 0, place.firstSlot(), "the file is missing");
        }
        MetadataFile file = MetadataFile.open(folder, mode, SlotMap.MAX_SLOTS);
        State state = null;
        boolean done = false;
        try {
            SlotMap slots = writes ? new SlotMap() : null;
            PageStore pages = new PageStore(new MetadataSlots(file, slots), pageMemoryBytes);
            state = new State(superblock.blockSizeBytes(), pages);
            long[] runs = {};
            if (place.exists()) {
                Taker taker = new Taker(file, place, state, slots);
                runs = RootStreamReader.read(file, place, taker);
                taker.end();
            }
            if (writes) {
                file.proven(place.exists() ? slots.limit() : 1);
                slots.extend(Math.max(1, file.slots()));
            }
            CheckpointWriter writer = writes ? new CheckpointWriter(folder, file, slots, superblock, runs) : null;
            done = true;
            return new Loaded(state, writer, file);
        } finally {
            if (!done) {
                if (state != null) {
                    state.close();
                }
                file.close();
            }
        }
    }

    /** Puts what the root stream says where it belongs. */
    private static final class Taker implements RootStreamSink {
        private final MetadataFile file;
        private final CheckpointPlace place;
        private final State state;
        private final SlotMap slots;
        private final CheckpointRows rows;
        private final ByteBuffer page = ByteBuffer.allocateDirect(MetadataFile.SLOT_BYTES);
        private boolean counted;
        private boolean tabled;
        private boolean goneTold;
        private long lastPage;
        private long livePages;

        Taker(MetadataFile file, CheckpointPlace place, State state, SlotMap slots) {
            this.file = file;
            this.place = place;
            this.state = state;
            this.slots = slots;
            rows = new CheckpointRows(state);
        }

        @Override
        public void stateRow(byte[] row) throws IOException {
            try {
                rows.read(row);
            } catch (TooNewException | MalformedException e) {
                throw new MetadataDamagedException(PageKind.ROOT, 0, 0, "a row of the state: " + e.getMessage());
            }
        }

        @Override
        public void countsRoot(long rootPage, int height, long usedBlocks) throws IOException {
            try {
                state.space().restore(rootPage, height, usedBlocks);
            } catch (IllegalArgumentException | IllegalStateException e) {
                throw new MetadataDamagedException(PageKind.ROOT, 0, 0, "reference counts: " + e.getMessage());
            }
            counted = true;
        }

        @Override
        public void goneVolumes(GoneVolumes.Roots roots) throws IOException {
            if (goneTold) {
                throw new MetadataDamagedException(PageKind.ROOT, 0, 0, "volumes that are gone: they are told twice");
            }
            goneTold = true;
            try {
                state.catalogue().gone().restore(roots);
            } catch (IllegalArgumentException | IllegalStateException e) {
                throw new MetadataDamagedException(PageKind.ROOT, 0, 0, "volumes that are gone: " + e.getMessage());
            }
        }

        @Override
        public void pageTable(long last, long live) {
            lastPage = last;
            livePages = live;
            tabled = true;
        }

        @Override
        public void tableNode(int index, int slot, int checksum) {
            state.pages().restoreNode(Integer.toUnsignedLong(index), slot, checksum);
        }

        @Override
        public void slotMap(long writtenSlots, int highestSlot) {
            if (slots != null) {
                slots.extend(writtenSlots);
            }
        }

        @Override
        public void slotMapPage(int index, int slot, int checksum) throws IOException {
            if (slots != null) {
                page.clear();
                file.readVerified(PageKind.SLOT_MAP, index, slot, checksum, page);
                slots.restore(index, slot, checksum, page);
            }
        }

        /** After the last record, and when the stream is known to be whole. */
        void end() throws IOException {
            boolean mayHaveGoneRows = place.version() <= SuperblockDescriptor.VERSION_OF_GONE_ROWS;
            boolean goneAsItMust = goneTold != mayHaveGoneRows && (mayHaveGoneRows || !rows.hasGone());
            if (!rows.isComplete() || !counted || !tabled || !goneAsItMust || state.seq() != place.seq()) {
                throw new MetadataDamagedException(
                        PageKind.ROOT, 0, place.firstSlot(), "it does not hold all that belongs to seq " + place.seq());
            }
            GoneVolumes.Roots gone = state.catalogue().gone().roots();
            if (Math.max(gone.logRoot(), gone.indexRoot()) > lastPage) {
                throw new MetadataDamagedException(
                        PageKind.ROOT,
                        0,
                        place.firstSlot(),
                        "volumes that are gone: " + gone + " of " + lastPage + " pages");
            }
            try {
                state.pages().restore(lastPage, livePages);
                rows.restoreGone();
            } catch (MalformedException | IllegalStateException e) {
                throw new MetadataDamagedException(PageKind.ROOT, 0, place.firstSlot(), e.getMessage());
            } catch (PageUnreadableException e) {
                throw e.getCause() instanceof IOException cause ? cause : new IOException(e);
            }
        }
    }
}
