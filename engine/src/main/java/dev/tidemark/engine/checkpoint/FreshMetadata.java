package dev.tidemark.engine.checkpoint;

import dev.tidemark.engine.mapping.PageStore;
import dev.tidemark.engine.state.State;
import dev.tidemark.engine.state.StateImage;
import dev.tidemark.storage.Storage;
import java.io.IOException;

/**
 * A metadata file that is made anew, aside, for a state that the whole journal makes; it becomes the store's at the
 * end, in three steps:
 *
 * <ol>
 *   <li>both copies of the superblock say that there is no checkpoint: an open replays the whole journal;
 *   <li>the new file takes the old one's name;
 *   <li>both copies of the superblock name its checkpoint.
 * </ol>
 *
 * <p>So whatever a crash cuts off, an open makes the same state, or the work can be begun again. While the state grows,
 * what was changed is written to the file now and then ({@link #relieve}), so that memory has its bound. One thread.
 */
public final class FreshMetadata implements AutoCloseable {
    /** The file's name while it is made. What a crash leaves of one is removed when the next is begun. */
    static final String ASIDE = MetadataFile.FILE_NAME + ".new";

    /** Written ahead at a time. */
    private static final int STEP_SLOTS = 1024;

    private final Storage folder;
    private final Superblock blank;
    private final MetadataFile file;
    private final State state;
    private final CheckpointWriter writer;
    private SuperblockFile.Found found;
    private boolean publishes;
    private boolean published;

    private FreshMetadata(Storage folder, Superblock blank, MetadataFile file, long pageMemoryBytes) {
        this.folder = folder;
        this.blank = blank;
        this.file = file;
        SlotMap slots = new SlotMap();
        slots.extend(1);
        state = new State(blank.blockSizeBytes(), new PageStore(new MetadataSlots(file, slots), pageMemoryBytes));
        writer = new CheckpointWriter(this::become, file, slots, blank, new long[0]);
    }

    /**
     * Begins one.
     *
     * @param blank the superblock that is to be, without a checkpoint
     * @param pageMemoryBytes what pages and their bookkeeping should take
     */
    public static FreshMetadata begin(Storage folder, Superblock blank, long pageMemoryBytes) throws IOException {
        if (blank.checkpoint().exists()) {
            throw new IllegalArgumentException("the superblock names a checkpoint");
        }
        if (folder.exists(ASIDE)) {
            folder.delete(ASIDE);
        }
        return new FreshMetadata(folder, blank, MetadataFile.create(folder, ASIDE), pageMemoryBytes);
    }

    /** The state, to be filled by events. */
    public State state() {
        return state;
    }

    /** Writes what was changed to the file when it takes much memory. Between events. */
    public void relieve() throws IOException {
        PageStore pages = state.pages();
        if (pages.dirtyPages() >= pages.budgetPages() / 2) {
            checkpoint(0, 0);
        }
    }

    /**
     * Makes the file and its checkpoint the store's. The journal is durable, and so is what its frames carried.
     *
     * @param copies what was found of the superblock, or null when nothing was
     * @param journalOffset of the next frame
     * @param journalEpoch of this open
     */
    public void publish(SuperblockFile.Found copies, long journalOffset, int journalEpoch) throws IOException {
        found = copies;
        publishes = true;
        checkpoint(journalOffset, journalEpoch);
    }

    private void checkpoint(long journalOffset, int journalEpoch) throws IOException {
        StateImage small = StateImage.of(state);
        long rowBytes = CheckpointWriter.rowBytes(small);
        long wanted = state.pages().checkpointImages() + writer.slotsBesideImages(rowBytes);
        writer.makeRoom(wanted, STEP_SLOTS);
        writer.begin(FrozenState.of(state, small, rowBytes, writer));
        boolean done;
        do {
            done = writer.writeSome();
        } while (!done);
        writer.finish(journalOffset, journalEpoch);
        writer.slots().freeDead(); // nobody else reads
    }

    /** What is checkpointed on the way is nobody's but this object's. */
    private void become(Superblock next) throws IOException {
        if (!publishes) {
            return;
        }
        if (found == null) {
            SuperblockFile.write(folder, blank);
            folder.syncDirectory("");
        } else {
            SuperblockFile.renew(folder, found, blank);
        }
        folder.rename(ASIDE, MetadataFile.FILE_NAME);
        folder.syncDirectory("");
        published = true;
        SuperblockFile.write(folder, next);
    }

    /** Gives memory and file back; removes a file that did not become the store's. */
    @Override
    public void close() throws IOException {
        state.close();
        file.close();
        if (!published && folder.exists(ASIDE)) {
            folder.delete(ASIDE);
        }
    }
}
