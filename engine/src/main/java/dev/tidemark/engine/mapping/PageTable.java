package dev.tidemark.engine.mapping;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.Function;
import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.collections.LongArrayList;
import org.agrona.collections.LongHashSet;

/**
 * The page table: which slot holds the last image of each page, and how many references the page has. It is a radix
 * tree of two levels over page ids, in images of 4 KiB, little-endian:
 *
 * <pre>
 *   leaf L  entry i, of page L * 256 + i:  | slot (32) | checksum (32) | references (32) | 0 (32) |   slot 0 = no page
 *   node N  entry i, of leaf N * 256 + i:  | slot (32) | checksum (32) | pages (32)      | 0 (32) |   slot 0 = no leaf
 * </pre>
 *
 * <p>A checkpoint names the nodes themselves. Leaves are brought into memory as chunks of the {@link PageDirectory}
 * when one of their pages is first asked for, nodes when one of their leaves is.
 *
 * <p>All under the page store's lock, but for {@link #bringIn}, which takes it, and reads without it.
 */
final class PageTable {
    static final int LEAF_BITS = 8;
    static final int LEAF_IDS = 1 << LEAF_BITS;
    static final int NODE_LEAVES = 256;
    /** Chunks of a leaf. */
    static final int CHUNKS = LEAF_IDS >>> PageDirectory.SLOT_BITS;

    static final int ENTRY_BYTES = 16;
    private static final int CHECKSUM = 4;
    private static final int COUNT = 8;

    private final PageDirectory directory;
    private final PageBacking backing;
    private final Object lock;
    private final Long2ObjectHashMap<Node> nodes = new Long2ObjectHashMap<>();

    /** What is known about 256 leaves. */
    static final class Node {
        final long index;
        /** Slot (low 32 bits) and checksum of the node's own image; 0 for none. */
        long place;
        /** Whether what follows is known; a node that was never saved is. */
        boolean loaded;

        final long[] leafPlaces = new long[NODE_LEAVES];
        final int[] leafPages = new int[NODE_LEAVES];
        /** A bit for each leaf: its chunks are in the directory, those that are not have no page. */
        final long[] inMemory = new long[NODE_LEAVES / Long.SIZE];

        Node(long index) {
            this.index = index;
        }

        /** One below which nothing was ever saved: what there is is in memory. */
        static Node unsaved(long index) {
            Node node = new Node(index);
            node.loaded = true;
            java.util.Arrays.fill(node.inMemory, -1L);
            return node;
        }

        boolean isInMemory(int leaf) {
            return (inMemory[leaf >>> 6] & 1L << leaf) != 0;
        }

        void inMemory(int leaf, boolean is) {
            if (is) {
                inMemory[leaf >>> 6] |= 1L << leaf;
            } else {
                inMemory[leaf >>> 6] &= ~(1L << leaf);
            }
        }

        boolean isEmpty() {
            for (int pages : leafPages) {
                if (pages != 0) {
                    return false;
                }
            }
            return true;
        }
    }

    PageTable(PageDirectory directory, PageBacking backing, Object lock) {
        this.directory = directory;
        this.backing = backing;
        this.lock = lock;
    }

    static long place(int slot, int checksum) {
        return Integer.toUnsignedLong(slot) | (long) checksum << 32;
    }

    static int slotOf(long place) {
        return (int) place;
    }

    static int checksumOf(long place) {
        return (int) (place >>> 32);
    }

    /** Takes a node over as a checkpoint named it. */
    void restore(long index, int slot, int checksum) {
        Node node = new Node(index);
        node.place = place(slot, checksum);
        nodes.put(index, node);
    }

    /** The node of that index, made when it is missing: then nothing was ever saved below it. */
    Node node(long index) {
        Node node = nodes.get(index);
        if (node == null) {
            node = Node.unsaved(index);
            nodes.put(index, node);
        }
        return node;
    }

    /** Whether all that is known about the leaf's pages is in memory. */
    boolean isInMemory(long leaf) {
        Node node = nodes.get(leaf >>> LEAF_BITS);
        return node == null || (node.loaded && node.isInMemory((int) leaf & (NODE_LEAVES - 1)));
    }

    /**
     * Takes leaves out of memory of which no page is resident, in limbo, or changed since its last checkpoint. No
     * checkpoint is being written.
     *
     * @param changed leaves that changed since the last one; the chunk that did may be gone with its last page
     */
    void dropIdleLeaves(LongHashSet changed) {
        for (Node node : nodes.values()) {
            for (int i = 0; node.loaded && i < NODE_LEAVES; i++) {
                long leaf = (node.index << LEAF_BITS) + i;
                if (node.leafPlaces[i] != 0 && node.isInMemory(i) && !changed.contains(leaf) && isIdle(leaf)) {
                    for (int c = 0; c < CHUNKS; c++) {
                        long first = firstId(leaf, c);
                        if (directory.chunk(first) != null) {
                            directory.drop(first);
                        }
                    }
                    node.inMemory(i, false);
                }
            }
        }
    }

    private boolean isIdle(long leaf) {
        for (int c = 0; c < CHUNKS; c++) {
            long[] chunk = directory.chunk(firstId(leaf, c));
            if (chunk != null && !isIdle(chunk)) {
                return false;
            }
        }
        return leaf != directory.lastId() >>> LEAF_BITS;
    }

