package dev.tidemark.engine.mapping;

import java.nio.ByteOrder;
import org.agrona.UnsafeApi;

/**
 * The off-heap pages of all trees: of every volume's mappings and of the reference counts of physical blocks.
 *
 * <p>A page has an id, 1, 2, 3, …, up to 48 bits, given in ascending order and never used again: a reader that holds a
 * stale id never finds another page under it, replay gives the same ids as the first run, and "was this page made
 * after that moment" is one comparison. All content is in the page's {@value #PAGE_BYTES} bytes, in little-endian
 * order; references and dirty generation stand beside it.
 *
 * <p><b>Threads.</b> One writer thread calls everything. Any thread may call {@link #address} for a page that it
 * reached
 * through a published root under an epoch pin.
 *
 * <p><b>Invariants</b>
 * <ol>
 *   <li>P1: references(page) = the number of links to it, from entries of pages and from attached roots. The writer
 *       drops a page when the last link goes.
 *   <li>P2: a page that was dropped keeps its frame, its content and its place in the directory until
 *       {@link #recycle} is told that every reader that could have seen a link to it has left: it is stamped with the
 *       epoch of its drop, and goes only when the safe epoch is greater. A reader with a pin of that epoch or an older
 *       one may still walk through it; one with a newer pin found no link to it, as the epoch is raised only after the
 *       changed trees are published.
 *   <li>P3: a page is filled before it is linked (the link is a release store), so no reader sees a frame's earlier
 *       content under a new id.
 * </ol>
 *
 * <p>In this version every page is resident. Nobody keeps an address across operations, every change of content goes
 * through {@link #writable}, and {@link #stamp} changes whenever a remembered address may have become wrong: so a
 * later version can bring pages in and out, and copy a page that a checkpoint is writing.
 */
public final class PageStore implements AutoCloseable {
    /** The size of every page. */
    public static final int PAGE_BYTES = 4096;

    /** The largest page id. */
    public static final long MAX_ID = (1L << 48) - 1;

    private static final long REFERENCES_MASK = 0xFFFF_FFFFL;
    private static final int GENERATION_SHIFT = 32;

    private final FramePool frames = new FramePool();
    private final PageDirectory directory = new PageDirectory();
    /** Pairs of (page id, epoch of its drop), oldest first. */
    private final LongQueue limbo = new LongQueue();

    private long lastId;
    private long livePages;
    private long epoch;
    private int generation;
    private boolean closed;
    private Probe probe;

    /** For tests: is told which pages are asked for, by the writer, and which are brought in. */
    interface Probe {
        /**
         * A page that is there, or not.
         *
         * @param content whether it is about the page, else only about its references
         * @param ahead whether it is brought in, else it is used
         */
        void page(long id, boolean content, boolean ahead);
    }

    /** Pages count as partly absent from now on. */
    void probe(Probe newProbe) {
        probe = newProbe;
    }

    private void tell(long id, boolean content, boolean ahead) {
        if (probe != null) {
            probe.page(id, content, ahead);
        }
    }

