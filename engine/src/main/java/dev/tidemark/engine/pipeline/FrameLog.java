package dev.tidemark.engine.pipeline;

import java.io.IOException;
import org.agrona.MutableDirectBuffer;

/**
 * Whoever appends frames and learns that they are durable: the journal today; a log that is durable on a majority could
 * stand here as well. Used by the JOURNAL thread alone, but for what says otherwise.
 *
 * <p>A frame is appended only when the data of its events is forced or is in the frame.
 */
public interface FrameLog {
    /** The largest payload in bytes. */
    int maxPayloadBytes();

    /**
     * Room for the next frame's payload of at most {@code lengthBytes}, from {@link #index()} on; nothing is appended
     * yet.
     *
     * @param firstSeq the seq of its first event
     * @param events how many it holds
     * @param withData whether the blocks' bytes follow the events
     * @param homeDurableSeq up to where the exception store's own copies of such bytes are forced; may lie behind the
     *     frame, whose readers count it up to the frame's last event
     */
    MutableDirectBuffer claim(long firstSeq, int events, boolean withData, long homeDurableSeq, int lengthBytes)
            throws IOException;

    /** Where the claimed payload begins in the buffer. */
    int index();

    /** Appends the first {@code lengthBytes} of the claimed payload. */
    void commit(int lengthBytes) throws IOException;

    /** Gives the claimed room back; no frame. */
    void abort();

    /** Forces everything appended. */
    void force() throws IOException;

    /** Appends and forces a marker: a frame that says what is durable by now. */
    void mark() throws IOException;

    /** The end of the last frame, in bytes of the whole journal. Any thread. */
    long appendedOffset();

    /** The epoch of this open. */
    int epoch();

    /** Says that recovery will not need anything below a boundary of frames. Any thread. */
    void releaseBelow(long offset) throws IOException;

    /** Bytes of journal that are written ahead, so that an append there can't run out of space. Any thread. */
    long roomBytes();

    /**
     * What {@link #roomBytes} is at least while the device has plenty, in bytes from 1: reserves have to fit into it.
     * Any thread.
     */
    long segmentRoomBytes();

    /** Tries again to write ahead, after room may have been made on the device. Any thread. */
    void retryRoom() throws IOException;

    /** Why the last try to write ahead failed, null when it did not. Any thread. */
    IOException shortage();
}
