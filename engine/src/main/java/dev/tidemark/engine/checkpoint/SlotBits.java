package dev.tidemark.engine.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The bits of a {@link SlotMap}, and their counts; what they mean stands there. Not thread-safe.
 *
 * <p>A page here is a page of the map: {@link SlotMap#SLOTS_PER_PAGE} slots. Each knows whether it has bits of a kind,
 * so that going over them costs what there is.
 */
final class SlotBits {
    private static final int WORDS_PER_PAGE = SlotMap.SLOTS_PER_PAGE / Long.SIZE;

    private static final byte HAS_RUNNING = 1;
    private static final byte HAS_HELD = 2;
    private static final byte HAS_DEAD = 4;
    private static final byte CHANGED = 8;

    /** Slots below it may be given out. Slot 0 never is. */
    private long limit = 1;

    private long free;
    private long used;
    private long deadOnly;

    private long[] image = new long[0];
    private long[] running = new long[0];
    private long[] held = new long[0];
    private long[] dead = new long[0];

    private byte[] flags = new byte[0];
    private int[] freeInPage = new int[0];

    static int pageOf(long slot) {
        return (int) (slot / SlotMap.SLOTS_PER_PAGE);
    }

    private static int wordOf(long slot) {
        return (int) (slot / Long.SIZE);
    }

    void extend(long slots) {
        int pages = pageOf(slots - 1) + 1;
        if (pages > flags.length) {
            int room = Math.max(pages, Math.min(flags.length * 2, pageOf(SlotMap.MAX_SLOTS - 1) + 1));
            image = Arrays.copyOf(image, room * WORDS_PER_PAGE);
            running = Arrays.copyOf(running, room * WORDS_PER_PAGE);
            held = Arrays.copyOf(held, room * WORDS_PER_PAGE);
            dead = Arrays.copyOf(dead, room * WORDS_PER_PAGE);
            flags = Arrays.copyOf(flags, room);
            freeInPage = Arrays.copyOf(freeInPage, room);
        }
        for (long from = limit; from < slots; ) {
            long end = Math.min(slots, (pageOf(from) + 1L) * SlotMap.SLOTS_PER_PAGE);
            addFree(pageOf(from), (int) (end - from));
            from = end;
        }
        limit = slots;
    }

    /** Takes over the image of a page; false when it marks slot 0 or slots at or beyond the limit. */
    boolean restore(int page, ByteBuffer bytes) {
        ByteBuffer words = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
        int first = page * WORDS_PER_PAGE;
        int marked = 0;
        for (int i = 0; i < WORDS_PER_PAGE; i++) {
            long word = words.getLong(i * Long.BYTES);
            if (word == 0) {
                continue;
            }
            long slot = ((long) first + i) * Long.SIZE;
            if (slot + Long.SIZE - Long.numberOfLeadingZeros(word) > limit || (slot == 0 && (word & 1) != 0)) {
                return false;
            }
            image[first + i] = word;
            marked += Long.bitCount(word);
        }
        if (marked > 0) {
            used += marked;
            addFree(page, -marked);
        }
        return true;
    }

    // ---- looking

    long limit() {
        return limit;
    }

    long free() {
        return free;
    }

    /** Slots in the image. */
    long used() {
        return used;
    }

    /** Slots that are dead, and neither in the image nor held. */
    long deadOnly() {
        return deadOnly;
    }

    /** Pages that there is room for. */
    int pages() {
        return flags.length;
    }

    int freeInPage(int page) {
        return freeInPage[page];
    }

    /** Whether the image of the page may differ from what was last written. */
    boolean isChanged(int page) {
        return (flags[page] & CHANGED) != 0;
    }

    void setUnchanged(int page) {
        flags[page] &= ~CHANGED;
    }

    /** Whether the image of the page has no bit. */
    boolean isEmpty(int page) {
        for (int i = page * WORDS_PER_PAGE; i < (page + 1) * WORDS_PER_PAGE; i++) {
            if (image[i] != 0) {
                return false;
            }
        }
        return true;
    }

    /** The largest slot of the image; 0 for none. */
    long highestUsed() {
        for (int i = image.length - 1; i >= 0; i--) {
            if (image[i] != 0) {
                return (long) i * Long.SIZE + Long.SIZE - 1 - Long.numberOfLeadingZeros(image[i]);
            }
        }
        return 0;
    }

    /** The first slot from {@code from} on that is free; {@code end} when there is none before it. */
    long nextFree(long from, long end) {
        return next(from, end, -1);
    }

    /** The first slot from {@code from} on that is not free; {@code end} when there is none before it. */
    long nextTaken(long from, long end) {
        return next(from, end, 0);
    }

    private long next(long from, long end, long flip) {
        for (long slot = from; slot < end; ) {
            int word = wordOf(slot);
            long bits = ((image[word] | held[word] | dead[word]) ^ flip) >>> slot;
            if (bits != 0) {
                return Math.min(end, slot + Long.numberOfTrailingZeros(bits));
            }
            slot = (slot | (Long.SIZE - 1)) + 1;
        }
        return end;
    }

    /** Puts the image of a page into a buffer, whose position moves. */
    void image(int page, ByteBuffer target) {
        ByteOrder order = target.order();
        target.order(ByteOrder.LITTLE_ENDIAN);
        for (int i = page * WORDS_PER_PAGE; i < (page + 1) * WORDS_PER_PAGE; i++) {
            target.putLong(image[i]);
        }
        target.order(order);
    }

    // ---- single slots

    /** Free slots come into the image. */
    void take(long first, long end) {
        for (long slot = first; slot < end; slot++) {
            image[wordOf(slot)] |= 1L << slot;
            freeInPage[pageOf(slot)]--;
            flags[pageOf(slot)] |= CHANGED;
        }
        used += end - first;
        free -= end - first;
    }

    boolean isUsed(long slot) {
        return (image[wordOf(slot)] & (1L << slot)) != 0;
    }

    boolean isRunning(long slot) {
        return (running[wordOf(slot)] & (1L << slot)) != 0;
    }

    /** A slot of the image was released since the freeze. */
    void setRunning(long slot) {
        running[wordOf(slot)] |= 1L << slot;
        flags[pageOf(slot)] |= HAS_RUNNING;
    }

    /** A slot that was released is not free before its readers are gone. */
    void setDead(long slot) {
        dead[wordOf(slot)] |= 1L << slot;
        flags[pageOf(slot)] |= HAS_DEAD;
    }

    /** A slot leaves the image and is held. */
    void hold(long slot) {
        image[wordOf(slot)] &= ~(1L << slot);
        held[wordOf(slot)] |= 1L << slot;
        flags[pageOf(slot)] |= HAS_HELD | CHANGED;
        used--;
    }

    // ---- all slots of a page

    /** What is running leaves the image and is held. */
    void holdRunning(int page) {
        if ((flags[page] & HAS_RUNNING) == 0) {
            return;
        }
        for (int i = page * WORDS_PER_PAGE; i < (page + 1) * WORDS_PER_PAGE; i++) {
            image[i] &= ~running[i];
            held[i] |= running[i];
            used -= Long.bitCount(running[i]);
            running[i] = 0;
        }
        flags[page] &= ~HAS_RUNNING;
        flags[page] |= HAS_HELD | CHANGED;
    }

    /** What is held is free, but for the dead. */
    void freeHeld(int page) {
        if ((flags[page] & HAS_HELD) == 0) {
            return;
        }
        for (int i = page * WORDS_PER_PAGE; i < (page + 1) * WORDS_PER_PAGE; i++) {
            int kept = Long.bitCount(held[i] & dead[i]);
            addFree(page, Long.bitCount(held[i]) - kept);
            deadOnly += kept;
            held[i] = 0;
        }
        flags[page] &= ~HAS_HELD;
    }

    /** The dead that are neither in the image nor held are free. */
    void freeDead(int page) {
        if ((flags[page] & HAS_DEAD) == 0) {
            return;
        }
        long left = 0;
        for (int i = page * WORDS_PER_PAGE; i < (page + 1) * WORDS_PER_PAGE; i++) {
            long waiting = dead[i] & (image[i] | held[i]);
            int freed = Long.bitCount(dead[i] & ~waiting);
            addFree(page, freed);
            deadOnly -= freed;
            dead[i] = waiting;
            left |= waiting;
        }
        if (left == 0) {
            flags[page] &= ~HAS_DEAD;
        }
    }

    private void addFree(int page, int slots) {
        freeInPage[page] += slots;
        free += slots;
    }
}
