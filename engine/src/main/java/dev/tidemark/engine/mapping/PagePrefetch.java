package dev.tidemark.engine.mapping;

/**
 * Brings in, beside the writer, what a change of a range will probably touch, so that the writer rarely waits: the path
 * to each leaf, the counts of the blocks that are replaced, and what a copy of a shared page touches. A hint only: what
 * changes meanwhile may be missed, and {@link PagesAhead} makes sure.
 *
 * <p>Any thread under an epoch pin, taken while the volume was alive. Reads only; keeps nothing.
 */
public final class PagePrefetch {
    private final PageStore pages;
    private final PhysicalBlocks blocks;
    private final boolean alone;

    /**
     * Of the trees and counts in these pages.
     *
     * @param alone whether to read no page with another one: what is asked for lies anywhere
     */
    public PagePrefetch(PageStore pages, PhysicalBlocks blocks, boolean alone) {
        this.pages = pages;
        this.blocks = blocks;
        this.alone = alone;
    }

    /** Whether there is anything to do at all: not while every page is in memory. */
    public boolean isNeeded() {
        return pages.isPartlyAbsent();
    }

    /**
     * For a write of {@code count} blocks (1 or more) from {@code firstBlock}.
     *
     * @throws PageUnreadableException when a page can't be read
     */
    public void write(MappingRoot root, long firstBlock, long count) {
        long pointer = root.pointer();
        int height = MappingRoot.height(pointer);
        long end = Math.min(firstBlock + count, MappingPage.span(height));
        if (pointer != 0 && firstBlock >= 0 && firstBlock < end) {
            page(MappingRoot.pageId(pointer), height, firstBlock, end, root.ownedAfter(), false);
        }
    }

    /**
     * For a discard or zeroing of {@code count} blocks (1 or more) from {@code firstBlock}: like a write while there is
     * little to give back, else the two ends of what is cut out.
     *
     * @param most so many mapped blocks are given back at once; more are cut out of the tree
     * @throws PageUnreadableException when a page can't be read
     */
    public void unmap(MappingRoot root, long firstBlock, long count, long most) {
        if (Math.min(count, root.mappedBlocks()) <= most) {
            write(root, firstBlock, count);
        } else {
            write(root, firstBlock, 1);
            write(root, firstBlock + count - 1, 1);
        }
    }

    private void page(long id, int height, long from, long to, long ownedAfter, boolean shared) {
        long page = pages.prefetch(id, alone);
        if (page == 0) {
            return;
        }
        boolean copiedShared = id <= ownedAfter && (shared || pages.seemsShared(id));
        if (height == 1) {
            long last = -PhysicalBlocks.PAGE_BLOCKS;
            int end = copiedShared ? MappingPage.ENTRIES : (int) to;
            for (int i = copiedShared ? 0 : (int) from; i < end; i++) {
                long physical = MappingPage.physical(MappingPage.place(MappingPage.entry(page, i)));
                if (physical != 0 && physical / PhysicalBlocks.PAGE_BLOCKS != last / PhysicalBlocks.PAGE_BLOCKS) {
                    blocks.prefetch(physical, alone);
                    last = physical;
                }
            }
            return;
        }
        for (int i = 0; copiedShared && i < MappingPage.ENTRIES; i++) {
            long child = MappingPage.child(MappingPage.entry(page, i));
            if (child != 0) {
                pages.bringInReferences(child);
            }
        }
        long span = MappingPage.span(height - 1);
        for (long i = from / span; i <= (to - 1) / span; i++) {
            long child = MappingPage.child(MappingPage.entry(page, (int) i));
            if (child != 0) {
                long first = Math.max(from - i * span, 0);
                page(child, height - 1, first, Math.min(to - i * span, span), ownedAfter, copiedShared);
            }
        }
    }
}
