package dev.tidemark.engine.mapping;

/**
 * The changes of mapping trees. One writer thread calls everything here; readers look on through {@link MappingReader}.
 *
 * <p><b>Words.</b> A page is <i>shared</i> when it has more than one reference. A tree <i>owns</i> a page that was
 * made for
 * it, and has been in no other tree since: one whose id is greater than the root's {@link MappingRoot#ownedAfter}.
 * Every
 * operation that makes a second tree see the same pages ({@link #share}), or gives pages to another tree ({@link
 * #merge},
 * {@link #handOver}, {@link #cut}), raises that mark to the last page id, for all roots concerned.
 *
 * <p><b>Invariants</b>
 * <ol>
 *   <li>T1: only pages that the tree owns are changed in place; any other page on the way is copied first (a page with
 *   one
 *       reference moves to a new id and its children go with it; a shared one leaves its children with one more
 *       reference
 *       each). An owned page is never shared.
 *   <li>T2: an inner entry's count is the number of mapped blocks below its child; a child of count 0 is not there;
 *   only
 *       an empty tree has no root page. A tree grows in height and never shrinks, but to empty.
 *   <li>T3: a physical block's reference count is the number of leaf entries, of all pages, that refer to it.
 * </ol>
 *
 * <p><b>Why readers need no lock.</b> A reader loads the root once, then links, then entries (acquire loads against the
 * writer's release stores). Case by case, for a reader of tree V that stands in page P:
 * <ul>
 *   <li><i>P is copied</i> because V changes something below it: P stays as it is, for ever, since no tree owns P any
 *   more
 *       (T1). The reader goes on with V as of the moment when it loaded the link to P, which lies within its call.
 *       Were it allowed to change P in place once its references are down to one (the snapshot's), this reader
 *       would be shown what was written to the snapshot: that is why owning is not "one reference".
 *   <li><i>P is dropped</i>: it stays readable until the reader's pin is gone (P2 in {@link PageStore}); the physical
 *       blocks in it are not reused before that either.
 *   <li><i>An entry of P is changed in place</i>: only by V (T1), so both values are V's own; the pair of place and
 *   checksum
 *       is never mixed (M1 in {@link MappingPage}).
 *   <li><i>V grows in height</i>: page id and height are one long. Under the old pair, a block beyond its span reads as
 *       unmapped, as it was when the pair was loaded.
 *   <li><i>V is cut, or unmapped</i>: the reader finds the old link, and below it the old content (the tree that took
 *   it
 *       does not own it, so clears nothing in it, T1), or none. Both were true within its call.
 *   <li><i>V takes a snapshot's tree (merge)</i>: V owns none of those pages, so what is written to V afterwards shows
 *       nowhere else; a reader of the snapshot, which is gone, still finds the snapshot's content, as the root that
 *       was handed over keeps its pointer.
 *   <li><i>V is reclaimed</i> after a delete or merge: only pages that the job made are cleared in place, and no
 *   reader can
 *       have a link to those.
 * </ul>
 */
public final class MappingTrees {
    /** The greatest block number plus one: 256^5 blocks, so that every block number fits a long with room to add. */
    public static final long MAX_BLOCKS = 1L << 40;

    private final PageStore pages;
    private final PhysicalBlocks blocks;
    private final PageCopier copier;
    private final TreeWriter writer;
    private final TreeReclaimer reclaimer;
    private final TreeCutter cutter;
    private final PagesAhead ahead;

    public MappingTrees(PageStore pages, PhysicalBlocks blocks) {
        this.pages = pages;
        this.blocks = blocks;
        copier = new PageCopier(pages, blocks);
        writer = new TreeWriter(pages, blocks, copier);
        reclaimer = new TreeReclaimer(pages, blocks, copier);
        cutter = new TreeCutter(pages, blocks, copier, reclaimer);
        ahead = new PagesAhead(pages, blocks);
    }

    /** What brings in the pages that a change will touch. */
    public PagesAhead ahead() {
        return ahead;
    }

    /**
     * Maps {@code count} blocks (1 or more) from {@code firstBlock} to as many adjacent physical blocks, all free so
     * far;
     * what they were mapped to before is given back.
     *
     * @param physical the first physical block, 1 or greater
     * @param checksums CRC32C of the blocks, from index {@code checksumIndex} on
     * @param flags 16 spare bits, kept with each block
     * @throws IllegalStateException when a physical block is in use: the event is not one of this history
     */
    public void put(
            MappingRoot root,
            long firstBlock,
            long physical,
            int count,
            int[] checksums,
            int checksumIndex,
            int flags) {
        root.requireAttached();
        requireRange(firstBlock, count);
        writer.put(root, firstBlock, physical, count, checksums, checksumIndex, flags);
    }

