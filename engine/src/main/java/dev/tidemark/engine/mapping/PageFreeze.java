package dev.tidemark.engine.mapping;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.IntConsumer;
import org.agrona.BufferUtil;
import org.agrona.UnsafeApi;
import org.agrona.collections.Long2LongHashMap;
import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.collections.LongArrayList;
import org.agrona.collections.LongHashSet;

/**
 * All pages as they were at one moment, for the thread that writes a checkpoint while the writer goes on: hands out the
 * content of the pages that changed since the last one, then the parts of the page table that change with them.
 *
 * <p>Nothing is copied when it is made. Whoever comes first to a page of it copies it: this thread, to write it, or the
 * writer, aside, before it changes it. The same holds for what the table says about 64 pages. So pages never move, and
 * the writer pays for a copy once a page and checkpoint.
 *
 * <pre>{@code
 * while (freeze.nextLeaf()) {
 *     for (int i = 0; i < freeze.pages(); i++) {
 *         freeze.copyPage(i, buffer, at);                        // 4 KiB
 *         freeze.placePage(i, slot, checksum);
 *     }
 *     if (freeze.leafImage(buffer, at) > 0) freeze.placeLeaf(slot, checksum); else freeze.placeLeaf(0, 0);
 *     // whenever the buffer was written to the slots: freeze.written()
 * }
 * while (freeze.nextNode()) …                                    // the same with nodeImage and placeNode
 * freeze.end();
 * }</pre>
 *
 * <p>One thread, but for what {@link PageStore} calls under its lock.
 */
public final class PageFreeze {
    private static final long[] NO_PAGES = new long[PageDirectory.CHUNK_WORDS];
    static final long NONE = 0;

    private final PageStore pages;
    private final Object lock;
    private final PageCache cache;
    private final PageDirectory directory;
    private final PageTable table;
    private final PageBacking backing;
    private final IntConsumer replaced;

    private final int generation;
    private final long lastId;
    private final long livePages;
    private final long dirtyPages;

    // under the lock
    private final LongHashSet uncaptured;
    private final Long2ObjectHashMap<long[]> chunksAside;
    private final Long2LongHashMap pagesAside;
    private final FreezeBuffers buffers;

    private final long[] leaves;
    private int nextLeaf;
    private long leaf;
    private final long[] references;
    private final long[] places;
    private final int[] dirty;
    private int dirtyCount;

    /** Pairs of page id and new place, of images that are not written yet. */
    private final LongArrayList placed;

    private final long[] nodes;
    private int nextNode;
    private PageTable.Node node;

    /**
     * @param changedLeaves of the page table, in which something changed since the last freeze
     * @param replaced told each slot that the checkpoint before refers to and this one does not any more
     */
    PageFreeze(
            PageStore pages,
            PageParts parts,
            int generation,
            long dirtyPages,
            LongHashSet changedLeaves,
            IntConsumer replaced) {
        this.pages = pages;
        this.lock = parts.lock();
        this.cache = parts.cache();
        this.directory = parts.directory();
        this.table = parts.table();
        this.backing = parts.backing();
        this.buffers = parts.buffers();
        this.chunksAside = buffers.chunksAside;
        this.pagesAside = buffers.pagesAside;
        this.placed = buffers.placed;
        this.references = buffers.references;
        this.places = buffers.places;
        this.dirty = buffers.dirty;
        this.replaced = replaced;
        this.generation = generation;
        this.lastId = pages.lastId();
        this.livePages = pages.livePages();
        this.dirtyPages = dirtyPages;
        this.uncaptured = changedLeaves;
        leaves = new long[changedLeaves.size()];
        int count = 0;
        for (LongHashSet.LongIterator each = changedLeaves.iterator(); each.hasNext(); ) {
            leaves[count++] = each.nextValue();
        }
        Arrays.sort(leaves);
        nodes = Arrays.stream(leaves)
                .map(l -> l >>> PageTable.LEAF_BITS)
                .distinct()
                .toArray();
    }

    /** The id given last, at that moment. */
    public long lastId() {
        return lastId;
    }

    /** How many pages had a reference. */
    public long livePages() {
        return livePages;
    }

    /** How many pages changed since the last freeze, at most: some may be gone again. */
    public long dirtyPages() {
        return dirtyPages;
    }