    private static boolean isIdle(long[] chunk) {
        if (chunk[PageDirectory.CHANGED] != 0) {
            return false;
        }
        for (int word = 0; word < PageDirectory.PRESENT; word += PageDirectory.SLOT_WORDS) {
            boolean dead = chunk[word + PageDirectory.REFERENCES] == 0 && chunk[word + PageDirectory.PLACE] != 0;
            if (chunk[word] != 0 || chunk[word + PageDirectory.STATE] != 0 || dead) {
                return false;
            }
        }
        return true;
    }

    static long firstId(long leaf, int chunk) {
        return (leaf << LEAF_BITS) + ((long) chunk << PageDirectory.SLOT_BITS);
    }

    /** Notes that a leaf's chunks are in the directory, as one of them is made anew. */
    void made(long leaf) {
        node(leaf >>> LEAF_BITS).inMemory((int) leaf & (NODE_LEAVES - 1), true);
    }

    /** The indices of all nodes, in ascending order. */
    long[] indices() {
        LongArrayList indices = new LongArrayList();
        nodes.keySet().forEach(indices::addLong);
        long[] sorted = indices.toLongArray();
        java.util.Arrays.sort(sorted);
        return sorted;
    }

    void remove(long index) {
        nodes.remove(index);
    }

    long memoryBytes() {
        return nodes.size() * (16L + NODE_LEAVES * 12 + 200);
    }

    /**
     * Brings the chunks of a leaf into the directory, unless they are there. Any thread, without the lock.
     *
     * @param scratch gives a buffer that the thread may use meanwhile
     */
    void bringIn(long leaf, Function<PageKind, ByteBuffer> scratch) {
        while (true) {
            PageKind kind;
            long index;
            long place;
            synchronized (lock) {
                Node node = nodes.get(leaf >>> LEAF_BITS);
                int i = (int) leaf & (NODE_LEAVES - 1);
                if (node == null || (node.loaded && node.isInMemory(i))) {
                    return;
                }
                kind = node.loaded ? PageKind.TABLE_LEAF : PageKind.TABLE_NODE;
                index = node.loaded ? leaf : node.index;
                place = node.loaded ? node.leafPlaces[i] : node.place;
                if (place == 0) {
                    node.inMemory(i, true);
                    return;
                }
            }
            ByteBuffer image = scratch.apply(kind);
            try {
                backing.read(kind, index, slotOf(place), checksumOf(place), image);
            } catch (IOException e) {
                if (isStill(kind, leaf, place)) {
                    throw new PageUnreadableException(kind, index, slotOf(place), e);
                }
                continue; // a checkpoint moved it meanwhile
            }
            synchronized (lock) {
                if (isStill(kind, leaf, place)) {
                    take(kind, leaf, image.order(ByteOrder.LITTLE_ENDIAN));
                }
            }
        }
    }

    private boolean isStill(PageKind kind, long leaf, long place) {
        synchronized (lock) {
            Node node = nodes.get(leaf >>> LEAF_BITS);
            int i = (int) leaf & (NODE_LEAVES - 1);
            if (node == null) {
                return false;
            }
            return kind == PageKind.TABLE_NODE
                    ? !node.loaded && node.place == place
                    : node.loaded && !node.isInMemory(i) && node.leafPlaces[i] == place;
        }
    }

    private void take(PageKind kind, long leaf, ByteBuffer image) {
        Node node = nodes.get(leaf >>> LEAF_BITS);
        if (kind == PageKind.TABLE_NODE) {
            for (int i = 0; i < NODE_LEAVES; i++) {
                int at = i * ENTRY_BYTES;
                node.leafPlaces[i] = place(image.getInt(at), image.getInt(at + CHECKSUM));
                node.leafPages[i] = image.getInt(at + COUNT);
            }
            node.loaded = true;
            return;
        }
        for (int c = 0; c < CHUNKS; c++) {
            long[] chunk = chunk(image, c);
            if (chunk != null) {
                directory.install(firstId(leaf, c), chunk);
            }
        }
        node.inMemory((int) leaf & (NODE_LEAVES - 1), true);
    }

    private static long[] chunk(ByteBuffer image, int index) {
        long[] chunk = null;
        for (int i = 0; i < PageDirectory.SLOTS; i++) {
            int at = (index * PageDirectory.SLOTS + i) * ENTRY_BYTES;
            int slot = image.getInt(at);
            if (slot != 0) {
                chunk = chunk == null ? new long[PageDirectory.CHUNK_WORDS] : chunk;
                int word = i * PageDirectory.SLOT_WORDS;
                chunk[word + PageDirectory.PLACE] = place(slot, image.getInt(at + CHECKSUM));
                chunk[word + PageDirectory.REFERENCES] = Integer.toUnsignedLong(image.getInt(at + COUNT));
                chunk[PageDirectory.PRESENT]++;
            }
        }
        return chunk;
    }

    /** Puts one entry of a leaf or a node into its image. */
    static void putEntry(ByteBuffer image, int base, int index, long place, int count) {
        int at = base + index * ENTRY_BYTES;
        image.putInt(at, slotOf(place));
        image.putInt(at + CHECKSUM, checksumOf(place));
        image.putInt(at + COUNT, count);
        image.putInt(at + COUNT + 4, 0);
    }
}
