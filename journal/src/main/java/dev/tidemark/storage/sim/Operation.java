package dev.tidemark.storage.sim;

/** What callers do to a {@link SimStorage}. */
public enum Operation {
    /** Opening a file that exists. Not counted: it changes nothing. */
    OPEN(false),
    /** Not counted: it changes nothing. */
    READ(false),
    WRITE(true),
    FORCE(true),
    TRUNCATE(true),
    PREALLOCATE(true),
    DEALLOCATE(true),
    /** Opening a file that had to be made. */
    CREATE(true),
    CREATE_DIRECTORY(true),
    RENAME(true),
    DELETE(true),
    SYNC_DIRECTORY(true);

    private final boolean counted;

    Operation(boolean counted) {
        this.counted = counted;
    }

    /** Whether it counts in {@link SimStorage#operations}: whether power can fail in it with a result of its own. */
    public boolean counted() {
        return counted;
    }
}
