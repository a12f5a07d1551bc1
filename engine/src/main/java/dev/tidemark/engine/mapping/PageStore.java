package dev.tidemark.engine.mapping;

import java.nio.ByteOrder;
import java.util.function.IntConsumer;
import org.agrona.collections.LongHashSet;

/**
 * The off-heap pages of all trees: of every volume's mappings and of the reference counts of physical blocks.
 *
 * <p>A page has an id, 1, 2, 3, …, up to 48 bits, given in ascending order and never used again: a reader that holds a
 * stale id never finds another page under it, replay gives the same ids as the first run, and "was this page made
 * after that moment" is one comparison. All content is in the page's {@value #PAGE_BYTES} bytes, in little-endian
 * order; references, dirty generation and place stand beside it.
 *
 * <p><b>Threads.</b> One writer thread calls everything, but for what says otherwise. Any thread may call {@link
 * #readable} and {@link #bringIn} for a page that it reached through a published root under an epoch pin.
 *
 * <p><b>Invariants</b>
 * <ol>
 *   <li>P1: references(page) = the number of links to it, from entries of pages and from attached roots. The writer
 *       drops a page when the last link goes.
 *   <li>P2: a page that was dropped keeps its content and its place in the directory until {@link #recycle} is told
 *       that every reader that could have seen a link to it has left: it is stamped with the epoch of its drop, and
 *       goes only when the safe epoch is greater. A reader with a pin of that epoch or an older one may still walk
 *       through it; one with a newer pin found no link to it, as the epoch is raised only after the changed trees are
 *       published.
 *   <li>P3: a page is filled before it is linked (the link is a release store), so no reader sees a frame's earlier
 *       content under a new id.
 *   <li>P4: a page changes only after {@link #writable}, within the same event: what a checkpoint has frozen and not
 *       yet copied is kept aside by that call, and what no checkpoint has written stays in memory.
 *   <li>P5: a page that is in memory does not move; it leaves memory only in {@link #trim}, between events.
 * </ol>
 *
 * <p>With a {@link PageBacking} the store holds more pages than memory: {@link PageCache} brings them in and lets them
 * go, {@link PageFreeze} hands what changed to a checkpoint. Without one every page stays resident.
 */
public final class PageStore implements AutoCloseable {
    /** The size of every page. */
    public static final int PAGE_BYTES = 4096;

    /** The largest page id. */
    public static final long MAX_ID = (1L << 48) - 1;

    private static final long MAX_REFERENCES = 0xFFFF_FFFFL;

    private final Object lock = new Object();
    private final FramePool frames = new FramePool();
    private final PageDirectory directory = new PageDirectory();
    private final PageTable table;
    private final PageCache cache;
    private final PageBacking backing;
    private final PageParts parts;
    /** Pairs of (page id, epoch of its drop), oldest first. */
    private final LongQueue limbo = new LongQueue();

    private long lastId;
    private volatile long livePages;
    private long epoch;
    private int generation = 1;
    private boolean closed;

    // under the lock
    private PageFreeze freeze;
    private LongHashSet changedLeaves = new LongHashSet();
    private long dirtyPages;
    private long frozenPages;

    private PageProbe probe = PageProbe.NONE;

    /** An empty store that keeps every page in memory. Close it to give its memory back. */
    public PageStore() {
        this(null, Long.MAX_VALUE);
    }

