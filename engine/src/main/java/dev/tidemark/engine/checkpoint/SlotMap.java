package dev.tidemark.engine.checkpoint;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Which slots of the metadata file are in use, and by which checkpoint; no I/O.
 *
 * <p>Slots are numbered 1 to 2^32 - 1, as unsigned ints; slot 0 is never used, so that 0 can mean "none". Only slots
 * that are physically written ({@link #extend}) are given out.
 *
 * <p><b>A checkpoint's life</b>
 *
 * <pre>
 *    running ──freeze()──▶ frozen ──seal()──▶ sealed ──commit()──▶ running
 *       │                    │                   │
 *    release             allocate,            image, pageWritten
 *    releaseDead         releaseFrozen        (release, releaseDead: of the running interval)
 * </pre>
 *
 * What was released while running belongs to the checkpoint that is frozen next; what is released after the freeze to
 * the one after it, but for {@link #releaseFrozen}.
 *
 * <p><b>Invariants</b>
 * <ol>
 *   <li>S1: a slot that is given out is referred to neither by the last committed checkpoint nor by the one in
 *       preparation.
 *   <li>S2: after {@link #commit} (and {@link #freeDead}) every slot is free that the committed checkpoint does not
 *       refer to, so nothing leaks.
 *   <li>S3: the images of a checkpoint mark what it refers to, the pages that hold the images included, and nothing
 *       else.
 * </ol>
 *
 * <p><b>A slot's state</b> is in four bits: <i>image</i> (referred to by the checkpoint in preparation, or while there
 * is none by the next one as far as it is known), <i>running</i> (an image slot that was released since the freeze),
 * <i>held</i> (no longer in the image, but in the last committed one), <i>dead</i> (released by {@link #releaseDead}
 * and not yet freed). A slot with none of image, held and dead is free.
 *
 * <p><b>Threads.</b> One thread at a time (that of the checkpoints) calls {@link #allocate}, {@link #seal} and
 * {@link #commit}; all other methods may be called from any thread at any time. One lock, never held for longer than a
 * look at a few pages of the map, but for {@link #freeze}, which goes over all pages that had releases. Takes 4 bits a
 * slot.
 */
public final class SlotMap {
    /** Slots in one page of the map. */
    public static final int SLOTS_PER_PAGE = MetadataFile.SLOT_BYTES * Byte.SIZE;

    /** One more than the largest slot. */
    public static final long MAX_SLOTS = 1L << 32;

    /** The longest run that can be asked for: 64 MiB. */
    public static final int MAX_RUN_SLOTS = 1 << 14;

    /** While there are longer free runs, shorter ones are left for those who want less: 64 KiB to a write. */
    private static final int GOOD_RUN_SLOTS = 16;

    private enum Phase {
        RUNNING,
        FROZEN,
        SEALED
    }

    private final SlotBits bits = new SlotBits();
    private Phase phase = Phase.RUNNING;

    private int[] pageSlots = new int[0];
    private int[] pageChecksums = new int[0];
    /** Changed pages that have their new slot and are not written yet. */
    private final BitSet placed = new BitSet();

    /** An extension that came after {@link #holdLimit}; 0 for none. */
    private long laterLimit;

    private boolean limitHeld;

    private long cursor = 1;
    private int goodRunSlots = GOOD_RUN_SLOTS;

    // ---- the first slots, and more

    /**
     * Lets slots below {@code slots} be given out, which are physically written. Smaller than before does nothing.
     *
     * @param slots 1 to {@link #MAX_SLOTS}
     */
    public synchronized void extend(long slots) {
        if (slots < 1 || slots > MAX_SLOTS) {
            throw new IllegalArgumentException("slots=" + slots + ": 1 to " + MAX_SLOTS);
        }
        if (limitHeld) {
            laterLimit = Math.max(laterLimit, slots);
        } else if (slots > bits.limit()) {
            bits.extend(slots);
            pageSlots = Arrays.copyOf(pageSlots, bits.pages());
            pageChecksums = Arrays.copyOf(pageChecksums, bits.pages());
        }
    }

    /**
     * Takes over a page of the map of the checkpoint that is loaded, before anything else but {@link #extend}.
     *
     * @param page its index
     * @param slot where it stands
     * @param checksum of its bytes
     * @param bytes {@link MetadataFile#SLOT_BYTES} from the position on, which does not move
     * @throws MetadataDamagedException when it marks slots that can't be there
     */
    public synchronized void restore(int page, int slot, int checksum, ByteBuffer bytes)
            throws MetadataDamagedException {
        if (page >= bits.pages() || !bits.restore(page, bytes)) {
            throw new MetadataDamagedException(PageKind.SLOT_MAP, page, slot, "it marks slots that are not there");
        }
        pageSlots[page] = slot;
        pageChecksums[page] = checksum;
    }

    // ---- giving out

    /**
     * Takes adjacent free slots for the checkpoint in preparation, or while there is none for the next one.
     *
     * @param wantedSlots 1 to {@link #MAX_RUN_SLOTS}
     * @return a run of 1 to {@code wantedSlots} slots, see {@link #runFirst} and {@link #runLength}; 0 when none is
     *     free
     */
    public long allocate(int wantedSlots) {
        if (wantedSlots < 1 || wantedSlots > MAX_RUN_SLOTS) {
            throw new IllegalArgumentException("wantedSlots=" + wantedSlots + ": 1 to " + MAX_RUN_SLOTS);
        }
        synchronized (this) {
            require(phase != Phase.SEALED, "slots are given out while the images are being written");
        }
        return take(wantedSlots);
    }

    /** The first slot of a run. */
    public static int runFirst(long run) {
        return (int) run;
    }

    /** The number of slots of a run. */
    public static int runLength(long run) {
        return (int) (run >>> 32);
    }

    /** A run as {@link #allocate} gives it. */
    static long run(long first, long length) {
        return (length << 32) | first;
    }

    private long take(int wantedSlots) {
        for (; ; ) {
            synchronized (this) {
                if (bits.free() == 0) {
                    return 0;
                }
                if (cursor >= bits.limit()) {
                    cursor = 1;
                    goodRunSlots = 1;
                }
                long run = takeFromPageAtCursor(wantedSlots);
                if (run != 0) {
                    return run;
                }
            }
        }
    }

    /** Looks for a good run that begins in the page of the cursor; the cursor moves behind what was looked at. */
    private long takeFromPageAtCursor(int wantedSlots) {
        int page = SlotBits.pageOf(cursor);
        long pageEnd = Math.min(bits.limit(), (page + 1L) * SLOTS_PER_PAGE);
        int enough = Math.min(wantedSlots, goodRunSlots);
        while (cursor < pageEnd && bits.freeInPage(page) > 0) {
            long first = bits.nextFree(cursor, pageEnd);
            if (first == pageEnd) {
                break;
            }
            long end = bits.nextTaken(first, Math.min(bits.limit(), first + wantedSlots));
            cursor = end;
            if (end - first >= enough) {
                bits.take(first, end);
                return run(first, end - first);
            }
        }
        cursor = Math.max(cursor, pageEnd);
        return 0;
    }

    // ---- taking back

    /**
     * The checkpoint that is frozen next will no longer refer to the slot. It is free again when that one is
     * committed.
     */
    public synchronized void release(int slot) {
        bits.setRunning(releasable(slot));
    }

    /** As {@link #release}, of a page that readers may still look up: free only after {@link #freeDead}, too. */
    public synchronized void releaseDead(int slot) {
        long number = releasable(slot);
        bits.setRunning(number);
        bits.setDead(number);
    }

    /**
     * The checkpoint in preparation, which is frozen and not sealed, does not refer to the slot. It is free again when
     * that one is committed; also a slot that was taken for it and is not needed.
     */
    public synchronized void releaseFrozen(int slot) {
        require(phase == Phase.FROZEN, "a slot is released for a checkpoint that is not in preparation");
        bits.hold(releasable(slot));
    }

    /** {@link #releaseFrozen} for every slot of a run. */
    public void releaseFrozenRun(long run) {
        for (int i = 0; i < runLength(run); i++) {
            releaseFrozen(runFirst(run) + i);
        }
    }

    private long releasable(int slot) {
        long number = Integer.toUnsignedLong(slot);
        if (number == 0 || number >= bits.limit() || !bits.isUsed(number) || bits.isRunning(number)) {
            throw new IllegalStateException("slot " + number + " of " + bits.limit()
                    + " is released and not in use, or released twice"); // a text for each slot would cost more than it
        }
        return number;
    }

    // ---- a checkpoint

    /** Begins a checkpoint: what was released so far belongs to it. */
    public synchronized void freeze() {
        require(phase == Phase.RUNNING, "a checkpoint is frozen while another one is in preparation");
        for (int page = 0; page < bits.pages(); page++) {
            bits.holdRunning(page);
        }
        cursor = 1;
        goodRunSlots = GOOD_RUN_SLOTS;
        phase = Phase.FROZEN;
    }

    /**
     * From now to the end of {@link #seal}, {@link #extend} waits, so that {@link #pagesAhead} stays as it is: who
     * writes where the map's pages are has to know how many there can be.
     */
    synchronized void holdLimit() {
        limitHeld = true;
    }

    private synchronized void releaseLimit() {
        limitHeld = false;
        if (laterLimit > 0) {
            extend(laterLimit);
            laterLimit = 0;
        }
    }

    /**
     * Ends the taking of slots for the checkpoint in preparation: gives every changed page of the map, those included
     * that change by that, a new slot. At most twice {@link #pagesAhead} slots are needed, mostly far fewer.
     *
     * @return false when there are not enough free slots; the checkpoint can't be finished before there are
     */
    public boolean seal() {
        synchronized (this) {
            require(phase == Phase.FROZEN, "a checkpoint is sealed that is not in preparation");
        }
        try {
            for (int wanted = unplaced(); wanted > 0; wanted = unplaced()) {
                long run = take(Math.min(wanted, MAX_RUN_SLOTS));
                if (run == 0) {
                    return false;
                }
                place(run);
            }
            synchronized (this) {
                phase = Phase.SEALED;
            }
            return true;
        } finally {
            releaseLimit();
        }
    }

    /** How many changed pages have no new slot yet; those that are empty get none. */
    private synchronized int unplaced() {
        int count = 0;
        boolean again = true;
        while (again) { // giving back an empty page's slot can empty another page
            again = false;
            count = 0;
            for (int page = 0; page < bits.pages(); page++) {
                if (!bits.isChanged(page) || placed.get(page)) {
                    continue;
                }
                if (!bits.isEmpty(page)) {
                    count++;
                } else if (pageSlots[page] != 0) {
                    bits.hold(releasable(pageSlots[page]));
                    pageSlots[page] = 0;
                    again = true;
                }
            }
        }
        return count;
    }

    private synchronized void place(long run) {
        int given = 0;
        for (int page = 0; given < runLength(run) && page < bits.pages(); page++) {
            if (bits.isChanged(page) && !placed.get(page) && !bits.isEmpty(page)) {
                if (pageSlots[page] != 0) {
                    bits.hold(releasable(pageSlots[page]));
                }
                pageSlots[page] = runFirst(run) + given++;
                placed.set(page);
            }
        }
        while (given < runLength(run)) { // the old slots that were given back have emptied a page
            bits.hold(releasable(runFirst(run) + given++));
        }
    }

    /** How many pages a map of all slots that can be given out now takes at most. */
    public synchronized int pagesAhead() {
        return SlotBits.pageOf(bits.limit() - 1) + 1;
    }

    /** The pages of the checkpoint that is sealed, or of the last one: up to the last that is not empty. */
    public synchronized int pages() {
        int pages = pageSlots.length;
        while (pages > 0 && pageSlots[pages - 1] == 0) {
            pages--;
        }
        return pages;
    }

    /** The slot of a page of the map; 0 for an empty one, which is not written. */
    public synchronized int pageSlot(int page) {
        return pageSlots[page];
    }

    /** The checksum of a page of the map, as it was restored or last written. */
    public synchronized int pageChecksum(int page) {
        return pageChecksums[page];
    }

    /** The next page from {@code from} on that is still to be written for the sealed checkpoint; -1 for none. */
    public synchronized int nextToWrite(int from) {
        require(phase == Phase.SEALED, "pages of the map are written before it is sealed");
        return placed.nextSetBit(from);
    }

    /** Puts the bytes of a page of the sealed checkpoint into a buffer, at its position, which moves. */
    public synchronized void image(int page, ByteBuffer target) {
        require(phase == Phase.SEALED, "pages of the map are written before it is sealed");
        bits.image(page, target);
    }

    /** Says that a page was written to its slot. */
    public synchronized void pageWritten(int page, int checksum) {
        require(placed.get(page), "page " + page + " of the slot map was not to be written");
        pageChecksums[page] = checksum;
        placed.clear(page);
    }

    /**
     * The sealed checkpoint is durable, in both superblocks: what it released is free, but for what was released dead.
     *
     * @return how many slots wait for {@link #freeDead}, those of earlier checkpoints included
     */
    public long commit() {
        synchronized (this) {
            require(nextToWrite(0) < 0, "a checkpoint is committed before all pages of its slot map are written");
        }
        for (int page = 0; commit(page); page++) {}
        synchronized (this) {
            phase = Phase.RUNNING;
            return bits.deadOnly();
        }
    }

    private synchronized boolean commit(int page) {
        if (page == bits.pages()) {
            return false;
        }
        bits.setUnchanged(page);
        bits.freeHeld(page);
        return true;
    }

    /**
     * Frees what was released dead and committed: no reader is left that was there at the last {@link #commit}.
     */
    public void freeDead() {
        for (int page = 0; freeDead(page); page++) {}
    }

    private synchronized boolean freeDead(int page) {
        if (page == bits.pages()) {
            return false;
        }
        bits.freeDead(page);
        return true;
    }

    // ---- counts

    /** Slots that the checkpoint in preparation refers to, or that the next one does as far as it is known. */
    public synchronized long usedSlots() {
        return bits.used();
    }

    /** Slots that can be given out now. */
    public synchronized long freeSlots() {
        return bits.free();
    }

    /** Slots that wait for {@link #freeDead} only. */
    public synchronized long deadSlots() {
        return bits.deadOnly();
    }

    /** One more than the largest slot that can be given out. */
    public synchronized long limit() {
        return bits.limit();
    }

    /** The largest slot in use (see {@link #usedSlots}), unsigned; 0 for none. */
    public synchronized long highestSlot() {
        return bits.highestUsed();
    }

    private static void require(boolean condition, String text) {
        if (!condition) {
            throw new IllegalStateException("slot map: " + text);
        }
    }
}
