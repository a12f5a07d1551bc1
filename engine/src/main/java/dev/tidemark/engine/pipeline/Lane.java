package dev.tidemark.engine.pipeline;

/** The way from the submitting threads through the two stages. */
interface Lane extends AutoCloseable {
    /** Puts a request in; false when the lane is closed. */
    boolean submit(Request request);

    /**
     * The same for a caller that waits for the answer: the lane may use its thread meanwhile. The request may be
     * answered on return.
     */
    boolean submitAndWait(Request request);

    /**
     * Whether PLACE, as it looks now, will come to the next request at once or nearly so. Any thread; a hint, and never
     * where operations on the storage must repeat.
     */
    boolean isPlaceFree();

    /** Whether the calling thread is one of the lane's own, or runs a stage now. */
    boolean isOwnThread();

    /** Takes no more, carries out what is in, and lets JOURNAL settle. */
    @Override
    void close();
}
