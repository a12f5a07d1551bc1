package dev.tidemark.engine.space;

import dev.tidemark.engine.mapping.PageStore;
import dev.tidemark.engine.mapping.PhysicalBlocks;
import dev.tidemark.engine.mapping.TreeAudit;
import dev.tidemark.engine.mapping.TreeDigest;

/**
 * The part of space that is state: how many leaf entries refer to each physical block, and which blocks the current
 * event
 * freed. Where the next write goes, and when a freed block may be used again, is not state: see {@link Allocator} and
 * {@link PendingFrees}. Writer thread.
 */
public final class Space implements PhysicalBlocks {
    private final ReferenceCounts counts;
    private final FreedBlocks freed = new FreedBlocks();

    /** No block is in use. The counts live in pages of the given store. */
    public Space(PageStore pages) {
        counts = new ReferenceCounts(pages);
    }

    /**
     * Sets the counts as a checkpoint saved them. Only while no block is in use.
     *
     * @param rootPage what {@link ReferenceCounts#rootPage} said: a page of the same checkpoint, or 0
     * @param height what {@link ReferenceCounts#height} said
     * @param usedBlocks what {@link #usedBlocks} said
     * @throws IllegalArgumentException when they contradict each other
     */
    public void restore(long rootPage, int height, long usedBlocks) {
        counts.restore(rootPage, height, usedBlocks);
    }

    @Override
    public void claim(long start, int count) {
        counts.claim(start, count);
    }

    @Override
    public void retain(long[] physicals, int count) {
        counts.retain(physicals, count);
    }

    @Override
    public void release(long[] physicals, int count) {
        counts.release(physicals, count, freed);
    }

    @Override
    public void bringIn(long start, int count) {
        counts.bringIn(start, count);
    }

    @Override
    public void bringIn(long[] physicals, int count) {
        counts.bringIn(physicals, count);
    }

    @Override
    public void prefetch(long physical, boolean alone) {
        counts.prefetch(physical, alone);
    }

    @Override
    public long references(long physical) {
        return counts.get(physical);
    }

    /** What was freed since the last {@link FreedBlocks#clear}: the pipeline takes it after each event. */
    public FreedBlocks freed() {
        return freed;
    }

    /** How many physical blocks have a reference. */
    public long usedBlocks() {
        return counts.usedBlocks();
    }

    /** The counts themselves: for the allocator after recovery, the checker, the digest and checkpoints. */
    public ReferenceCounts counts() {
        return counts;
    }

    /** Compares the counts with what an audit of all trees found; adds its own pages and findings to the audit. */
    public void audit(TreeAudit audit) {
        counts.audit(audit);
    }

    /** A digest of all counts. */
    public long digest() {
        long[] digest = {counts.usedBlocks()};
        counts.forEach((physical, count) -> digest[0] = TreeDigest.mix(TreeDigest.mix(digest[0], physical), count));
        return digest[0];
    }
}
