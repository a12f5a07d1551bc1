package dev.tidemark.storage.sim;

/** The latest operations, for whoever has to understand a failing seed. */
final class OperationLog {
    /** Enough for what led to a failure; the start of a long run can be had by cutting it earlier. */
    static final int CAPACITY = 1 << 14;

    private static final int FIRST_LENGTH = 64;

    private Operation[] kinds = new Operation[FIRST_LENGTH];
    private String[] names = new String[FIRST_LENGTH];
    private String[] notes = new String[FIRST_LENGTH];
    private long[] numbers = new long[FIRST_LENGTH];
    private long[] offsets = new long[FIRST_LENGTH];
    private long[] lengths = new long[FIRST_LENGTH];
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
        int length = kinds.length * 4;
        kinds = java.util.Arrays.copyOf(kinds, length);
        names = java.util.Arrays.copyOf(names, length);
        notes = java.util.Arrays.copyOf(notes, length);
        numbers = java.util.Arrays.copyOf(numbers, length);
        offsets = java.util.Arrays.copyOf(offsets, length);
        lengths = java.util.Arrays.copyOf(lengths, length);
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
                    .append(kinds[slot].name().toLowerCase(java.util.Locale.ROOT))
                    .append(' ')
                    .append(names[slot]);
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
