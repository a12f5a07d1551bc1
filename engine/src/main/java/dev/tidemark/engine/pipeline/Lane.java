package dev.tidemark.engine.pipeline;

/** The way from the submitting threads through the two stages. */
interface Lane extends AutoCloseable {
    /** Puts a request in; false when the lane is closed. */
    boolean submit(Request request);

    /** Whether the calling thread is one of the lane's own. */
    boolean isOwnThread();

    /** Takes no more, carries out what is in, and lets JOURNAL settle. */
    @Override
    void close();
}
