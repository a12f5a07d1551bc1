package dev.tidemark.engine.mapping;

import org.agrona.UnsafeApi;
import org.agrona.collections.LongHashSet;

/**
 * Pages by ordinal, 0 to 2^45 - 1, for tables that only grow: a radix tree of 512 children a page, as high as it has to
 * be. Its pages have one reference each, are changed in place, and no reader looks at them. Writer thread.
 */
public final class PageArray {
    /** The greatest height: a root, four levels below it, and the pages of the table. */
    public static final int MAX_HEIGHT = 6;

    private static final int CHILD_BITS = 9;
    private static final int CHILDREN = 1 << CHILD_BITS;

    private final PageStore pages;
    private long rootPage;
    private int height;

    /** One without a page. */
    public PageArray(PageStore pages) {
        this.pages = pages;
    }

    /**
     * Continues one that a checkpoint saved. Only while there is no page.
     *
     * @throws IllegalArgumentException when root page and height contradict each other
     */
    public void restore(long newRootPage, int newHeight) {
        if (rootPage != 0) {
            throw new IllegalStateException("there are pages already");
        }
        if (newRootPage < 0
                || newRootPage > PageStore.MAX_ID
                || newHeight < 0
                || newHeight > MAX_HEIGHT
                || (newRootPage == 0) != (newHeight == 0)) {
            throw new IllegalArgumentException("root page " + newRootPage + " height " + newHeight);
        }
        rootPage = newRootPage;
        height = newHeight;
    }

    /** The id of the root page, 0 for none. */
    public long rootPage() {
        return rootPage;
    }

    /** 1 when the root is a page of the table, 0 when there is none. */
    public int height() {
        return height;
    }

    /** How many pages a tree of that height has at most; 0 for none. */
    public static long capacity(int height) {
        return height == 0 ? 0 : span(height);
    }

    private static long span(int height) {
        return 1L << (CHILD_BITS * (height - 1));
    }

    private static long child(long page, long ordinal, int level) {
        return page + ((ordinal >>> (CHILD_BITS * (level - 2))) & (CHILDREN - 1)) * Long.BYTES;
    }

    /**
     * Where a page is, to be changed; made, of zeros, when it is not there. Good until the next {@link PageStore#trim}
     * or checkpoint.
     *
     * @throws PageUnreadableException when a page can't be read that {@link #bringIn} was not asked for
     */
    public long writable(long ordinal) {
        if (ordinal < 0 || ordinal >= span(MAX_HEIGHT)) {
            throw new IllegalStateException("page " + ordinal + " of a table: at most " + span(MAX_HEIGHT));
        }
        while (height == 0 || ordinal >= span(height)) {
            grow();
        }
        long id = rootPage;
        for (int level = height; level > 1; level--) {
            long below = UnsafeApi.getLong(child(pages.address(id), ordinal, level));
            if (below == 0) {
                below = pages.allocate();
                UnsafeApi.putLong(child(pages.writable(id), ordinal, level), below);
            }
            id = below;
        }
        return pages.writable(id);
    }

    private void grow() {
        long above = pages.allocate();
        if (rootPage != 0) {
            UnsafeApi.putLong(pages.writable(above), rootPage);
        }
        rootPage = above;
        height++;
    }

    /**
     * Where a page can be read, good until another one is asked for; 0 when it is not there.
     *
     * @throws PageUnreadableException when it can't be brought in
     */
    public long readable(long ordinal) {
        if (height == 0 || ordinal >= span(height)) {
            return 0;
        }
        long id = rootPage;
        for (int level = height; level > 1 && id != 0; level--) {
            id = UnsafeApi.getLong(child(pages.readable(id, level), ordinal, level));
        }
        return id == 0 ? 0 : pages.readable(id, 1);
    }

    /**
     * Brings in what {@link #writable} will touch, of this page and of one that is made right behind it.
     *
     * @throws PageUnreadableException when a page can't be read
     * @throws IllegalStateException when a page is linked that never was, so that {@link #writable} would fail
     */
    public void bringIn(long ordinal) {
        if (height == 0 || ordinal >= span(height)) {
            return;
        }
        long id = rootPage;
        for (int level = height; id != 0 && level >= 1; level--) {
            if (!pages.bringIn(id)) {
                throw new IllegalStateException("page " + id + " is linked and not there");
            }
            id = level == 1 ? 0 : UnsafeApi.getLong(child(pages.address(id), ordinal, level));
        }
    }

    /** Tells the audit every link to a page of this array. */
    public void audit(TreeAudit audit) {
        if (rootPage != 0) {
            audit.link(rootPage);
            audit(rootPage, height, new LongHashSet(), audit);
        }
    }

    private void audit(long id, int level, LongHashSet seen, TreeAudit audit) {
        if (!seen.add(id) || level == 1) {
            return; // a second link is what the audit finds
        }
        long[] children = new long[CHILDREN];
        long page = pages.readable(id, level);
        for (int i = 0; i < CHILDREN; i++) {
            children[i] = UnsafeApi.getLong(page + (long) i * Long.BYTES);
        }
        for (long below : children) {
            if (below < 0 || below > pages.lastId()) {
                audit.finding("page " + id + " has an entry that is no page id");
            } else if (below != 0) {
                audit.link(below);
                audit(below, level - 1, seen, audit);
            }
        }
    }
}
