package dev.tidemark.engine.mapping;

import java.io.IOException;
import org.agrona.collections.LongHashSet;

/**
 * Visits what trees map, each leaf once however many trees share it: the walk for whoever has to look at every block.
 *
 * <p>On the writer's thread, or where nobody writes. Memory grows with the pages that are shared, not with all pages.
 */
public final class LeafWalk {
    private final PageStore pages;
    /** Pages that several parents have; the others can't be reached twice. */
    private final LongHashSet seen = new LongHashSet();

    /** A walk over trees of one page store; nothing was visited yet. */
    public LeafWalk(PageStore pages) {
        this.pages = pages;
    }

    /** Takes mapped blocks. */
    @FunctionalInterface
    public interface Sink {
        /**
         * Takes one block.
         *
         * @param block the logical block, in the tree through which it was reached first
         * @param physical where it is; another leaf may map the same
         * @param checksum CRC32C of its content
         */
        void block(long block, long physical, int checksum) throws IOException;
    }

    /** Visits the mapped blocks of a tree in order, but for those in leaves that were visited before. */
    public void tree(MappingRoot root, Sink sink) throws IOException {
        if (!root.isEmpty()) {
            page(root.pageId(), root.height(), 0, sink);
        }
    }

    private void page(long id, int height, long firstBlock, Sink sink) throws IOException {
        if (pages.references(id) > 1 && !seen.add(id)) {
            return;
        }
        long page = pages.readable(id, height);
        for (int i = 0; i < MappingPage.ENTRIES; i++) {
            long entry = MappingPage.entry(page, i);
            if (height == 1) {
                long physical = MappingPage.physical(MappingPage.place(entry));
                if (physical != 0) {
                    sink.block(firstBlock + i, physical, MappingPage.checksum(entry));
                }
            } else {
                long child = MappingPage.child(entry);
                if (child != 0) {
                    page(child, height - 1, firstBlock + i * MappingPage.span(height - 1), sink);
                }
            }
        }
    }
}
