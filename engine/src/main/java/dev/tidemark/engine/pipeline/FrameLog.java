package dev.tidemark.engine.pipeline;

import java.io.IOException;
import org.agrona.MutableDirectBuffer;

/**
 * Whoever appends frames and learns that they are durable: the journal today; a log that is durable on a majority could
 * stand here as well. Used by the JOURNAL thread alone.
 *
 * <p>A frame is appended only when the data of its events is forced or is in the frame.
 */
public interface FrameLog {
    /** The largest payload in bytes. */
    int maxPayloadBytes();

    /** Room for the next frame's payload of at most {@code lengthBytes}, from {@link #index()} on; nothing is appended yet. */
    MutableDirectBuffer claim(int lengthBytes) throws IOException;

    /** Where the claimed payload begins in the buffer. */
    int index();

    /** Appends the claimed payload. */
    void commit(long firstSeq, int events, boolean withData, long homeDurableSeq, int lengthBytes) throws IOException;

    /** Gives the claimed room back; no frame. */
    void abort();

    /** Forces everything appended. */
    void force() throws IOException;

    /** Appends and forces a marker: a frame that says what is durable by now. */
    void mark() throws IOException;

    /** Bytes of journal that are written ahead, so that an append there can't run out of space. */
    long roomBytes();
}
