package dev.tidemark.engine.checkpoint;

import java.nio.ByteBuffer;

/**
 * Which slots something refers to, and which the slot map marks, to be compared. Two bits a slot. One thread.
 */
final class SlotUse {
    private static final int WORDS_PER_PAGE = SlotMap.SLOTS_PER_PAGE / Long.SIZE;

    private final long slots;
    private final CheckFindings findings;
    private final long[] referred;
    private final long[] marked;
    /** A bit for each page of the map that can't be read. */
    private final boolean[] unknown;

    private long markedSlots;

    /** For slots below {@code slots}. */
    SlotUse(long slots, CheckFindings findings) {
        this.slots = slots;
        this.findings = findings;
        int pages = (int) ((slots + SlotMap.SLOTS_PER_PAGE - 1) / SlotMap.SLOTS_PER_PAGE);
        referred = new long[pages * WORDS_PER_PAGE];
        marked = new long[pages * WORDS_PER_PAGE];
        unknown = new boolean[pages];
    }

    private static int wordOf(long slot) {
        return (int) (slot / Long.SIZE);
    }

    /** Something refers to the slot. */
    void refer(PageKind kind, long index, int slot) {
        long number = Integer.toUnsignedLong(slot);
        if (number == 0 || number >= slots) {
            findings.add(kind + " " + index + " in slot " + number + ": there is no such slot, of " + slots);
            return;
        }
        long bit = 1L << slot;
        if ((referred[wordOf(number)] & bit) != 0) {
            findings.add(kind + " " + index + " in slot " + number + ": something else is in that slot, too");
        }
        referred[wordOf(number)] |= bit;
    }

    /** Takes over a page of the slot map. */
    void mark(int page, int slot, ByteBuffer image) {
        if (page < 0 || page >= unknown.length) {
            findings.add(PageKind.SLOT_MAP + " " + page + " in slot " + Integer.toUnsignedLong(slot)
                    + ": there are no such slots, of " + slots);
            return;
        }
        for (int i = 0; i < WORDS_PER_PAGE; i++) {
            long word = image.getLong(i * Long.BYTES);
            marked[page * WORDS_PER_PAGE + i] = word;
            markedSlots += Long.bitCount(word);
        }
    }

    /** A page of the slot map can't be read. */
    void markUnknown(int page) {
        if (page >= 0 && page < unknown.length) {
            unknown[page] = true;
        }
    }

    boolean hasUnknown() {
        for (boolean is : unknown) {
            if (is) {
                return true;
            }
        }
        return false;
    }

    /** How many slots the map marks. */
    long marked() {
        return markedSlots;
    }

    /** The largest slot that the map marks; 0 for none. */
    long highestMarked() {
        for (int i = marked.length - 1; i >= 0; i--) {
            if (marked[i] != 0) {
                return (long) i * Long.SIZE + Long.SIZE - 1 - Long.numberOfLeadingZeros(marked[i]);
            }
        }
        return 0;
    }

    /**
     * Adds what is marked and not referred to, or the other way round, as runs.
     *
     * @param blind whether some references are not known, so that a slot that nothing refers to means nothing
     */
    void compare(boolean blind) {
        addRuns(referred, marked, "in use, and the slot map says free: the next checkpoint may write over it");
        if (!blind) {
            addRuns(marked, referred, "the slot map says in use, and nothing refers to it: lost space");
        }
    }

    private void addRuns(long[] those, long[] without, String text) {
        long first = -1;
        for (int i = 0; i < those.length; i++) {
            long word = unknown[i / WORDS_PER_PAGE] ? 0 : those[i] & ~without[i];
            boolean goesOn = word == (first < 0 ? 0 : -1L);
            for (int bit = 0; bit < Long.SIZE && !goesOn; bit++) {
                long slot = (long) i * Long.SIZE + bit;
                boolean in = (word & (1L << bit)) != 0;
                if (in && first < 0) {
                    first = slot;
                } else if (!in && first >= 0) {
                    addRun(first, slot - 1, text);
                    first = -1;
                }
            }
        }
        if (first >= 0) {
            addRun(first, (long) those.length * Long.SIZE - 1, text);
        }
    }

    private void addRun(long first, long last, String text) {
        findings.add((first == last ? "slot " + first : "slots " + first + " to " + last) + ": " + text);
    }
}
