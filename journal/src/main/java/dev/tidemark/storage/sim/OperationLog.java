package dev.tidemark.storage.sim;

import java.util.Arrays;
import java.util.Locale;

/**
 * The latest operations, for whoever has to understand a failing seed. Takes no space before the first: most crash
 * states are looked at and dropped.
 */
final class OperationLog {
    /** Enough for what led to a failure; the start of a long run can be had by cutting it earlier. */
    static final int CAPACITY = 1 << 14;

    private static final int FIRST_LENGTH = 64;

    private static final int GROWTH = 4;

    private Operation[] kinds = new Operation[0];
    private String[] names = new String[0];
    private String[] notes = new String[0];
    private long[] numbers = new long[0];
    private long[] offsets = new long[0];
    private long[] lengths = new long[0];
    private long added;

    /** Adds an operation; {@code offset} and {@code length} are -1 where they say nothing. */
    void add(long number, Operation kind, String name, long offset, long length) {
        if (added == kinds.length && added < CAPACITY) {
            grow();
        }
        int slot = (int) (added++ % kinds.length);
        kinds[slot] = kind;
        names[slot] = name;
        notes[slot] = null;
        numbers[slot] = number;
        offsets[slot] = offset;
        lengths[slot] = length;
    }

    /** Adds a remark to the latest operation. */
    void note(String note) {
        if (added > 0) {
            int slot = (int) ((added - 1) % kinds.length);
            notes[slot] = notes[slot] == null ? note : notes[slot] + ", " + note;
        }
    }

    private void grow() {
        int length = Math.max(FIRST_LENGTH, kinds.length * GROWTH);
        kinds = Arrays.copyOf(kinds, length);
        names = Arrays.copyOf(names, length);
        notes = Arrays.copyOf(notes, length);
        numbers = Arrays.copyOf(numbers, length);
        offsets = Arrays.copyOf(offsets, length);
        lengths = Arrays.copyOf(lengths, length);
    }

    String text() {
        StringBuilder text = new StringBuilder();
        long first = Math.max(0, added - kinds.length);
        if (first > 0) {
            text.append("... ").append(first).append(" earlier ones\n");
        }
        for (long i = first; i < added; i++) {
            int slot = (int) (i % kinds.length);
            text.append(kinds[slot].counted() ? String.format("%6d ", numbers[slot]) : "       ")
                    .append(kinds[slot].name().toLowerCase(Locale.ROOT))
                    .append(' ')
                    .append(names[slot].isEmpty() ? "." : names[slot]);
            if (offsets[slot] >= 0) {
                text.append(" @").append(offsets[slot]);
            }
            if (lengths[slot] >= 0) {
                text.append(" +").append(lengths[slot]);
            }
            if (notes[slot] != null) {
                text.append("   ").append(notes[slot]);
            }
            text.append('\n');
        }
        return text.toString();
    }
}
