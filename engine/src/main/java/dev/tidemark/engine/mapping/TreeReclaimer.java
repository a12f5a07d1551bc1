package dev.tidemark.engine.mapping;

/**
 * Gives back what a tree holds alone, in bounded steps. What is left of the tree is the cursor: links that were given
 * back are cleared in pages of the tree's own, so a step can stop anywhere and replay stops at the same place.
 *
 * <p>Work is counted in blocks: one for a block or a link to a shared page that is given back, {@value #PAGE_WORK} for
 * a
 * page that is looked through. A step may exceed its bound by what the last leaf holds. Writer thread.
 */
final class TreeReclaimer {
    /** About what looking through a page costs, in given-back blocks. */
    static final int PAGE_WORK = 16;

    private final PageStore pages;
    private final PhysicalBlocks blocks;
    private final PageCopier copier;
    private final long[] batch = new long[PhysicalBlocks.MAX_BATCH];
    private long work;
    private long taken;
    private long ownedAfter;

    TreeReclaimer(PageStore pages, PhysicalBlocks blocks, PageCopier copier) {
        this.pages = pages;
        this.blocks = blocks;
        this.copier = copier;
    }

    /** One step; returns how many mapped blocks left the tree. */
    long step(MappingRoot root, int maxWork) {
        if (root.isEmpty()) {
            return 0;
        }
        work = maxWork;
        taken = 0;
        ownedAfter = root.ownedAfter();
        int height = root.height();
        long rest = consume(root.pageId(), height, root.mappedBlocks());
        root.publish(rest, height);
        root.addMapped(-taken);
        return taken;
    }

    /** Takes one link off a page and off all that goes with it, whatever that costs; returns how many mapped blocks. */
    long drop(long id, int height, long mapped) {
        work = Long.MAX_VALUE;
        taken = 0;
        consume(id, height, mapped);
        return taken;
    }

    /** Takes one link off a page; returns 0, or the page (or its copy) that holds what is left when work ran out. */
    private long consume(long id, int height, long mapped) {
        if (pages.references(id) > 1) {
            pages.release(id);
            taken += mapped;
            work--;
            return 0;
        }
        work -= PAGE_WORK;
        if (height == 1) {
            consumeLeaf(pages.address(id));
            pages.release(id);
            return 0;
        }
        long page = pages.address(id);
        for (int i = 0; i < MappingPage.ENTRIES; i++) {
            long entry = MappingPage.entry(page, i);
            long child = MappingPage.child(entry);
            if (child == 0) {
                continue;
            }
            if (work <= 0 && taken > 0) {
                return keepFrom(id, height, i, child, MappingPage.mapped(entry));
            }
            long childMapped = MappingPage.mapped(entry);
            long before = taken;
            long rest = consume(child, height - 1, childMapped);
            if (rest != 0) {
                return keepFrom(id, height, i, rest, childMapped - (taken - before));
            }
        }
        pages.release(id);
        return 0;
    }

    private void consumeLeaf(long page) {
        int count = MappingPage.mappedPlaces(page, 0, MappingPage.ENTRIES, batch);
        blocks.release(batch, count);
        taken += count;
        work -= count;
    }

    /** Stops before child {@code index}, of which {@code rest} is left: clears the links before it. */
    private long keepFrom(long id, int height, int index, long rest, long mapped) {
        // No copy adds links here: the page has one, or it would not have been looked into.
        long own = copier.own(id, height, ownedAfter);
        long page = pages.writable(own);
        for (int i = 0; i < index; i++) {
            MappingPage.clear(MappingPage.entry(page, i));
        }
        long entry = MappingPage.entry(page, index);
        MappingPage.mapped(entry, mapped);
        MappingPage.link(entry, rest);
        return own;
    }
}