    /** An empty store. Close it to give its memory back. */
    public PageStore() {
        if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
            throw new IllegalStateException("pages are little-endian: this processor is not supported");
        }
    }

    /** Makes a page of zeros with one reference; returns its id. Writer. */
    public long allocate() {
        long frame = frames.take();
        UnsafeApi.setMemory(frame, PAGE_BYTES, (byte) 0);
        return enter(frame);
    }

    /** Makes a page with the content of another one and one reference; returns its id. Writer. */
    public long allocateCopy(long id) {
        long from = address(id);
        long frame = frames.take();
        UnsafeApi.copyMemory(from, frame, PAGE_BYTES);
        return enter(frame);
    }

    /** Adds a link to a live page. Writer. */
    public void retain(long id) {
        long[] leaf = live(id);
        int word = PageDirectory.slot(id) + 1;
        if ((leaf[word] & REFERENCES_MASK) == REFERENCES_MASK) {
            throw new IllegalStateException("page " + id + " has too many references");
        }
        leaf[word]++;
    }

    /**
     * Takes a link off a live page; returns how many are left. With 0 the page is dropped: the caller has taken its
     * children's links off, or hands them to a copy. Its content stays readable until it is recycled (P2). Writer.
     */
    public long release(long id) {
        long[] leaf = live(id);
        int word = PageDirectory.slot(id) + 1;
        long left = --leaf[word] & REFERENCES_MASK;
        if (left == 0) {
            livePages--;
            limbo.add(id);
            limbo.add(epoch);
        }
        return left;
    }

    /** How many links lead to a page: 0 for one that was dropped or never was. Writer. */
    public long references(long id) {
        tell(id, false, false);
        return directory.word(id) & REFERENCES_MASK;
    }

    /** Whether a page has more than one link, as it looks to any thread: a hint. */
    public boolean seemsShared(long id) {
        return (directory.word(id) & REFERENCES_MASK) > 1;
    }

    /**
     * Where a page's content is now, never 0.
     *
     * @throws IllegalStateException when there is no such page: the store is closed, or a rule of this class is broken
     */
    public long address(long id) {
        tell(id, true, false);
        long address = directory.address(id);
        if (address == 0) {
            throw new IllegalStateException("page " + id + " is not there" + (closed ? ": the store is closed" : ""));
        }
        return address;
    }

    /**
     * Makes sure that a page is in memory; returns whether there is such a page. Any thread under an epoch pin.
     *
     * @throws PageUnreadableException when it can't be read
     */
    public boolean bringIn(long id) {
        tell(id, true, true);
        return directory.address(id) != 0;
    }

    /**
     * Makes sure that the references of a page are in memory, so that {@link #references}, {@link #retain} and {@link
     * #release} need nothing more, whether the page itself is or not. Any thread under an epoch pin.
     *
     * @throws PageUnreadableException when they can't be read
     */
    public void bringInReferences(long id) {
        tell(id, false, true); // every page is resident so far
    }

    /** Whether anything of a live page, its content or its references, may be absent from memory. Any thread. */
    public boolean isPartlyAbsent() {
        return probe != null;
    }

    /** How many pages may be in memory at a time; dirty ones beyond it can't be avoided, only kept few. */
    public long budgetPages() {
        return Long.MAX_VALUE;
    }

    /** The address of a live page that is about to be changed; notes that it is dirty. Writer. */
    public long writable(long id) {
        tell(id, true, false);
        long[] leaf = live(id);
        int slot = PageDirectory.slot(id);
        long word = leaf[slot + 1];
        if ((int) (word >>> GENERATION_SHIFT) != generation) {
            leaf[slot + 1] = (word & REFERENCES_MASK) | ((long) generation << GENERATION_SHIFT);
        }
        return leaf[slot];
    }

    /** The dirty generation in which a page was made or last changed. Writer. */
    public int generation(long id) {
        return (int) (directory.word(id) >>> GENERATION_SHIFT);
    }

    /** Begins the next dirty generation; returns it. Pages that are changed from now on belong to it. Writer. */
    public int beginGeneration() {
        return ++generation;
    }

    /**
     * Changes whenever an address from {@link #writable} that somebody remembered may not be used any more without
     * asking again (a new generation; later also a page that left memory). Writer.
     */
    public long stamp() {
        return generation;
    }

    /** The id given last, 0 for none yet: every page made later has a greater one. Writer. */
    public long lastId() {
        return lastId;
    }

    /** Pages with at least one reference. Writer. */
    public long livePages() {
        return livePages;
    }

    /** Pages that were dropped and not recycled yet. Writer. */
    public long limboPages() {
        return limbo.size() / 2;
    }

    /** The epoch that pages dropped from now on are stamped with; never decreases. Writer. */
    public void epoch(long currentEpoch) {
        if (currentEpoch < epoch) {
            throw new IllegalArgumentException("epoch " + currentEpoch + " after " + epoch);
        }
        epoch = currentEpoch;
    }

    /**
     * Gives the frames of pages that were dropped in an epoch before {@code safeEpoch} back to the pool. The safe epoch
     * is the oldest that a reader pins, or the current one when none does. Writer. Returns how many pages went.
     */
    public int recycle(long safeEpoch) {
        int recycled = 0;
        while (!limbo.isEmpty() && limbo.get(1) < safeEpoch) {
            long id = limbo.remove();
            limbo.remove();
            frames.give(directory.remove(id));
            recycled++;
        }
        return recycled;
    }

    /** All memory of the pages and of their bookkeeping, free frames and pages in limbo included. Writer. */
    public long memoryBytes() {
        return frames.memoryBytes() + directory.memoryBytes() + limbo.memoryBytes();
    }

    /** Gives all memory back. No reader may be pinned; afterwards every lookup of a page fails. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            directory.clear();
            frames.close();
        }
    }

    private long enter(long frame) {
        if (lastId == MAX_ID) {
            throw new IllegalStateException("all page ids are used up");
        }
        long id = ++lastId;
        directory.put(id, frame, 1L | ((long) generation << GENERATION_SHIFT));
        livePages++;
        return id;
    }

    private long[] live(long id) {
        tell(id, false, false);
        long[] leaf = directory.leaf(id);
        if (leaf == null || (leaf[PageDirectory.slot(id) + 1] & REFERENCES_MASK) == 0) {
            throw new IllegalStateException("page " + id + " is not live" + (closed ? ": the store is closed" : ""));
        }
        return leaf;
    }
}
