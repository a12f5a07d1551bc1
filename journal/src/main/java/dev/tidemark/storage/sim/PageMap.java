package dev.tidemark.storage.sim;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The content of one file, sparse, in copy-on-write pages: a copy costs one array of references (8 bytes for every MiB
 * up to the last page), and shares every page until one side writes to it.
 *
 * <p>For every 64 bytes of a page one bit says whether anything was written there, so that reads of bytes that nobody
 * wrote can be found.
 */
final class PageMap {
    static final int PAGE_BYTES = 4096;

    /** Far above any store of a test, and small enough for an array of leaves. */
    static final long MAX_BYTES = 1L << 44;

    private static final int LEAF_PAGES = 256;
    private static final long LEAF_BYTES = (long) PAGE_BYTES * LEAF_PAGES;
    private static final int CELL_BYTES = PAGE_BYTES / Long.SIZE;
    private static final Leaf[] NO_LEAVES = {};

    /** A page of written zeros; it is nobody's own, so it is never written to. */
    private static final Page ZEROS = new Page(new Object(), new byte[PAGE_BYTES], -1L);

    private static final class Page {
        final Object owner;
        final byte[] bytes;
        long written;

        Page(Object owner, byte[] bytes, long written) {
            this.owner = owner;
            this.bytes = bytes;
            this.written = written;
        }
    }

    private static final class Leaf {
        final Object owner;
        final Page[] pages;

        Leaf(Object owner, Page[] pages) {
            this.owner = owner;
            this.pages = pages;
        }
    }

    private Leaf[] leaves = NO_LEAVES;
    private Object owner = new Object();
    private long size;
    private long pageCount;

    /** A copy; neither side sees what the other writes from now on. */
    PageMap copy() {
        PageMap copy = new PageMap();
        copy.leaves = leaves.length == 0 ? NO_LEAVES : leaves.clone();
        copy.size = size;
        copy.pageCount = pageCount;
        owner = new Object(); // what was this map's own is shared now
        return copy;
    }

    long size() {
        return size;
    }

    /** How many pages take space. */
    long pageCount() {
        return pageCount;
    }

    /** Reads up to the end of the file, or until {@code dst} is full; returns the number of bytes. */
    int read(long offset, ByteBuffer dst) {
        int total = (int) Math.max(0, Math.min(dst.remaining(), size - offset));
        long at = offset;
        for (int left = total; left > 0; ) {
            int within = (int) (at % PAGE_BYTES);
            int count = Math.min(left, PAGE_BYTES - within);
            Page page = page(at);
            dst.put((page == null ? ZEROS : page).bytes, within, count);
            at += count;
            left -= count;
        }
        return total;
    }

    /** The first byte of the range (within the file) in a cell that nobody wrote to, or -1. */
    long firstUnwritten(long offset, long length) {
        long end = Math.min(size, offset + length);
        for (long at = offset; at < end; at = (at / CELL_BYTES + 1) * CELL_BYTES) {
            Page page = page(at);
            if (page == null || (page.written & 1L << (int) (at % PAGE_BYTES / CELL_BYTES)) == 0) {
                return at;
            }
        }
        return -1;
    }

    void write(long offset, byte[] src, int from, int length) {
        long at = offset;
        int next = from;
        for (int left = length; left > 0; ) {
            int within = (int) (at % PAGE_BYTES);
            int count = Math.min(left, PAGE_BYTES - within);
            Page page = ownPage(at, count == PAGE_BYTES);
            System.arraycopy(src, next, page.bytes, within, count);
            page.written |= cells(within, count, true);
            at += count;
            next += count;
            left -= count;
        }
        size = Math.max(size, offset + length);
    }

    /** Writes zeros. */
    void zero(long offset, long length) {
        long end = offset + length;
        for (long at = offset; at < end; ) {
            int within = (int) (at % PAGE_BYTES);
            int count = (int) Math.min(end - at, PAGE_BYTES - within);
            if (count == PAGE_BYTES) {
                set(at, ZEROS);
            } else {
                Page page = ownPage(at, false);
                Arrays.fill(page.bytes, within, within + count, (byte) 0);
                page.written |= cells(within, count, true);
            }
            at += count;
        }
        size = Math.max(size, end);
    }