    /**
     * Unmaps {@code count} blocks (1 or more) entry by entry: work grows with the mapped blocks in the range that the
     * tree
     * holds alone. Returns how many were mapped.
     */
    public long unmap(MappingRoot root, long firstBlock, long count) {
        root.requireAttached();
        requireRange(firstBlock, count);
        return cutter.unmap(root, firstBlock, firstBlock + count);
    }

    /**
     * Moves what is mapped in {@code count} blocks (1 or more) from {@code firstBlock} into the empty tree {@code
     * removed},
     * by links: work grows with the height, not with the range. {@code removed} stays empty when nothing was mapped.
     */
    public void cut(MappingRoot root, long firstBlock, long count, MappingRoot removed) {
        root.requireAttached();
        removed.requireEmpty();
        requireRange(firstBlock, count);
        cutter.cut(root, firstBlock, firstBlock + count, removed);
    }

    /** A snapshot: the empty tree {@code target} shows from now on what {@code source} shows now. Constant time. */
    public void share(MappingRoot source, MappingRoot target) {
        source.requireAttached();
        target.requireEmpty();
        if (!source.isEmpty()) {
            pages.retain(source.pageId());
        }
        source.owned(pages.lastId());
        target.take(source, pages.lastId());
    }

    /**
     * {@code target}, which is empty, takes over what {@code source} holds (a deleted volume's job does). Readers of
     * {@code source} go on unharmed; it must not be changed, nor shared, any more. Constant time.
     */
    public void handOver(MappingRoot source, MappingRoot target) {
        source.requireAttached();
        target.requireEmpty();
        target.take(source, pages.lastId());
        source.detach();
    }

    /**
     * {@code origin} shows from now on what {@code snapshot} holds, which is handed over; what the origin held goes to
     * the
     * empty tree {@code replaced}, for a job. Constant time.
     */
    public void merge(MappingRoot origin, MappingRoot snapshot, MappingRoot replaced) {
        origin.requireAttached();
        snapshot.requireAttached();
        replaced.requireEmpty();
        replaced.take(origin, pages.lastId());
        origin.take(snapshot, pages.lastId());
        snapshot.detach();
    }

    /**
     * Gives back a bounded part of a tree that nobody looks at any more, at least one block of it. The same bound
     * always
     * ends at the same place.
     *
     * @param maxWork how many blocks to give back at most (1 or more), looking through pages counted in; it may be
     *     exceeded by one leaf
     * @return how many mapped blocks left the tree; it is done when it {@link MappingRoot#isEmpty}
     */
    public long reclaimStep(MappingRoot root, int maxWork) {
        root.requireAttached();
        if (maxWork < 1) {
            throw new IllegalArgumentException("maxWork=" + maxWork);
        }
        return reclaimer.step(root, maxWork);
    }

    /**
     * Whether every one of {@code count} blocks (1 or more) is mapped, and to a block that nothing else refers to:
     * writing
     * them anew gives as many blocks back as it takes.
     */
    public boolean ownsAlone(MappingRoot root, long firstBlock, long count) {
        long block = firstBlock;
        long end = firstBlock + count;
        while (block < end) {
            long leaf = leafAlone(root, block);
            if (leaf == 0) {
                return false;
            }
            for (int i = MappingPage.index(block, 1); i < MappingPage.ENTRIES && block < end; i++) {
                long physical = MappingPage.physical(MappingPage.place(MappingPage.entry(leaf, i)));
                if (physical == 0 || blocks.references(physical) != 1) {
                    return false;
                }
                block++;
            }
        }
        return true;
    }

    /** The address of the leaf of {@code block} when no page on the way is shared, else 0. */
    private long leafAlone(MappingRoot root, long block) {
        int height = root.height();
        if (height == 0 || block >>> (MappingPage.ENTRY_BITS * height) != 0) {
            return 0;
        }
        long id = root.pageId();
        while (id != 0 && pages.references(id) == 1) {
            if (height == 1) {
                return pages.address(id);
            }
            id = MappingPage.child(MappingPage.entry(pages.address(id), MappingPage.index(block, height)));
            height--;
        }
        return 0;
    }

    private static void requireRange(long firstBlock, long count) {
        if (firstBlock < 0 || count < 1 || count > MAX_BLOCKS || firstBlock > MAX_BLOCKS - count) {
            throw new IllegalArgumentException("blocks " + firstBlock + "+" + count);
        }
    }
}
