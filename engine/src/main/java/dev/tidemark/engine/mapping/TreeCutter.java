package dev.tidemark.engine.mapping;

/**
 * Takes ranges off a tree: entry by entry ({@link #unmap}), or by moving whole subtrees into another tree ({@link
 * #cut}),
 * where only the two spines at the ends of the range are copied. Writer thread.
 */
final class TreeCutter {
    private final PageStore pages;
    private final PhysicalBlocks blocks;
    private final PageCopier copier;
    private final TreeReclaimer reclaimer;
    private final long[] batch = new long[PhysicalBlocks.MAX_BATCH];
    private long ownedAfter;

    TreeCutter(PageStore pages, PhysicalBlocks blocks, PageCopier copier, TreeReclaimer reclaimer) {
        this.pages = pages;
        this.blocks = blocks;
        this.copier = copier;
        this.reclaimer = reclaimer;
    }

    long unmap(MappingRoot root, long from, long to) {
        int height = root.height();
        long end = Math.min(to, MappingPage.span(height));
        if (root.isEmpty() || from >= end || !anyMapped(root.pageId(), height, from, end)) {
            return 0;
        }
        long removed;
        if (from == 0 && end == MappingPage.span(height)) {
            long page = root.pageId();
            root.publish(0, 0);
            removed = reclaimer.drop(page, height, root.mappedBlocks());
        } else {
            long page = ownRoot(root);
            removed = unmapPage(page, height, from, end);
            dropEmptyRoot(root, removed);
        }
        root.addMapped(-removed);
        return removed;
    }

    void cut(MappingRoot root, long from, long to, MappingRoot removed) {
        int height = root.height();
        long end = Math.min(to, MappingPage.span(height));
        if (root.isEmpty() || from >= end || !anyMapped(root.pageId(), height, from, end)) {
            return;
        }
        if (from == 0 && end == MappingPage.span(height)) {
            removed.take(root, pages.lastId());
            root.publish(0, 0);
            root.addMapped(-root.mappedBlocks());
            return;
        }
        long page = ownRoot(root);
        long part = pages.allocate();
        long moved = cutPage(page, part, height, from, end);
        dropEmptyRoot(root, moved);
        root.addMapped(-moved);
        removed.publish(part, height);
        removed.addMapped(moved);
        removed.owned(pages.lastId());
    }

    private long ownRoot(MappingRoot root) {
        ownedAfter = root.ownedAfter();
        long page = copier.own(root.pageId(), root.height(), ownedAfter);
        root.publish(page, root.height());
        return page;
    }

    private void dropEmptyRoot(MappingRoot root, long removed) {
        if (removed == root.mappedBlocks()) {
            long page = root.pageId();
            root.publish(0, 0);
            pages.release(page);
        }
    }

    /** Unmaps a part, not the whole, of an own page; {@code from} and {@code to} count from the page's first block. */
    private long unmapPage(long id, int height, long from, long to) {
        long page = pages.writable(id);
        if (height == 1) {
            return unmapLeaf(page, (int) from, (int) to);
        }
        long span = MappingPage.span(height - 1);
        long removed = 0;
        for (long i = from / span; i <= (to - 1) / span; i++) {
            long entry = MappingPage.entry(page, (int) i);
            long child = MappingPage.child(entry);
            long childFrom = Math.max(from - i * span, 0);
            long childTo = Math.min(to - i * span, span);
            if (child == 0 || !anyMapped(child, height - 1, childFrom, childTo)) {
                continue;
            }
            long mapped = MappingPage.mapped(entry);
            if (childFrom == 0 && childTo == span) {
                MappingPage.link(entry, 0);
                MappingPage.mapped(entry, 0);
                removed += reclaimer.drop(child, height - 1, mapped);
            } else {
                long own = ownChild(entry, child, height - 1);
                long count = unmapPage(own, height - 1, childFrom, childTo);
                keepOrDrop(entry, own, mapped - count);
                removed += count;
            }
        }
        return removed;
    }

    private long unmapLeaf(long page, int from, int to) {
        int count = MappingPage.mappedPlaces(page, from, to, batch);
        for (int i = from; i < to; i++) {
            long entry = MappingPage.entry(page, i);
            if (MappingPage.place(entry) != 0) {
                MappingPage.set(entry, 0, 0);
            }
        }
        blocks.release(batch, count);
        return count;
    }

    /** Moves a part, not the whole, of an own page into the new page {@code target}; returns how many mapped blocks. */
    private long cutPage(long id, long target, int height, long from, long to) {
        long page = pages.writable(id);
        long part = pages.address(target);
        if (height == 1) {
            return cutLeaf(page, part, (int) from, (int) to);
        }
        long span = MappingPage.span(height - 1);
        long moved = 0;
        for (long i = from / span; i <= (to - 1) / span; i++) {
            long entry = MappingPage.entry(page, (int) i);
            long partEntry = MappingPage.entry(part, (int) i);
            long child = MappingPage.child(entry);
            long childFrom = Math.max(from - i * span, 0);
            long childTo = Math.min(to - i * span, span);
            if (child == 0 || !anyMapped(child, height - 1, childFrom, childTo)) {
                continue;
            }
            long mapped = MappingPage.mapped(entry);
            long count = mapped;
            if (childFrom == 0 && childTo == span) {
                MappingPage.link(entry, 0);
                MappingPage.mapped(entry, 0);
                MappingPage.link(partEntry, child);
            } else {
                long own = ownChild(entry, child, height - 1);
                long childPart = pages.allocate();
                count = cutPage(own, childPart, height - 1, childFrom, childTo);
                keepOrDrop(entry, own, mapped - count);
                MappingPage.link(partEntry, childPart);
            }
            MappingPage.mapped(partEntry, count);
            moved += count;
        }
        return moved;
    }

    private static long cutLeaf(long page, long part, int from, int to) {
        long moved = 0;
        for (int i = from; i < to; i++) {
            long entry = MappingPage.entry(page, i);
            long place = MappingPage.place(entry);
            if (place != 0) {
                MappingPage.fill(MappingPage.entry(part, i), place, MappingPage.checksum(entry));
                MappingPage.set(entry, 0, 0);
                moved++;
            }
        }
        return moved;
    }

    private long ownChild(long entry, long child, int height) {
        long own = copier.own(child, height, ownedAfter);
        if (own != child) {
            MappingPage.link(entry, own);
        }
        return own;
    }

    /** After a part of a child went: notes how much is left, or drops the child that became empty. */
    private void keepOrDrop(long entry, long child, long mapped) {
        if (mapped == 0) {
            MappingPage.link(entry, 0);
            pages.release(child);
        }
        MappingPage.mapped(entry, mapped);
    }

    /** Whether anything is mapped in a part of a page: so that nothing is copied where nothing changes. */
    private boolean anyMapped(long id, int height, long from, long to) {
        if (from == 0 && to == MappingPage.span(height)) {
            return true;
        }
        long page = pages.address(id);
        long span = MappingPage.span(height - 1);
        for (long i = from / span; i <= (to - 1) / span; i++) {
            long entry = MappingPage.entry(page, (int) i);
            if (height == 1) {
                if (MappingPage.place(entry) != 0) {
                    return true;
                }
                continue;
            }
            long child = MappingPage.child(entry);
            long childFrom = Math.max(from - i * span, 0);
            long childTo = Math.min(to - i * span, span);
            if (child != 0 && anyMapped(child, height - 1, childFrom, childTo)) {
                return true;
            }
        }
        return false;
    }
}
