package dev.tidemark.engine.space;

import dev.tidemark.engine.mapping.PageStore;
import dev.tidemark.engine.mapping.TreeAudit;
import org.agrona.UnsafeApi;

/**
 * Looks through the tree of reference counts. Writer thread, but for {@link #prefetch}.
 */
final class CountWalk {
    private static final int WORD_BITS = 64;

    private final PageStore pages;

    CountWalk(PageStore pages) {
        this.pages = pages;
    }

    /**
     * Brings in the pages that lead to a block's count, as far as there are any:
     * afterwards the block's count can be looked at, and a missing leaf be made, with nothing more to bring in.
     *
     * @throws dev.tidemark.engine.mapping.PageUnreadableException when a page can't be read
     */
    void bringIn(long root, int height, long physical) {
        if (root == 0 || physical >= CountPage.span(height)) {
            return;
        }
        long id = root;
        int level = height;
        while (id != 0 && pages.bringIn(id) && level > 1) {
            id = CountPage.child(CountPage.entry(pages.address(id), CountPage.index(physical, level)));
            level--;
        }
    }

    /** The same for a thread that only looks ahead: brings in what there is room for. */
    void prefetch(long root, int height, long physical, boolean alone) {
        if (root == 0 || physical >= CountPage.span(height)) {
            return;
        }
        long id = root;
        int level = height;
        while (id != 0) {
            long page = pages.prefetch(id, alone);
            if (page == 0 || level == 1) {
                return;
            }
            id = CountPage.child(CountPage.entry(page, CountPage.index(physical, level)));
            level--;
        }
    }

    /** One more than the greatest block whose count is not 0, 1 when there is none. Reads a page a level. */
    long highWaterBlocks(long root, int height) {
        if (root == 0) {
            return 1;
        }
        long id = root;
        long first = 0;
        for (int level = height; level > 1; level--) {
            long page = pages.address(id);
            int index = CountPage.ENTRIES - 1;
            while (CountPage.child(CountPage.entry(page, index)) == 0) {
                index--; // a page without a child would have been dropped
            }
            id = CountPage.child(CountPage.entry(page, index));
            first += index * CountPage.span(level - 1);
        }
        long leaf = pages.address(id);
        int index = CountPage.LEAF_BLOCKS - 1;
        while (UnsafeApi.getInt(CountPage.slot(leaf, index)) == 0) {
            index--;
        }
        return first + index + 1;
    }

    /**
     * How many counts are not 0 from block {@code first} on, a multiple of {@link CountPage#LEAF_BLOCKS}, in {@code
     * leaves} leaves. Reads no leaf, but when it is the only page.
     */
    int usedBlocks(long root, int height, long usedBlocks, long first, int leaves) {
        if (height <= 1) {
            return first == 0 ? (int) usedBlocks : 0;
        }
        int used = 0;
        for (int i = 0; i < leaves; i++) {
            long entry = entryAbove(root, height, first + (long) i * CountPage.LEAF_BLOCKS);
            used += entry == 0 ? 0 : (int) CountPage.used(entry);
        }
        return used;
    }

    /** Sets a bit for each count that is not 0, from the first block of a leaf on; clears the others. */
    void usedBits(long root, int height, long first, long[] bits) {
        int words = CountPage.LEAF_BLOCKS / WORD_BITS;
        for (int word = 0; word < bits.length; word += words) {
            long physical = first + (long) word * WORD_BITS;
            long leaf = 0;
            if (height == 1) {
                leaf = physical == 0 ? pages.address(root) : 0;
            } else if (height > 1) {
                long entry = entryAbove(root, height, physical);
                long id = entry == 0 ? 0 : CountPage.child(entry);
                leaf = id == 0 ? 0 : pages.address(id);
            }
            for (int i = 0; i < words; i++) {
                bits[word + i] = leaf == 0 ? 0 : usedWord(leaf + (long) i * WORD_BITS * Integer.BYTES);
            }
        }
    }

    private static long usedWord(long counts) {
        long bits = 0;
        for (int i = 0; i < WORD_BITS; i++) {
            int count = UnsafeApi.getInt(counts + ((long) i << 2));
            bits |= (long) ((count | -count) >>> 31) << i;
        }
        return bits;
    }

    /** The entry that leads to a block's leaf in a tree of height 2 or more, 0 when the page that holds it is not. */
    private long entryAbove(long root, int height, long physical) {
        if (physical >= CountPage.span(height)) {
            return 0;
        }
        long id = root;
        for (int level = height; level > 2; level--) {
            id = CountPage.child(CountPage.entry(pages.address(id), CountPage.index(physical, level)));
            if (id == 0) {
                return 0;
            }
        }
        return CountPage.entry(pages.address(id), CountPage.index(physical, 2));
    }

    /** Tells all counts that are not 0, in ascending order of blocks. */
    void forEach(long root, int height, CountSink sink) {
        if (root != 0) {
            forEach(root, height, 0, sink);
        }
    }

    private void forEach(long id, int level, long first, CountSink sink) {
        if (level > 1) {
            for (int i = 0; i < CountPage.ENTRIES; i++) {
                long child = CountPage.child(CountPage.entry(pages.readable(id, level), i));
                if (child != 0) {
                    forEach(child, level - 1, first + i * CountPage.span(level - 1), sink);
                }
            }
            return;
        }
        long page = pages.readable(id, 1);
        for (int i = 0; i < CountPage.LEAF_BLOCKS; i++) {
            int count = UnsafeApi.getInt(CountPage.slot(page, i));
            if (count != 0) {
                sink.count(first + i, Integer.toUnsignedLong(count));
            }
        }
    }

    /** Compares the counts of each page with what the page above says; returns how many of them are not 0. */
    long audit(long id, int level, TreeAudit audit) {
        long below = 0;
        if (level == 1) {
            long page = pages.readable(id, 1);
            for (int i = 0; i < CountPage.LEAF_BLOCKS; i++) {
                below += UnsafeApi.getInt(CountPage.slot(page, i)) == 0 ? 0 : 1;
            }
        } else {
            for (int i = 0; i < CountPage.ENTRIES; i++) {
                long child = CountPage.child(CountPage.entry(pages.readable(id, level), i));
                long used = 0;
                if (child != 0) {
                    audit.link(child);
                    used = audit(child, level - 1, audit);
                }
                long said = CountPage.used(CountPage.entry(pages.readable(id, level), i));
                if (said != (level == 2 ? used : 0)) {
                    audit.finding("page " + id + " entry " + i + " says " + said + " used counts, not " + used);
                }
                below += used;
            }
        }
        if (below == 0) {
            audit.finding("page " + id + " holds no count and should have been dropped");
        }
        return below;
    }
}
