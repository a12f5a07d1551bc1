package dev.tidemark.engine.checkpoint;

import dev.tidemark.engine.codec.CheckpointRows;
import dev.tidemark.engine.mapping.PageFreeze;
import dev.tidemark.engine.state.StateImage;
import dev.tidemark.storage.NoSpaceException;
import dev.tidemark.storage.Storage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Writes checkpoints, one after the other, each in bounded pieces: what changed to slots that no checkpoint refers to,
 * then the root stream; forces the file; then the superblock, copy A and copy B; only then are the slots free that the
 * checkpoint before had.
 *
 * <p>So at each moment at least one copy of the superblock leads to a checkpoint that is whole and forced.
 *
 * <p>One thread at a time, but for {@link #slots}, {@link #roomSlots} and {@link #superblock}. A failed write or force
 * is final (G9); only {@link #makeRoom} may fail without harm.
 */
@SuppressWarnings("NonAtomicVolatileUpdate") // one thread at a time writes
public final class CheckpointWriter implements AutoCloseable {
    /** The longest run of images that is written at once: 1 MiB. */
    private static final int MAX_RUN_IMAGES = 256;
    /** Images that one {@link #writeSome} writes at most, but for the last leaf's: some milliseconds. */
    private static final int MAX_PIECE_IMAGES = 1024;

    /** Makes a checkpoint the store's, whose slots are forced. */
    @FunctionalInterface
    interface Publisher {
        /** Writes and forces both copies of the superblock. */
        void publish(Superblock next) throws IOException;
    }

    private final Publisher publisher;
    private final MetadataFile file;
    private final SlotMap slots;
    private final ByteBuffer images =
            ByteBuffer.allocateDirect(MAX_RUN_IMAGES * MetadataFile.SLOT_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final ByteBuffer view = images.duplicate();
    private final ByteBuffer rootChunk = RootStreamWriter.newChunk();
    private volatile Superblock superblock;
    private long[] rootRuns;
    private volatile long roomSlots;

    private FrozenState frozen;
    private long imagesLeft;
    private boolean leavesDone;
    private boolean nodesDone;
    private int runFirst;
    private int runLength;
    private int runUsed;
    private volatile long imagesWritten;
    private volatile long checkpoints;

    /**
     * @param superblock the last one, which both copies say
     * @param rootRuns the slots of its checkpoint's root stream
     */
    CheckpointWriter(Storage folder, MetadataFile file, SlotMap slots, Superblock superblock, long[] rootRuns) {
        this(next -> SuperblockFile.write(folder, next), file, slots, superblock, rootRuns);
    }

    /** One whose checkpoints become the store's in another way. */
    CheckpointWriter(Publisher publisher, MetadataFile file, SlotMap slots, Superblock superblock, long[] rootRuns) {
        this.publisher = publisher;
        this.file = file;
        this.slots = slots;
        this.superblock = superblock;
        this.rootRuns = rootRuns.clone();
        roomSlots = slots.freeSlots();
    }

    /** Which slots are in use. Any thread. */
    public SlotMap slots() {
        return slots;
    }

    /** The superblock as both copies say. Any thread. */
    public Superblock superblock() {
        return superblock;
    }

    /** Slots that are physically written and free beside what a checkpoint that is being written needs. Any thread. */
    public long roomSlots() {
        return roomSlots;
    }

    /** Whether the last checkpoint is of an older version of the format, so that another one is due. Any thread. */
    public boolean isOutdated() {
        return superblock.checkpoint().isOutdated();
    }

    /** Images of pages and of their table that were written since the store was opened. */
    public long imagesWritten() {
        return imagesWritten;
    }

    /** Checkpoints since the store was opened. */
    public long checkpoints() {
        return checkpoints;
    }

    /** Bytes of the metadata file that are physically written. */
    public long fileBytes() {
        return file.slots() * MetadataFile.SLOT_BYTES;
    }

    /**
     * Makes sure that so many slots are free beside what a checkpoint that is being written needs: writes more of the
     * file ahead when they are not.
     *
     * @throws NoSpaceException when the device is full: no harm is done, {@link #roomSlots} says what there is
     */
    public void makeRoom(long wantedSlots, int stepSlots) throws IOException {
        long missing = wantedSlots - roomSlots;
        if (missing <= 0) {
            return;
        }
        long before = file.slots();
        try {
            file.extendTo(Math.min(SlotMap.MAX_SLOTS, before + Math.max(missing, stepSlots)));
        } finally {
            if (file.slots() > before) {
                slots.extend(file.slots());
                roomSlots += file.slots() - before;
            }
        }
        if (roomSlots < wantedSlots) {
            throw new NoSpaceException(MetadataFile.FILE_NAME + " has all the slots that it can have");
        }
    }

    /** Bytes of the root stream that the rows of a state take at most. */
    public static long rowBytes(StateImage small) {
        return CheckpointRows.mostBytes(small, RootStreamDescriptor.RECORD_HEADER_BYTES);
    }

    /** Slots that a checkpoint takes beside the images of pages: for its root stream and the slot map. */
    public long slotsBesideImages(long rowBytes) {
        long tableNodes = slots.pagesAhead(); // a node stands for more pages than a page of the slot map
        return 2 * (rowBytes / MetadataFile.SLOT_BYTES)
                + 4L * slots.pagesAhead()
                + tableNodes
                + 2L * MAX_RUN_IMAGES / 8;
    }

    /** Takes a frozen state to be written; {@link #makeRoom} was called for it. */
    public void begin(FrozenState state) {
        if (frozen != null) {
            throw new IllegalStateException("a checkpoint is being written");
        }
        for (long run : rootRuns) {
            for (int i = 0; i < SlotMap.runLength(run); i++) {
                slots.releaseFrozen(SlotMap.runFirst(run) + i);
            }
        }
        frozen = state;
        imagesLeft = state.pages().images();
        roomSlots = slots.freeSlots() - imagesLeft - slotsBesideImages(state.rowBytes());
        leavesDone = false;
        nodesDone = false;
    }

    /** Writes the next images; whether all are written. */
    public boolean writeSome() throws IOException {
        long until = imagesWritten + MAX_PIECE_IMAGES;
        PageFreeze pages = frozen.pages();
        while (!nodesDone && imagesWritten < until) {
            if (!leavesDone) {
                if (pages.nextLeaf()) {
                    leaf(pages);
                } else {
                    leavesDone = true;
                }
            } else if (pages.nextNode()) {
                node(pages);
            } else {
                flush();
                giveRunBack();
                nodesDone = true;
            }
        }
        return nodesDone;
    }

    private void leaf(PageFreeze pages) throws IOException {
        for (int i = 0; i < pages.pages(); i++) {
            int slot = place();
            int at = at();
            pages.copyPage(i, images, at);
            pages.placePage(i, slot, checksum(PageKind.PAGE, pages.pageId(i), at));
        }
        int slot = place();
        int at = at();
        if (pages.leafImage(images, at) > 0) {
            pages.placeLeaf(slot, checksum(PageKind.TABLE_LEAF, pages.leaf(), at));
        } else {
            pages.placeLeaf(0, 0);
            unplace();
        }
    }

    private void node(PageFreeze pages) throws IOException {
        int slot = place();
        int at = at();
        if (pages.nodeImage(images, at) > 0) {
            pages.placeNode(slot, checksum(PageKind.TABLE_NODE, pages.node(), at));
        } else {
            pages.placeNode(0, 0);
            unplace();
        }
    }

    /** Takes a slot for the next image. */
    private int place() throws IOException {
        if (runUsed == runLength) {
            flush();
            long run = slots.allocate((int) Math.max(1, Math.min(MAX_RUN_IMAGES, imagesLeft)));
            if (run == 0) {
                throw new IOException(MetadataFile.FILE_NAME + " has no free slot, though room was made before");
            }
            runFirst = SlotMap.runFirst(run);
            runLength = SlotMap.runLength(run);
            runUsed = 0;
        }
        imagesLeft--;
        imagesWritten++;
        return runFirst + runUsed++;
    }

    private void unplace() {
        runUsed--;
        imagesWritten--;
    }

    private int at() {
        return (runUsed - 1) * MetadataFile.SLOT_BYTES;
    }

    private int checksum(PageKind kind, long index, int at) {
        view.limit(at + MetadataFile.SLOT_BYTES).position(at);
        return PageChecksum.of(kind, index, view);
    }

    /** Writes the run that was filled. */
    private void flush() throws IOException {
        if (runUsed > 0) {
            view.limit(runUsed * MetadataFile.SLOT_BYTES).position(0);
            file.write(runFirst, view);
        }
        frozen.pages().written();
        runFirst += runUsed;
        runLength -= runUsed;
        runUsed = 0;
    }

    private void giveRunBack() {
        for (int i = 0; i < runLength; i++) {
            slots.releaseFrozen(runFirst + i);
        }
        runLength = 0;
    }

    /**
     * After all images: writes the root stream, forces the file, and makes the checkpoint the store's. The journal is
     * durable up to {@code journalOffset}, and the home copies of what its frames carried up to there are forced.
     *
     * @param journalOffset of the first frame behind the state's seq
     * @param journalEpoch of this open
     */
    public void finish(long journalOffset, int journalEpoch) throws IOException {
        finish(journalOffset, journalEpoch, true);
    }

    /** The same; {@code forcePages} is false in tests that have to notice. */
    public void finish(long journalOffset, int journalEpoch, boolean forcePages) throws IOException {
        CheckpointPlace place = writeRoot(journalOffset).inEpoch(journalEpoch);
        if (forcePages) {
            file.force();
        }
        Superblock next = superblock.withCheckpoint(place);
        publisher.publish(next);
        superblock = next;
        frozen.pages().end();
        slots.commit();
        roomSlots = slots.freeSlots();
        checkpoints++;
        frozen = null;
    }

    private CheckpointPlace writeRoot(long journalOffset) throws IOException {
        long number = superblock.checkpoint().number() + 1;
        RootStreamWriter root = new RootStreamWriter(file, slots::allocate, number, rootChunk);
        writeRows(root);
        root.countsRoot(frozen.countsRoot(), frozen.countsHeight(), frozen.usedBlocks());
        root.goneVolumes(frozen.gone());
        root.pageTable(frozen.pages().lastId(), frozen.pages().livePages());
        IOException[] failure = {null};
        frozen.pages().forEachNode((index, slot, checksum) -> {
            try {
                if (failure[0] == null) {
                    root.tableNode((int) index, slot, checksum);
                }
            } catch (IOException e) {
                failure[0] = e;
            }
        });
        if (failure[0] != null) {
            throw failure[0];
        }
        CheckpointPlace place = root.finish(slots, frozen.seq(), journalOffset);
        rootRuns = root.runs();
        return place;
    }

    /** Makes the rows one by one: together they may take more memory than pages may. */
    private void writeRows(RootStreamWriter root) throws IOException {
        try {
            CheckpointRows.write(frozen.small(), row -> {
                try {
                    root.stateRow(row);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** Gives the file back. */
    @Override
    public void close() throws IOException {
        file.close();
    }
}
