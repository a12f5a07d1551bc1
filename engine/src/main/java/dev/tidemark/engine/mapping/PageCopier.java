package dev.tidemark.engine.mapping;

/** Gives a tree a page of its own to change: the one place where pages are copied. Writer thread. */
final class PageCopier {
    private final PageStore pages;
    private final PhysicalBlocks blocks;
    private final long[] batch = new long[PhysicalBlocks.MAX_BATCH];

    PageCopier(PageStore pages, PhysicalBlocks blocks) {
        this.pages = pages;
        this.blocks = blocks;
    }

    /**
     * The page itself when it was made for this tree alone ({@code id > ownedAfter}), else a copy with one reference,
     * which takes the place of the caller's link to {@code id}: the caller links it. If that was the last link, the
     * page goes to limbo and its copy takes its children over; otherwise each child has one more link now.
     */
    long own(long id, int height, long ownedAfter) {
        if (id > ownedAfter) {
            return id;
        }
        long copy = pages.allocateCopy(id);
        if (pages.release(id) > 0) {
            retainChildren(pages.address(copy), height);
        }
        return copy;
    }

    private void retainChildren(long page, int height) {
        if (height == 1) {
            int count = MappingPage.mappedPlaces(page, 0, MappingPage.ENTRIES, batch);
            blocks.retain(batch, count);
        } else {
            for (int i = 0; i < MappingPage.ENTRIES; i++) {
                long child = MappingPage.child(MappingPage.entry(page, i));
                if (child != 0) {
                    pages.retain(child);
                }
            }
        }
    }
}
