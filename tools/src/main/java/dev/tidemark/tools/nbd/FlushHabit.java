package dev.tidemark.tools.nbd;

/**
 * Notices a client that waits for each write and then for a flush of it, as the logs of databases do. For such a one
 * the force is begun with the write: it runs while the write's answer and the flush travel, and the flush finds it
 * under way. It is a guess and changes no promise: the flush itself goes to the store, too.
 */
final class FlushHabit {
    /** Times in a row that make a habit: so a guess is wrong at most once for that many that would have been right. */
    static final int TIMES = 8;

    private int times;
    private boolean written;

    /**
     * A write was taken.
     *
     * @param alone whether nothing else of the client was received or is in flight: it waits for the answer
     * @return whether a flush is to be expected next
     */
    boolean wrote(boolean alone) {
        if (written || !alone) {
            times = 0;
        }
        written = alone;
        return times >= TIMES;
    }

    /** A flush was taken. */
    void flushed() {
        times = written ? Math.min(TIMES, times + 1) : 0;
        written = false;
    }
}