    /** How many images there will be at most: changed pages, leaves and nodes of the table. */
    public long images() {
        return dirtyPages + leaves.length + nodes.length;
    }

    // ---- the writer's side, under the lock

    /** Before the table's view of 64 pages changes: keeps it aside if it is still needed. */
    void keepChunk(long id, long[] chunk) {
        long index = id >>> PageDirectory.SLOT_BITS;
        if (uncaptured.contains(id >>> PageTable.LEAF_BITS) && !chunksAside.containsKey(index)) {
            chunksAside.put(index, chunk == null ? NO_PAGES : buffers.copy(chunk));
        }
    }

    /** Before a page changes or goes: keeps its content aside if it is still needed; returns its new state. */
    long keepPage(long id, long state, long address) {
        int changed = (int) state;
        if (changed == 0 || changed > generation || (state & PageDirectory.ASSIGNING) != 0) {
            return state;
        }
        long frame = cache.take();
        UnsafeApi.copyMemory(address, frame, PageStore.PAGE_BYTES);
        pagesAside.put(id, frame);
        return state | PageDirectory.ASSIGNING;
    }

    // ---- leaves and their pages

    /** Goes on to the next leaf of the table that changed; false when there is none. */
    public boolean nextLeaf() {
        if (nextLeaf == leaves.length) {
            return false;
        }
        leaf = leaves[nextLeaf++];
        dirtyCount = 0;
        synchronized (lock) {
            for (int c = 0; c < PageTable.CHUNKS; c++) {
                captureChunk(c);
            }
            uncaptured.remove(leaf);
        }
        return true;
    }

    private void captureChunk(int chunkOfLeaf) {
        long first = PageTable.firstId(leaf, chunkOfLeaf);
        long[] aside = chunksAside.remove(first >>> PageDirectory.SLOT_BITS);
        long[] chunk = aside;
        if (chunk == null) {
            chunk = directory.chunk(first);
            if (chunk == null) {
                chunk = NO_PAGES;
            } else {
                chunk[PageDirectory.CHANGED] = 0;
            }
        }
        int base = chunkOfLeaf * PageDirectory.SLOTS;
        for (int i = 0; i < PageDirectory.SLOTS; i++) {
            int word = i * PageDirectory.SLOT_WORDS;
            references[base + i] = chunk[word + PageDirectory.REFERENCES];
            places[base + i] = chunk[word + PageDirectory.PLACE];
            int changed = (int) chunk[word + PageDirectory.STATE];
            if (references[base + i] != 0 && changed != 0 && changed <= generation) {
                dirty[dirtyCount++] = base + i;
            }
        }
        if (aside != null && aside != NO_PAGES) {
            buffers.give(aside);
        }
    }

    /** How many changed pages the leaf has, 0 to 256. */
    public int pages() {
        return dirtyCount;
    }

    /** The id of one of them. */
    public long pageId(int index) {
        return (leaf << PageTable.LEAF_BITS) + dirty[index];
    }

    /** The index of the leaf in the table. */
    public long leaf() {
        return leaf;
    }

    /** Copies the content of a changed page to {@code at} of a direct buffer; once for each. */
    public void copyPage(int index, ByteBuffer buffer, int at) {
        long target = BufferUtil.address(buffer) + at;
        long id = pageId(index);
        synchronized (lock) {
            long aside = pagesAside.remove(id);
            if (aside != NONE) {
                UnsafeApi.copyMemory(aside, target, PageStore.PAGE_BYTES);
                cache.give(aside);
                return;
            }
            long[] chunk = directory.chunk(id);
            UnsafeApi.copyMemory(PageDirectory.address(chunk, id), target, PageStore.PAGE_BYTES);
            chunk[PageDirectory.slot(id) + PageDirectory.STATE] = PageDirectory.ASSIGNING;
        }
    }

    /** Says where the page's content goes. */
    public void placePage(int index, int slot, int checksum) {
        long old = places[dirty[index]];
        if (old != 0) {
            replaced.accept(PageTable.slotOf(old));
        }
        long place = PageTable.place(slot, checksum);
        places[dirty[index]] = place;
        placed.addLong(pageId(index));
        placed.addLong(place);
    }

