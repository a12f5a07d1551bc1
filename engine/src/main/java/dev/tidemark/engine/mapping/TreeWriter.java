package dev.tidemark.engine.mapping;

/** Maps blocks: descends, owning every page on the way, and changes leaf entries in place. Writer thread. */
final class TreeWriter {
    private final PageStore pages;
    private final PhysicalBlocks blocks;
    private final PageCopier copier;
    private final long[] batch = new long[PhysicalBlocks.MAX_BATCH];
    /** The path of the last descent, by height; entries lead from the page of that height to the one below. */
    private final long[] pathPages = new long[MappingPage.MAX_HEIGHT + 1];

    private final long[] pathEntries = new long[MappingPage.MAX_HEIGHT + 1];

    TreeWriter(PageStore pages, PhysicalBlocks blocks, PageCopier copier) {
        this.pages = pages;
        this.blocks = blocks;
        this.copier = copier;
    }

    void put(MappingRoot root, long first, long physical, int count, int[] checksums, int checksumIndex, int flags) {
        blocks.claim(physical, count);
        reach(root, first + count - 1);
        long added = 0;
        int done = 0;
        while (done < count) {
            long leafId = descend(root, first + done);
            int index = MappingPage.index(first + done, 1);
            int segment = Math.min(MappingPage.ENTRIES - index, count - done);
            long place = MappingPage.pack(physical + done, flags);
            int fresh = write(pages.writable(leafId), index, place, segment, checksums, checksumIndex + done);
            if (fresh > 0) {
                for (int height = root.height(); height > 1; height--) {
                    pages.writable(pathPages[height]);
                    long entry = pathEntries[height];
                    MappingPage.mapped(entry, MappingPage.mapped(entry) + fresh);
                }
                added += fresh;
            }
            done += segment;
        }
        if (added > 0) {
            root.addMapped(added);
        }
    }

    /** Makes the tree high enough for {@code block}; the root page of an empty tree is made at once. */
    private void reach(MappingRoot root, long block) {
        int height = root.height();
        if (height == 0) {
            height = 1;
            while (block >>> (MappingPage.ENTRY_BITS * height) != 0) {
                height++;
            }
            root.publish(pages.allocate(), height);
            return;
        }
        while (block >>> (MappingPage.ENTRY_BITS * height) != 0) {
            long above = pages.allocate();
            long entry = MappingPage.entry(pages.address(above), 0);
            MappingPage.mapped(entry, root.mappedBlocks());
            MappingPage.link(entry, root.pageId());
            height++;
            root.publish(above, height);
        }
    }

    /** Goes down to the leaf of {@code block}, making what is missing and owning what is shared; returns its id. */
    private long descend(MappingRoot root, long block) {
        long ownedAfter = root.ownedAfter();
        int height = root.height();
        long id = root.pageId();
        if (id <= ownedAfter) {
            id = copier.own(id, height, ownedAfter);
            root.publish(id, height);
        }
        while (height > 1) {
            long entry = MappingPage.entry(pages.address(id), MappingPage.index(block, height));
            pathPages[height] = id;
            pathEntries[height] = entry;
            long child = MappingPage.child(entry);
            if (child <= ownedAfter) {
                child = child == 0 ? pages.allocate() : copier.own(child, height - 1, ownedAfter);
                pages.writable(id);
                MappingPage.link(entry, child);
            }
            id = child;
            height--;
        }
        return id;
    }

    /** Changes entries of one own leaf; returns how many of them were unmapped before. */
    private int write(long leaf, int index, long place, int count, int[] checksums, int checksumIndex) {
        int replaced = MappingPage.mappedPlaces(leaf, index, index + count, batch);
        for (int i = 0; i < count; i++) {
            MappingPage.set(MappingPage.entry(leaf, index + i), place + i, checksums[checksumIndex + i]);
        }
        blocks.release(batch, replaced);
        return count - replaced;
    }
}
