package dev.tidemark.engine.mapping;

/**
 * Brings in, before a tree is changed, every page that the change will touch: so that a page that can't be read fails
 * who asked for the change, and the change itself can't fail. Each method belongs to one of {@link MappingTrees} and
 * walks where that one will go, on the state as it is before; it brings in no less, and hardly more. Pages that the
 * change itself will make need nothing.
 *
 * <p>Where a page is copied that has other references, its children get one more each: so their references are
 * brought in, and for a leaf the counts of its blocks. What is below a page that will be copied so is shared by then,
 * though it has one reference yet.
 *
 * <p>Writer thread. Nothing is changed but what is in memory. All throw {@link PageUnreadableException}, naming the
 * page.
 */
public final class PagesAhead {
    private enum Purpose {
        /** Every block of the range is mapped anew. */
        PUT,
        /** What is mapped in the range is given back. */
        UNMAP,
        /** What lies in the range whole is linked elsewhere. */
        CUT
    }

    private final PageStore pages;
    private final PhysicalBlocks blocks;
    private final long[] batch = new long[PhysicalBlocks.MAX_BATCH];
    private long ownedAfter;
    private Purpose purpose;
    private long work;
    private long taken;

    PagesAhead(PageStore pages, PhysicalBlocks blocks) {
        this.pages = pages;
        this.blocks = blocks;
    }

    /** Whether there is anything to do at all: not while every page is in memory. */
    public boolean isNeeded() {
        return pages.isPartlyAbsent();
    }

    /**
     * For {@link MappingTrees#put}, also of several runs of physical blocks one after the other.
     *
     * @param shared whether the tree will have been shared by then (a snapshot taken in the same event)
     */
    public void put(MappingRoot root, long firstBlock, long count, boolean shared) {
        walk(root, firstBlock, count, shared, Purpose.PUT);
    }

    /** For the physical blocks of a {@link MappingTrees#put}. */
    public void claim(long physical, int count) {
        blocks.bringIn(physical, count);
    }

    /** For {@link MappingTrees#unmap}. */
    public void unmap(MappingRoot root, long firstBlock, long count) {
        walk(root, firstBlock, count, false, Purpose.UNMAP);
    }

    /** For {@link MappingTrees#cut}; {@code shared} as in {@link #put}. */
    public void cut(MappingRoot root, long firstBlock, long count, boolean shared) {
        walk(root, firstBlock, count, shared, Purpose.CUT);
    }

    /** For {@link MappingTrees#share}; the other changes of whole trees touch no page. */
    public void share(MappingRoot source) {
        if (!source.isEmpty()) {
            pages.bringInReferences(source.pageId());
        }
    }

    /** For {@link MappingTrees#reclaimStep} with the same bound. */
    public void reclaimStep(MappingRoot root, int maxWork) {
        if (!root.isEmpty()) {
            work = maxWork;
            taken = 0;
            consume(root.pageId(), root.height(), root.mappedBlocks());
        }
    }

    private void walk(MappingRoot root, long firstBlock, long count, boolean shared, Purpose newPurpose) {
        int height = root.height();
        long end = Math.min(firstBlock + count, MappingPage.span(height));
        if (root.isEmpty() || firstBlock >= end) {
            return;
        }
        purpose = newPurpose;
        ownedAfter = shared ? Long.MAX_VALUE : root.ownedAfter();
        page(root.pageId(), height, firstBlock, end, shared);
    }

    /**
     * One page of which the range covers a part, or all of it when it is the root or has blocks to be put.
     *
     * @param shared whether it will have other references when it is copied, whatever it has now
     */
    private void page(long id, int height, long from, long to, boolean shared) {
        if (purpose != Purpose.PUT && from == 0 && to == MappingPage.span(height)) {
            if (purpose == Purpose.UNMAP && !shared) {
                work = Long.MAX_VALUE;
                taken = 0;
                consume(id, height, 0);
            }
            return; // one link less: its references were brought in with its parent's, or it is the root
        }
        require(id);
        boolean copiedShared = id <= ownedAfter && (shared || pages.references(id) > 1);
        long page = pages.address(id);
        if (height == 1) {
            int first = copiedShared ? 0 : (int) from;
            int end = copiedShared ? MappingPage.ENTRIES : (int) to;
            if (copiedShared || purpose != Purpose.CUT) {
                blocks.bringIn(batch, MappingPage.mappedPlaces(page, first, end, batch));
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
                page(child, height - 1, Math.max(from - i * span, 0), Math.min(to - i * span, span), copiedShared);
            }
        }
    }

    /** As in {@link TreeReclaimer}, in the same order, without giving anything back; whether the work ran out. */
    private boolean consume(long id, int height, long mapped) {
        pages.bringInReferences(id);
        if (pages.references(id) > 1) {
            taken += mapped;
            work--;
            return false;
        }
        require(id);
        work -= TreeReclaimer.PAGE_WORK;
        long page = pages.address(id);
        if (height == 1) {
            int count = MappingPage.mappedPlaces(page, 0, MappingPage.ENTRIES, batch);
            blocks.bringIn(batch, count);
            taken += count;
            work -= count;
            return false;
        }
        for (int i = 0; i < MappingPage.ENTRIES; i++) {
            long entry = MappingPage.entry(page, i);
            long child = MappingPage.child(entry);
            if (child != 0 && ((work <= 0 && taken > 0) || consume(child, height - 1, MappingPage.mapped(entry)))) {
                return true;
            }
        }
        return false;
    }

    private void require(long id) {
        if (!pages.bringIn(id)) {
            throw new IllegalStateException("page " + id + " is linked and not there");
        }
    }
}
