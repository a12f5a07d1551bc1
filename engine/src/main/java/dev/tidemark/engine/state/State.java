package dev.tidemark.engine.state;

import dev.tidemark.engine.job.JobTable;
import dev.tidemark.engine.mapping.MappingTrees;
import dev.tidemark.engine.mapping.PageStore;
import dev.tidemark.engine.space.Space;
import dev.tidemark.engine.volume.Catalogue;

/**
 * All that events have made: catalogue and lineage, trees, reference counts, jobs, and the window of requests. It is
 * the
 * result of the events alone, the same for the same events on any machine; {@link StateDigest} says whether two are.
 *
 * <p>One writer thread. Other threads may use what {@link Catalogue}, its volumes and the mapping reader say is for any
 * thread, and {@link #seq}. {@link Applier} changes it, and nothing else does, but
 * for the restoring of a checkpoint into a new state.
 */
public final class State implements AutoCloseable {
    /** The smallest block. */
    public static final int MIN_BLOCK_BYTES = 4 << 10;
    /** The largest block. */
    public static final int MAX_BLOCK_BYTES = 64 << 10;

    private final int blockSizeBytes;
    private final PageStore pages;
    private final Space space;
    private final MappingTrees trees;
    private final Catalogue catalogue;
    private final JobTable jobs = new JobTable();
    private final RequestWindow requests = new RequestWindow();
    private volatile long seq;
    private long catalogueSeq;

    /**
     * The state before the first event.
     *
     * @param blockSizeBytes a power of two from {@link #MIN_BLOCK_BYTES} to {@link #MAX_BLOCK_BYTES}
     */
    public State(int blockSizeBytes) {
        this(blockSizeBytes, new PageStore());
    }

    /** The same in a given store of pages, which is closed with the state. */
    public State(int blockSizeBytes, PageStore pages) {
        if (blockSizeBytes < MIN_BLOCK_BYTES
                || blockSizeBytes > MAX_BLOCK_BYTES
                || Integer.bitCount(blockSizeBytes) != 1) {
            throw new IllegalArgumentException("block size " + blockSizeBytes + ": a power of two from 4K to 64K");
        }
        this.blockSizeBytes = blockSizeBytes;
        this.pages = pages;
        space = new Space(pages);
        trees = new MappingTrees(pages, space);
        catalogue = new Catalogue(pages);
    }

    /** The size of a block, in bytes. */
    public int blockSizeBytes() {
        return blockSizeBytes;
    }

    /** The seq of the last event that was applied; 0 for none. Any thread. */
    public long seq() {
        return seq;
    }

    /** The seq of the last event that changed the catalogue, which {@code if=} looks at; 0 for none. */
    public long catalogueSeq() {
        return catalogueSeq;
    }

    /** Volumes, alive and gone. */
    public Catalogue catalogue() {
        return catalogue;
    }

    /** Jobs that are not completed. */
    public JobTable jobs() {
        return jobs;
    }

    /** The last idempotent requests. */
    public RequestWindow requests() {
        return requests;
    }

    /** The pages of all trees, of the reference counts, and of what is remembered of volumes that are gone. */
    public PageStore pages() {
        return pages;
    }

    /** Reference counts, and what the last event freed. */
    public Space space() {
        return space;
    }

    /** What changes the trees: for the applier. */
    public MappingTrees trees() {
        return trees;
    }

    /** Sets the seqs as a checkpoint saved them. Only before the first event. */
    public void restoreSeqs(long newSeq, long newCatalogueSeq) {
        if (seq != 0 || newCatalogueSeq > newSeq) {
            throw new IllegalStateException("seq " + newSeq + " and " + newCatalogueSeq + " after " + seq);
        }
        catalogueSeq = newCatalogueSeq;
        seq = newSeq;
    }

    void advance(boolean catalogueChanged) {
        long next = seq + 1;
        if (catalogueChanged) {
            catalogueSeq = next;
        }
        // Last, so that who sees the seq sees what the event made.
        seq = next;
    }

    /** Gives the pages' memory back. No reader may be pinned. */
    @Override
    public void close() {
        pages.close();
    }
}
