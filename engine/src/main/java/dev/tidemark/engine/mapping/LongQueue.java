package dev.tidemark.engine.mapping;

/** A first-in-first-out queue of longs in one growing array; takes no memory per operation once it has grown. */
public final class LongQueue {
    private static final int FIRST_CAPACITY = 64;

    private long[] items = new long[FIRST_CAPACITY];
    private long head;
    private long tail;

    /** Appends one value. */
    public void add(long value) {
        if (tail - head == items.length) {
            grow();
        }
        items[(int) tail & (items.length - 1)] = value;
        tail++;
    }

    /** The value {@code index} places behind the head, 0 to {@code size() - 1}. */
    public long get(long index) {
        return items[(int) (head + index) & (items.length - 1)];
    }

    /** Replaces the value {@code index} places behind the head. */
    public void set(long index, long value) {
        items[(int) (head + index) & (items.length - 1)] = value;
    }

    /** Takes the value at the head off the queue, which must not be empty. */
    public long remove() {
        long value = items[(int) head & (items.length - 1)];
        head++;
        return value;
    }

    /** How many values wait. */
    public long size() {
        return tail - head;
    }

    public boolean isEmpty() {
        return tail == head;
    }

    /** Heap bytes. */
    public long memoryBytes() {
        return 16L + 8L * items.length;
    }

    private void grow() {
        long[] larger = new long[items.length * 2];
        int size = items.length;
        for (int i = 0; i < size; i++) {
            larger[i] = get(i);
        }
        items = larger;
        head = 0;
        tail = size;
    }
}
