package dev.tidemark.tools.nbd;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A stream of bytes to a peer and back that never blocks, but for {@link #await}. Used by one thread, except
 * {@link #wake} and {@link #close}.
 */
interface Wire extends Closeable {
    /**
     * Reads what is there.
     *
     * @return the number of bytes; 0 when there is nothing now, -1 when the peer has ended its side
     */
    int read(ByteBuffer target) throws IOException;

    /** Writes what fits now and returns the number of bytes, which may be 0. */
    int write(ByteBuffer source) throws IOException;

    /**
     * Waits until the wire is readable or writable (as asked), {@link #wake} was called since the last wait ended, or
     * the time is over. May return early for no reason.
     */
    void await(boolean readable, boolean writable, long timeoutNanos) throws IOException;

    /** Lets a moment pass, too short to wait for anything; a wire that has no peer in another process need not. */
    void pause(long nanos);

    /** Ends the wait that goes on, or the next one. Any thread; does not block. */
    void wake();

    /** Tells the peer that nothing more comes. */
    void endOutput() throws IOException;

    /** Closes it, from any thread; a wait ends. */
    @Override
    void close();
}