    /** Fills {@code at} of a buffer with the leaf's image; returns how many pages it has: 0 needs no slot. */
    public int leafImage(ByteBuffer buffer, int at) {
        int count = 0;
        for (int i = 0; i < PageTable.LEAF_IDS; i++) {
            boolean live = references[i] != 0;
            PageTable.putEntry(buffer, at, i, live ? places[i] : 0, live ? (int) references[i] : 0);
            count += live ? 1 : 0;
        }
        synchronized (lock) {
            table.node(leaf >>> PageTable.LEAF_BITS).leafPages[leafOfNode()] = count;
        }
        return count;
    }

    /** Says where the leaf's image goes; slot 0 for a leaf without pages. */
    public void placeLeaf(int slot, int checksum) {
        synchronized (lock) {
            PageTable.Node its = table.node(leaf >>> PageTable.LEAF_BITS);
            long old = its.leafPlaces[leafOfNode()];
            if (old != 0) {
                replaced.accept(PageTable.slotOf(old));
            }
            its.leafPlaces[leafOfNode()] = slot == 0 ? 0 : PageTable.place(slot, checksum);
        }
    }

    private int leafOfNode() {
        return (int) leaf & (PageTable.NODE_LEAVES - 1);
    }

    /** Says that everything that was placed so far is written to its slots (not that it is forced). */
    public void written() {
        synchronized (lock) {
            for (int i = 0; i < placed.size(); i += 2) {
                finishPage(placed.getLong(i), placed.getLong(i + 1));
            }
            pages.captured(placed.size() / 2);
        }
        placed.clear();
    }

    private void finishPage(long id, long place) {
        long[] chunk = directory.chunk(id);
        int slot = PageDirectory.slot(id);
        boolean live = chunk != null && chunk[slot + PageDirectory.REFERENCES] != 0;
        if (live) {
            PageDirectory.place(chunk, id, place);
        } else {
            backing.dropped(PageTable.slotOf(place)); // it went after the moment that this is about
        }
        if (chunk != null) {
            chunk[slot + PageDirectory.STATE] &= ~PageDirectory.ASSIGNING;
        }
    }

    // ---- nodes

    /** After all leaves: goes on to the next node of the table that changed; false when there is none. */
    public boolean nextNode() {
        if (nextNode == nodes.length) {
            return false;
        }
        synchronized (lock) {
            node = table.node(nodes[nextNode++]);
        }
        return true;
    }

    /** The index of the node in the table. */
    public long node() {
        return node.index;
    }

    /** Fills {@code at} of a buffer with the node's image; returns how many leaves it has: 0 needs no slot. */
    public int nodeImage(ByteBuffer buffer, int at) {
        int count = 0;
        for (int i = 0; i < PageTable.NODE_LEAVES; i++) {
            PageTable.putEntry(buffer, at, i, node.leafPlaces[i], node.leafPlaces[i] == 0 ? 0 : node.leafPages[i]);
            count += node.leafPlaces[i] == 0 ? 0 : 1;
        }
        return count;
    }

    /** Says where the node's image goes; slot 0 for a node without leaves. */
    public void placeNode(int slot, int checksum) {
        synchronized (lock) {
            if (node.place != 0) {
                replaced.accept(PageTable.slotOf(node.place));
            }
            node.place = slot == 0 ? 0 : PageTable.place(slot, checksum);
        }
    }

    /** Takes one node of the table. */
    @FunctionalInterface
    public interface NodeSink {
        /** The node of that index and its image's place. */
        void node(long index, int slot, int checksum);
    }

    /** Tells all nodes of the table that have an image, changed or not, by index. After the last node. */
    public void forEachNode(NodeSink sink) {
        synchronized (lock) {
            for (long index : table.indices()) {
                long place = table.node(index).place;
                if (place != 0) {
                    sink.node(index, PageTable.slotOf(place), PageTable.checksumOf(place));
                }
            }
        }
    }

    /** Everything is written: the next freeze may come. */
    public void end() {
        synchronized (lock) {
            for (long index : nodes) {
                PageTable.Node its = table.node(index);
                if (its.place == 0 && its.isEmpty() && index != pages.lastId() >>> (2 * PageTable.LEAF_BITS)) {
                    table.remove(index);
                }
            }
            pages.thawed();
        }
    }
}
