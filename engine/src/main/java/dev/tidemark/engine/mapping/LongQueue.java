package dev.tidemark.engine.mapping;

/**
 * A first-in-first-out queue of longs in one array, which grows when it is full and shrinks when it is seven eighths
 * empty; in between it allocates nothing. One thread.
 */
public final class LongQueue {
    private static final int FIRST_CAPACITY = 64;
    private static final int SHRINK_SHARE = 8;

    private final int keptCapacity;
    private long[] items = new long[FIRST_CAPACITY];
    private long head;
    private long tail;

    /** A queue that shrinks as far as it can. */
    public LongQueue() {
        this(FIRST_CAPACITY);
    }

    /**
     * A queue that never shrinks below a capacity that it had.
     *
     * @param keptCapacity in values: what it holds again and again, so that in steady state it allocates nothing
     */
    public LongQueue(int keptCapacity) {
        this.keptCapacity = keptCapacity;
    }

    /** Appends one value. */
    public void add(long value) {
        if (tail - head == items.length) {
            resize(items.length * 2);
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
        if (tail - head < items.length / SHRINK_SHARE && items.length > keptCapacity) {
            resize(items.length / 2);
        }
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

    private void resize(int capacity) {
        long[] other = new long[capacity];
        int size = (int) size();
        for (int i = 0; i < size; i++) {
            other[i] = get(i);
        }
        items = other;
        head = 0;
        tail = size;
    }
}