    /**
     * A store whose pages may be brought in, and let go.
     *
     * @param backing where they are; null for nowhere
     * @param budgetBytes what pages and their bookkeeping should take; a small least amount is taken in any case
     */
    public PageStore(PageBacking backing, long budgetBytes) {
        if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
            throw new IllegalStateException("pages are little-endian: this processor is not supported");
        }
        this.backing = backing;
        table = new PageTable(directory, backing, lock);
        cache = new PageCache(lock, frames, directory, table, backing, budgetBytes);
        parts = new PageParts(lock, cache, directory, table, backing, new FreezeBuffers(budgetBytes));
    }

    /** Pages count as partly absent from now on, and no address is remembered. */
    void probe(PageProbe newProbe) {
        probe = newProbe;
        generation++;
    }

    /** Takes over a node of the page table as a checkpoint named it; before {@link #restore}. */
    public void restoreNode(long index, int slot, int checksum) {
        table.restore(index, slot, checksum);
    }

    /**
     * Continues from a checkpoint: pages are found through the nodes of its table.
     *
     * @param last the id that was given last
     * @param live how many pages had a reference
     * @throws PageUnreadableException when the part of the table where the next pages go can't be read
     */
    public void restore(long last, long live) {
        if (lastId != 0 || last < 0 || last > MAX_ID || live < 0 || live > last) {
            throw new IllegalStateException("last page " + last + ", " + live + " live, after " + lastId);
        }
        lastId = last;
        livePages = live;
        directory.restore(last);
        table.bringIn(last >>> PageTable.LEAF_BITS, kind -> java.nio.ByteBuffer.allocateDirect(PAGE_BYTES));
    }

    /** Makes a page of zeros with one reference; returns its id. Writer. */
    public long allocate() {
        synchronized (lock) {
            return enter(cache.takeZeros());
        }
    }

    /** Makes a page with the content of another one and one reference; returns its id. Writer. */
    public long allocateCopy(long id) {
        long from = address(id);
        synchronized (lock) {
            return enter(cache.takeCopy(from));
        }
    }

    /** Adds a link to a live page. Writer. */
    public void retain(long id) {
        long[] chunk = changing(id);
        int word = PageDirectory.slot(id) + PageDirectory.REFERENCES;
        if (chunk[word] == MAX_REFERENCES) {
            throw new IllegalStateException("page " + id + " has too many references");
        }
        chunk[word]++;
    }

    /**
     * Takes a link off a live page; returns how many are left. With 0 the page is dropped: the caller has taken its
     * children's links off, or hands them to a copy. Its content stays readable until it is recycled (P2). Writer.
     */
    public long release(long id) {
        long[] chunk = changing(id);
        int slot = PageDirectory.slot(id);
        if (chunk[slot + PageDirectory.REFERENCES] > 1) {
            return --chunk[slot + PageDirectory.REFERENCES];
        }
        synchronized (lock) {
            long state = chunk[slot + PageDirectory.STATE];
            if (freeze != null) {
                state = freeze.keepPage(id, state, chunk[slot]);
                chunk[slot + PageDirectory.STATE] = state;
            }
            chunk[slot + PageDirectory.REFERENCES] = 0;
            long place = PageDirectory.place(chunk, id);
            // A page that gets a new place just now is dropped by the freeze, at that place.
            if (place != 0 && (state & PageDirectory.ASSIGNING) == 0 && backing != null) {
                backing.dropped(PageTable.slotOf(place));
            }
        }
        livePages(-1);
        limbo.add(id);
        limbo.add(epoch);
        return 0;
    }

    /** How many links lead to a page: 0 for one that was dropped or never was. Writer. */
    public long references(long id) {
        probe.page(id, false, false);
        long[] chunk = chunk(id);
        return chunk == null ? 0 : chunk[PageDirectory.slot(id) + PageDirectory.REFERENCES];
    }

    /** Whether a page has more than one link, as it looks to any thread: a hint. */
    public boolean seemsShared(long id) {
        long[] chunk = directory.chunk(id);
        return chunk != null && chunk[PageDirectory.slot(id) + PageDirectory.REFERENCES] > 1;
    }

    /**
     * Where a page's content is now, never 0; good until the next {@link #trim}. Brings it in when it is not there.
     * Writer.
     *
     * @throws IllegalStateException when there is no such page: the store is closed, or a rule of this class is broken
     * @throws PageUnreadableException when it can't be brought in
     */
    public long address(long id) {
        probe.page(id, true, false);
        long address = resident(id);
        if (address == 0) {
            address = cache.fault(id, 0, true);
        }
        return address == 0 ? missing(id) : address;
    }

    /**
     * Where a page's content can be read now: its address, or when memory is short that of a copy of the calling
     * thread, which is good until it asks for another page of the same height. Any thread, under an epoch pin.
     *
     * @param height of the page in its tree, 1 to 6
     * @throws IllegalStateException when there is no such page: the store is closed, or a rule of this class is broken
     * @throws PageUnreadableException when it can't be brought in
     */
    public long readable(long id, int height) {
        long address = resident(id);
        if (address == 0) {
            address = cache.fault(id, height, false);
        }
        return address == 0 ? missing(id) : address;
    }

    /**
     * Makes sure that a page is in memory, whatever the budget says; whether there is such a page. As {@link #address}.
     */
    public boolean bringIn(long id) {
        probe.page(id, true, true);
        return resident(id) != 0 || cache.fault(id, 0, true) != 0;
    }

    /** As {@link #readable}, when there is room, with those behind it unless {@code alone}; never a copy, but 0. */
    public long prefetch(long id, boolean alone) {
        probe.page(id, true, true);
        long address = resident(id);
        return address != 0 ? address : cache.bringInIfRoom(id, alone);
    }

    /**
     * Makes sure that the references of a page are in memory, so that {@link #references}, {@link #retain} and {@link
     * #release} need nothing more, whether the page itself is or not. Any thread under an epoch pin.
     *
     * @throws PageUnreadableException when they can't be read
     */
    public void bringInReferences(long id) {
        probe.page(id, false, true);
        chunk(id);
    }

    private long resident(long id) {
        long[] chunk = directory.chunk(id);
        if (chunk == null) {
            return 0;
        }
        if (cache.isScarce()) {
            PageDirectory.touch(chunk, id);
        }
        return PageDirectory.address(chunk, id);
    }

    private long missing(long id) {
        throw new IllegalStateException("page " + id + " is not there" + (closed ? ": the store is closed" : ""));
    }

    /** The address of a live page that is about to be changed; notes that it is dirty. Writer. */
    public long writable(long id) {
        probe.page(id, true, false);
        long[] chunk = directory.chunk(id);
        int slot = PageDirectory.slot(id);
        if (chunk != null
                && (int) chunk[slot + PageDirectory.STATE] == generation
                && chunk[slot + PageDirectory.REFERENCES] != 0) {
            return chunk[slot];
        }
        return makeWritable(id);
    }

    private long makeWritable(long id) {
        long[] chunk = changing(id);
        long address = address(id);
        int state = PageDirectory.slot(id) + PageDirectory.STATE;
        synchronized (lock) {
            if (freeze != null) {
                chunk[state] = freeze.keepPage(id, chunk[state], address);
            }
            chunk[state] = (chunk[state] & PageDirectory.ASSIGNING) | generation;
            dirtyPages++;
        }
        return address;
    }

    /**
     * Changes whenever an address from {@link #writable} that somebody remembered may not be used any more without
     * asking again. Writer.
     */
    public long stamp() {
        return generation;
    }

    /** The id given last, 0 for none yet: every page made later has a greater one. Writer. */
    public long lastId() {
        return lastId;
    }

    /** Pages with at least one reference. Any thread. */
    public long livePages() {
        return livePages;
    }

    /** Pages that were dropped and not recycled yet. Writer. */
    public long limboPages() {
        return limbo.size() / 2;
    }

    /** Whether {@link #recycle} may find something. Writer. */
    public boolean hasLimbo() {
        return !limbo.isEmpty() || cache.isCooling();
    }

    /** The epoch that pages dropped from now on are stamped with; never decreases. Writer. */
    public void epoch(long currentEpoch) {
        if (currentEpoch < epoch) {
            throw new IllegalArgumentException("epoch " + currentEpoch + " after " + epoch);
        }
        epoch = currentEpoch;
    }

    /**
     * Gives the frames of pages that were dropped, or left memory, in an epoch before {@code safeEpoch} back to the
     * pool. The safe epoch is the oldest that a reader pins, or the current one when none does. Writer. Returns how
     * many dropped pages went.
     */
    public int recycle(long safeEpoch) {
        if (!hasLimbo()) {
            return 0;
        }
        int recycled = 0;
        synchronized (lock) {
            while (!limbo.isEmpty() && limbo.get(1) < safeEpoch) {
                long id = limbo.remove();
                limbo.remove();
                long frame = directory.remove(id);
                if (frame != 0) {
                    cache.left(frame);
                }
                recycled++;
            }
            cache.recycle(safeEpoch);
        }
        return recycled;
    }

    // ---- memory

    /** Whether a live page may not be in memory, so that bringing in makes sense. Any thread; the writer for sure. */
    public boolean isPartlyAbsent() {
        return probe != PageProbe.NONE || (backing != null && livePages > cache.residentPages() - limboPages());
    }

    /** How many pages memory should hold at most. Any thread, roughly. */
    public long budgetPages() {
        return cache.budgetFrames();
    }

    /** What is in memory, and what came and went. Any thread, roughly. */
    public PageTraffic traffic() {
        return new PageTraffic(cache.residentPages(), cache.faults(), cache.evictions());
    }

    /** Pages that must stay in memory until a checkpoint has written them. Any thread, roughly. */
    public long dirtyPages() {
        return dirtyPages + frozenPages;
    }

    /** Whether the writer should {@link #trim}. Any thread. */
    public boolean wantsTrim() {
        return backing != null && cache.wantsTrim();
    }

    /**
     * Lets clean pages go until memory is within its budget, or for a bounded while; no address is good any more, and
     * the caller ends the epoch. Writer, between events. Returns how many went.
     */
    public int trim() {
        return cache.trim(epoch, freeze != null ? null : changedLeaves);
    }

    /** All memory of the pages and of their bookkeeping, free frames and pages in limbo included. Writer. */
    public long memoryBytes() {
        long kept = parts.buffers().memoryBytes() + limbo.memoryBytes();
        return frames.memoryBytes() + directory.memoryBytes() + cache.memoryBytes() + kept;
    }

    // ---- checkpoints

    /**
     * Freezes all pages as they are now, for a checkpoint that another thread writes. Takes constant time. Writer,
     * between events; one at a time.
     *
     * @param replaced told, on the thread that writes, each slot that this checkpoint does not refer to any more
     */
    public PageFreeze freeze(IntConsumer replaced) {
        synchronized (lock) {
            if (backing == null || freeze != null) {
                String why = backing == null ? "these pages have no place to go to" : "a checkpoint is being written";
                throw new IllegalStateException(why);
            }
            freeze = new PageFreeze(this, parts, generation, dirtyPages, changedLeaves, replaced);
            generation++;
            changedLeaves = parts.buffers().exchange(changedLeaves);
            frozenPages = dirtyPages;
            dirtyPages = 0;
            return freeze;
        }
    }

    /** Images that a checkpoint at this moment would write, at most. Writer. */
    public long checkpointImages() {
        return dirtyPages + 2L * changedLeaves.size();
    }

    /** Under the lock: that many frozen pages are written. */
    void captured(long count) {
        frozenPages -= count;
        cache.written();
    }

    /** Under the lock: the freeze is over. */
    void thawed() {
        freeze = null;
        frozenPages = 0;
    }

    /** Gives all memory back. No reader may be pinned; afterwards every lookup of a page fails. */
    @Override
    public void close() {
        synchronized (lock) {
            if (!closed) {
                closed = true;
                cache.close();
                directory.clear();
                frames.close();
            }
        }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // the writer alone
    private void livePages(long change) {
        livePages += change;
    }

    private long enter(long frame) {
        if (lastId == MAX_ID) {
            throw new IllegalStateException("all page ids are used up");
        }
        long id = lastId + 1;
        long[] chunk = directory.chunk(id);
        if (backing != null && (chunk == null || chunk[PageDirectory.CHANGED] != generation)) {
            if (chunk == null) {
                table.made(id >>> PageTable.LEAF_BITS);
            }
            changes(id, chunk);
        }
        lastId = id;
        directory.put(id, frame, generation);
        directory.chunk(id)[PageDirectory.CHANGED] = generation;
        cache.entered(id);
        dirtyPages++;
        livePages(1);
        return id;
    }

    /** The chunk of a live page, of which something changes that the page table keeps. */
    private long[] changing(long id) {
        probe.page(id, false, false);
        long[] chunk = chunk(id);
        if (chunk == null || chunk[PageDirectory.slot(id) + PageDirectory.REFERENCES] == 0) {
            throw new IllegalStateException("page " + id + " is not live" + (closed ? ": the store is closed" : ""));
        }
        if (chunk[PageDirectory.CHANGED] != generation && backing != null) {
            synchronized (lock) {
                changes(id, chunk);
                chunk[PageDirectory.CHANGED] = generation;
            }
        }
        return chunk;
    }

    private void changes(long id, long[] chunk) {
        if (freeze != null) {
            freeze.keepChunk(id, chunk);
        }
        changedLeaves.add(id >>> PageTable.LEAF_BITS);
    }

    /** The chunk of a page, brought in when it is not there; null when no page has such an id. */
    private long[] chunk(long id) {
        long[] chunk = directory.chunk(id);
        if (chunk == null && backing != null && !closed) {
            table.bringIn(id >>> PageTable.LEAF_BITS, kind -> java.nio.ByteBuffer.allocateDirect(PAGE_BYTES));
            chunk = directory.chunk(id);
        }
        return chunk;
    }
}
