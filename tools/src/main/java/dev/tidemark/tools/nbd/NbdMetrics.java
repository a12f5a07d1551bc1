package dev.tidemark.tools.nbd;

/**
 * Where the server reports what it does. Called from the connections' threads, many at once, on the hot path: an
 * implementation must neither block nor throw, and should not allocate.
 */
public interface NbdMetrics {
    /** Counts nothing. */
    NbdMetrics NONE = new NbdMetrics() {};

    /** A peer has connected and was admitted. */
    default void connectionOpened() {}

    /** A connection that was reported as opened has ended. */
    default void connectionClosed() {}

    /** A peer was turned away, because there were too many. */
    default void connectionRefused() {}

    /** A connection was closed because its peer broke the protocol or a time limit. */
    default void connectionAborted() {}

    /**
     * A request was answered.
     *
     * @param bytes its length; 0 for a flush
     * @param nanos from when it was taken from the socket until its reply was handed to the socket's buffer
     * @param failed whether the reply was an error
     */
    default void operation(NbdOperation kind, long bytes, long nanos, boolean failed) {}
}