    /** Makes a hole; does not change the size. */
    void punch(long offset, long length) {
        long end = Math.min(offset + length, leaves.length * LEAF_BYTES);
        for (long at = offset; at < end; ) {
            int within = (int) (at % PAGE_BYTES);
            int count = (int) Math.min(end - at, PAGE_BYTES - within);
            Leaf leaf = leaves[(int) (at / LEAF_BYTES)];
            if (leaf == null) {
                at = (at / LEAF_BYTES + 1) * LEAF_BYTES;
                continue;
            }
            if (leaf.pages[slot(at)] != null) {
                if (count == PAGE_BYTES) {
                    set(at, null);
                } else {
                    Page page = ownPage(at, false);
                    Arrays.fill(page.bytes, within, within + count, (byte) 0);
                    page.written &= ~cells(within, count, false);
                }
            }
            at += count;
        }
    }

    void resize(long newSize) {
        if (newSize < size) {
            punch(newSize, leaves.length * LEAF_BYTES - Math.min(newSize, leaves.length * LEAF_BYTES));
            int kept = (int) ((newSize + LEAF_BYTES - 1) / LEAF_BYTES);
            if (kept < leaves.length) {
                leaves = Arrays.copyOf(leaves, kept);
            }
        }
        size = newSize;
    }

    /** How many pages of the range take no space yet. */
    long missingPages(long offset, long length) {
        long missing = 0;
        for (long at = offset / PAGE_BYTES * PAGE_BYTES; at < offset + length; at += PAGE_BYTES) {
            if (page(at) == null) {
                missing++;
            }
        }
        return missing;
    }

    /** A hash of size and content; holes and zeros count the same. */
    long hash() {
        long hash = size * 0x9E3779B97F4A7C15L;
        for (int i = 0; i < leaves.length; i++) {
            for (int j = 0; leaves[i] != null && j < LEAF_PAGES; j++) {
                Page page = leaves[i].pages[j];
                if (page != null && page != ZEROS) {
                    hash += hashPage(page.bytes, ((long) i * LEAF_PAGES + j) * 0xD1B54A32D192ED03L);
                }
            }
        }
        return hash;
    }

    private static long hashPage(byte[] bytes, long seed) {
        long hash = 0;
        for (int at = 0; at < bytes.length; at += Long.BYTES) {
            long word = (long) Bytes.LONGS.get(bytes, at);
            if (word != 0) {
                hash += SplitMix.mix(word ^ SplitMix.mix(seed + at));
            }
        }
        return hash;
    }

    private Page page(long at) {
        int index = (int) (at / LEAF_BYTES);
        if (index >= leaves.length || leaves[index] == null) {
            return null;
        }
        return leaves[index].pages[slot(at)];
    }

    private static int slot(long at) {
        return (int) (at % LEAF_BYTES / PAGE_BYTES);
    }

    private Page ownPage(long at, boolean overwritten) {
        Page page = page(at);
        if (page != null && page.owner == owner) {
            return page;
        }
        byte[] bytes = page == null || overwritten ? new byte[PAGE_BYTES] : page.bytes.clone();
        Page fresh = new Page(owner, bytes, page == null ? 0 : page.written);
        set(at, fresh);
        return fresh;
    }

    private void set(long at, Page page) {
        int index = (int) (at / LEAF_BYTES);
        if (index >= leaves.length) {
            int length = Math.max(index + 1, Math.min(leaves.length * 2, (int) (MAX_BYTES / LEAF_BYTES)));
            leaves = Arrays.copyOf(leaves, length);
        }
        Leaf leaf = leaves[index];
        if (leaf == null) {
            leaf = new Leaf(owner, new Page[LEAF_PAGES]);
            leaves[index] = leaf;
        } else if (leaf.owner != owner) {
            leaf = new Leaf(owner, leaf.pages.clone());
            leaves[index] = leaf;
        }
        int slot = slot(at);
        pageCount += (page == null ? 0 : 1) - (leaf.pages[slot] == null ? 0 : 1);
        leaf.pages[slot] = page;
    }

    /** The bits of the cells that a range touches, or of those that lie in it as a whole. */
    private static long cells(int within, int count, boolean touched) {
        int first = touched ? within / CELL_BYTES : (within + CELL_BYTES - 1) / CELL_BYTES;
        int end = touched ? (within + count + CELL_BYTES - 1) / CELL_BYTES : (within + count) / CELL_BYTES;
        if (end <= first) {
            return 0;
        }
        int bits = end - first;
        return bits == Long.SIZE ? -1L : ((1L << bits) - 1) << first;
    }
}
