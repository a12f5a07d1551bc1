package dev.tidemark.engine.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

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

    private static final int WORDS_PER_PAGE = SLOTS_PER_PAGE / Long.SIZE;

    private static final byte HAS_RUNNING = 1;
    private static final byte HAS_HELD = 2;
    private static final byte HAS_DEAD = 4;
    /** The image differs from what was last written. */
    private static final byte CHANGED = 8;
    /** A changed page that has its new slot. */
    private static final byte PLACED = 16;

    private enum Phase {
        RUNNING,
        FROZEN,
        SEALED
    }

    private Phase phase = Phase.RUNNING;
    private long limit = 1;
    private long freeSlots;
    private long usedSlots;
    private long deadSlots;

    private long[] image = new long[0];
    private long[] running = new long[0];
    private long[] held = new long[0];
    private long[] dead = new long[0];

    private byte[] flags = new byte[0];
    /** Free slots of each page, within the limit. */
    private int[] freeInPage = new int[0];

    private int[] pageSlots = new int[0];
    private int[] pageChecksums = new int[0];

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
        if (slots <= limit) {
            return;
        }
        int pages = pageOf(slots - 1) + 1;
        if (pages > flags.length) {
            int room = Math.max(pages, Math.min(flags.length * 2, pageOf(MAX_SLOTS - 1) + 1));
            image = Arrays.copyOf(image, room * WORDS_PER_PAGE);
            running = Arrays.copyOf(running, room * WORDS_PER_PAGE);
            held = Arrays.copyOf(held, room * WORDS_PER_PAGE);
            dead = Arrays.copyOf(dead, room * WORDS_PER_PAGE);
            flags = Arrays.copyOf(flags, room);
            freeInPage = Arrays.copyOf(freeInPage, room);
            pageSlots = Arrays.copyOf(pageSlots, room);
            pageChecksums = Arrays.copyOf(pageChecksums, room);
        }
        for (long from = limit; from < slots; ) {
            long end = Math.min(slots, (pageOf(from) + 1L) * SLOTS_PER_PAGE);
            freeInPage[pageOf(from)] += (int) (end - from);
            from = end;
        }
        freeSlots += slots - limit;
        limit = slots;
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
        ByteBuffer words = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        long firstSlot = (long) page * SLOTS_PER_PAGE;
        int first = page * WORDS_PER_PAGE;
        int marked = 0;
        for (int i = 0; i < WORDS_PER_PAGE; i++) {
            long word = words.getLong(words.position() + i * Long.BYTES);
            long wordSlot = firstSlot + (long) i * Long.SIZE;
            boolean bad = word != 0
                    && (wordSlot + Long.SIZE - Long.numberOfLeadingZeros(word) > limit
                            || (wordSlot == 0 && (word & 1) != 0));
            if (bad) {
                throw new MetadataDamagedException(PageKind.SLOT_MAP, page, slot, "it marks slots that are not there");
            }
            if (word != 0) {
                image[first + i] = word;
                marked += Long.bitCount(word);
            }
        }
        usedSlots += marked;
        freeSlots -= marked;
        if (marked > 0) {
            freeInPage[page] -= marked;
        }
        if (page < flags.length) {
            pageSlots[page] = slot;
            pageChecksums[page] = checksum;
        }
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
                if (freeSlots == 0) {
                    return 0;
                }
                if (cursor >= limit) {
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
        int page = pageOf(cursor);
        long pageEnd = Math.min(limit, (page + 1L) * SLOTS_PER_PAGE);
        int enough = Math.min(wantedSlots, goodRunSlots);
        while (cursor < pageEnd && freeInPage[page] > 0) {
            long first = next(cursor, pageEnd, true);
            long end = next(first, Math.min(limit, first + wantedSlots), false);
            if (first < pageEnd && end - first >= enough) {
                setUsed(first, end);
                cursor = end;
                return run(first, end - first);
            }
            cursor = Math.max(end, first);
        }
        cursor = Math.max(cursor, pageEnd);
        return 0;
    }

    /** The first slot from {@code from} on that is free (or taken); {@code end} when there is none before it. */
    private long next(long from, long end, boolean free) {
        for (long slot = from; slot < end; ) {
            int word = wordOf(slot);
            long taken = image[word] | held[word] | dead[word];
            long bits = (free ? ~taken : taken) >>> slot;
            if (bits != 0) {
                return Math.min(end, slot + Long.numberOfTrailingZeros(bits));
            }
            slot = (slot | (Long.SIZE - 1)) + 1;
        }
        return end;
    }

    private void setUsed(long first, long end) {
        for (long slot = first; slot < end; slot++) {
            image[wordOf(slot)] |= 1L << slot;
            freeInPage[pageOf(slot)]--;
            flags[pageOf(slot)] |= CHANGED;
        }
        usedSlots += end - first;
        freeSlots -= end - first;
    }

    // ---- taking back

    /**
     * The checkpoint that is frozen next will no longer refer to the slot. It is free again when that one is
     * committed.
     */
    public synchronized void release(int slot) {
        int word = releasable(slot);
        running[word] |= 1L << slot;
        flags[word / WORDS_PER_PAGE] |= HAS_RUNNING;
    }

    /** As {@link #release}, of a page that readers may still look up: free only after {@link #freeDead}, too. */
    public synchronized void releaseDead(int slot) {
        release(slot);
        int word = wordOf(Integer.toUnsignedLong(slot));
        dead[word] |= 1L << slot;
        flags[word / WORDS_PER_PAGE] |= HAS_DEAD;
    }

    /**
     * The checkpoint in preparation, which is frozen and not sealed, does not refer to the slot. It is free again when
     * that one is committed; also a slot that was taken for it and is not needed.
     */
    public synchronized void releaseFrozen(int slot) {
        require(phase == Phase.FROZEN, "a slot is released for a checkpoint that is not in preparation");
        releaseHeld(slot);
    }

    private void releaseHeld(int slot) {
        int word = releasable(slot);
        image[word] &= ~(1L << slot);
        held[word] |= 1L << slot;
        flags[word / WORDS_PER_PAGE] |= HAS_HELD | CHANGED;
        usedSlots--;
    }

    /** The index of a slot's word, when the slot is in use. */
    private int releasable(int slot) {
        long number = Integer.toUnsignedLong(slot);
        require(number > 0 && number < limit, "slot " + number + " is released, of " + limit);
        int word = wordOf(number);
        long bit = 1L << slot;
        require((image[word] & bit) != 0, "slot " + number + " is released and not in use");
        require((running[word] & bit) == 0, "slot " + number + " is released twice");
        return word;
    }

    // ---- a checkpoint

    /** Begins a checkpoint: what was released so far belongs to it. */
    public synchronized void freeze() {
        require(phase == Phase.RUNNING, "a checkpoint is frozen while another one is in preparation");
        for (int page = 0; page < flags.length; page++) {
            if ((flags[page] & HAS_RUNNING) == 0) {
                continue;
            }
            for (int i = page * WORDS_PER_PAGE; i < (page + 1) * WORDS_PER_PAGE; i++) {
                image[i] &= ~running[i];
                held[i] |= running[i];
                usedSlots -= Long.bitCount(running[i]);
                running[i] = 0;
            }
            flags[page] = (byte) ((flags[page] & ~HAS_RUNNING) | HAS_HELD | CHANGED);
        }
        cursor = 1;
        goodRunSlots = GOOD_RUN_SLOTS;
        phase = Phase.FROZEN;
    }

    /**
     * Ends the taking of slots for the checkpoint in preparation: gives every changed page of the map, those included
     * that change by that, a new slot. At most {@link #pagesAhead} slots are needed.
     *
     * @return false when there are not enough free slots; the checkpoint can't be finished then
     */
    public boolean seal() {
        synchronized (this) {
            require(phase == Phase.FROZEN, "a checkpoint is sealed that is not in preparation");
        }
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
    }

    /** How many changed pages have no new slot yet; those that are empty get none. */
    private synchronized int unplaced() {
        int count = 0;
        boolean changed = true;
        while (changed) { // releasing an empty page's slot can empty another page
            changed = false;
            count = 0;
            for (int page = 0; page < flags.length; page++) {
                if ((flags[page] & (CHANGED | PLACED)) != CHANGED) {
                    continue;
                }
                if (!isEmpty(page)) {
                    count++;
                } else if (pageSlots[page] != 0) {
                    releaseHeld(pageSlots[page]);
                    pageSlots[page] = 0;
                    changed = true;
                }
            }
        }
        return count;
    }

    private synchronized void place(long run) {
        int used = 0;
        for (int page = 0; used < runLength(run); page++) {
            if ((flags[page] & (CHANGED | PLACED)) == CHANGED && !isEmpty(page)) {
                if (pageSlots[page] != 0) {
                    releaseHeld(pageSlots[page]);
                }
                pageSlots[page] = runFirst(run) + used++;
                flags[page] |= PLACED;
            }
        }
    }

    private boolean isEmpty(int page) {
        for (int i = page * WORDS_PER_PAGE; i < (page + 1) * WORDS_PER_PAGE; i++) {
            if (image[i] != 0) {
                return false;
            }
        }
        return true;
    }

    /** How many pages a map of all slots that can be given out now takes at most. */
    public synchronized int pagesAhead() {
        return pageOf(limit - 1) + 1;
    }

    /** The pages of the checkpoint that is sealed, or of the last one: up to the last that is not empty. */
    public synchronized int pages() {
        int pages = flags.length;
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
        for (int page = from; page < flags.length; page++) {
            if ((flags[page] & PLACED) != 0) {
                return page;
            }
        }
        return -1;
    }

    /** Puts the bytes of a page of the sealed checkpoint into a buffer, at its position, which moves. */
    public synchronized void image(int page, ByteBuffer target) {
        require(phase == Phase.SEALED, "pages of the map are written before it is sealed");
        ByteOrder order = target.order();
        target.order(ByteOrder.LITTLE_ENDIAN);
        for (int i = page * WORDS_PER_PAGE; i < (page + 1) * WORDS_PER_PAGE; i++) {
            target.putLong(image[i]);
        }
        target.order(order);
    }

    /** Says that a page was written to its slot. */
    public synchronized void pageWritten(int page, int checksum) {
        require((flags[page] & PLACED) != 0, "page " + page + " of the slot map was not to be written");
        pageChecksums[page] = checksum;
        flags[page] &= ~(PLACED | CHANGED);
    }

    /**
     * The sealed checkpoint is durable, in both superblocks: what it released is free, but for what was released dead.
     *
     * @return how many slots wait for {@link #freeDead}, those of earlier checkpoints included
     */
    public long commit() {
        int pages;
        synchronized (this) {
            require(nextToWrite(0) < 0, "a checkpoint is committed before all pages of its slot map are written");
            pages = flags.length;
        }
        for (int page = 0; page < pages; page++) {
            commit(page);
        }
        synchronized (this) {
            phase = Phase.RUNNING;
            return deadSlots;
        }
    }

    private synchronized void commit(int page) {
        // An empty page was never placed: it is as it should be.
        flags[page] &= ~CHANGED;
        if ((flags[page] & HAS_HELD) == 0) {
            return;
        }
        for (int i = page * WORDS_PER_PAGE; i < (page + 1) * WORDS_PER_PAGE; i++) {
            int kept = Long.bitCount(held[i] & dead[i]);
            addFree(page, Long.bitCount(held[i]) - kept);
            deadSlots += kept;
            held[i] = 0;
        }
        flags[page] &= ~HAS_HELD;
    }

    private void addFree(int page, int slots) {
        freeInPage[page] += slots;
        freeSlots += slots;
    }

    /**
     * Frees what was released dead and committed: no reader is left that was there at the last {@link #commit}.
     */
    public void freeDead() {
        int pages;
        synchronized (this) {
            pages = flags.length;
        }
        for (int page = 0; page < pages; page++) {
            freeDead(page);
        }
    }

    private synchronized void freeDead(int page) {
        if ((flags[page] & HAS_DEAD) == 0) {
            return;
        }
        long left = 0;
        for (int i = page * WORDS_PER_PAGE; i < (page + 1) * WORDS_PER_PAGE; i++) {
            long waiting = dead[i] & (image[i] | held[i]);
            int freed = Long.bitCount(dead[i] & ~waiting);
            addFree(page, freed);
            deadSlots -= freed;
            dead[i] = waiting;
            left |= waiting;
        }
        if (left == 0) {
            flags[page] &= ~HAS_DEAD;
        }
    }

    // ---- counts

    /** Slots that the checkpoint in preparation refers to, or that the next one does as far as it is known. */
    public synchronized long usedSlots() {
        return usedSlots;
    }

    /** Slots that can be given out now. */
    public synchronized long freeSlots() {
        return freeSlots;
    }

    /** Slots that wait for {@link #freeDead} only. */
    public synchronized long deadSlots() {
        return deadSlots;
    }

    /** One more than the largest slot that can be given out. */
    public synchronized long limit() {
        return limit;
    }

    /** The largest slot in use (see {@link #usedSlots}), unsigned; 0 for none. */
    public synchronized long highestSlot() {
        for (int i = image.length - 1; i >= 0; i--) {
            if (image[i] != 0) {
                return (long) i * Long.SIZE + Long.SIZE - 1 - Long.numberOfLeadingZeros(image[i]);
            }
        }
        return 0;
    }

    private static int pageOf(long slot) {
        return (int) (slot / SLOTS_PER_PAGE);
    }

    private static int wordOf(long slot) {
        return (int) (slot / Long.SIZE);
    }

    private static void require(boolean condition, String text) {
        if (!condition) {
            throw new IllegalStateException("slot map: " + text);
        }
    }
}
