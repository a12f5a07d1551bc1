package dev.tidemark.engine.pipeline;

import dev.tidemark.engine.mapping.PageUnreadableException;
import dev.tidemark.engine.message.ErrorCode;
import dev.tidemark.engine.message.Message;
import dev.tidemark.engine.message.Reply;
import dev.tidemark.engine.volume.LiveVolume;
import java.util.List;

/**
 * One request on its way through the ring. Reused, so that I/O allocates nothing: filled by the submitting thread,
 * handed over with the ring's publication, and given back with its answer.
 */
public final class Request {
    /** What is asked. */
    public enum Kind {
        WRITE,
        FLUSH,
        DISCARD,
        ZEROES,
        MESSAGE,
        /** The store's own: a turn for jobs and parked requests, without an answer. */
        NUDGE
    }

    Kind kind;
    LiveVolume volume;
    long offset;
    long length;
    boolean fua;
    WriteBuffers.Buffer data;

    // a write in blocks: where its whole blocks begin in data.whole(), and whether its edges cover their blocks in part
    long firstBlock;
    int blocks;
    int dataIndex;
    boolean headPartial;
    boolean tailPartial;
    /** Whether PLACE brings in the pages that the write touches, see {@link PagePace}. */
    boolean pagesLeft;

    // set by PLACE while the write is in a run
    int placement;
    int placements;
    Request nextHeld;

    Message message;
    String actor;
    private boolean waitsForClients;
    /** Volumes that the message takes by force, while clients have them open; null before that was decided. */
    private List<Long> forced;

    // the outcome
    private ErrorCode error;
    private String errorText;
    private Throwable cause;
    Reply reply;

    // the caller's
    private Object callback;
    private long cookie;

    /** A write of what the buffer holds; the buffer belongs to the request from here on. */
    public Request write(LiveVolume target, long atOffset, WriteBuffers.Buffer bytes, boolean durable) {
        reset(Kind.WRITE, target, atOffset, bytes.length(), durable);
        data = bytes;
        return this;
    }

    /** A flush. */
    public Request flush() {
        return reset(Kind.FLUSH, null, 0, 0, true);
    }

    /** A discard of the whole blocks inside the range. */
    public Request discard(LiveVolume target, long atOffset, long lengthBytes, boolean durable) {
        return reset(Kind.DISCARD, target, atOffset, lengthBytes, durable);
    }

    /** The range reads as zeros. */
    public Request zeroes(LiveVolume target, long atOffset, long lengthBytes, boolean durable) {
        return reset(Kind.ZEROES, target, atOffset, lengthBytes, durable);
    }

    /** A message from {@code sender}. */
    public Request message(Message text, String sender) {
        reset(Kind.MESSAGE, null, 0, 0, true);
        message = text;
        actor = sender;
        return this;
    }

    /**
     * A message that takes volumes by force is given back undecided, without a reply, when clients have them open and
     * nothing else refuses it: its sender waits for the clients to go and sends it again without this.
     */
    public Request waitForClients() {
        waitsForClients = true;
        return this;
    }

    boolean waitsForClients() {
        return waitsForClients;
    }

    /** Ids of volumes that the message takes by force while clients have them open; null when there are none. */
    public List<Long> forced() {
        return forced;
    }

    void forced(List<Long> volumeIds) {
        forced = volumeIds;
    }

    Request nudge() {
        return reset(Kind.NUDGE, null, 0, 0, false);
    }

    private Request reset(Kind newKind, LiveVolume target, long atOffset, long lengthBytes, boolean durable) {
        kind = newKind;
        volume = target;
        offset = atOffset;
        length = lengthBytes;
        fua = durable;
        data = null;
        headPartial = false;
        tailPartial = false;
        message = null;
        actor = null;
        waitsForClients = false;
        forced = null;
        error = null;
        errorText = null;
        cause = null;
        reply = null;
        return this;
    }

    /** What is to be told, given back with the answer as it is. */
    public Request callback(Object newCallback, long newCookie) {
        callback = newCallback;
        cookie = newCookie;
        return this;
    }

    public Object callback() {
        return callback;
    }

    public long cookie() {
        return cookie;
    }

    public Kind kind() {
        return kind;
    }

    /** The error code, or null when all is well. */
    public ErrorCode error() {
        return error;
    }

    /** What is wrong and what to do; null when all is well. */
    public String errorText() {
        return errorText;
    }

    /** What led to the error, or null. */
    public Throwable cause() {
        return cause;
    }

    /** The reply to a message; null when the store failed. */
    public Reply reply() {
        return reply;
    }

    void refuse(ErrorCode code, String text, Throwable why) {
        error = code;
        errorText = text;
        cause = why;
    }

    /** It was refused, and is to be placed once more. */
    void tryAgain() {
        refuse(null, null, null);
    }

    /** Its volume's mappings, or what they refer to, can't be read: nothing has changed. */
    void refuse(PageUnreadableException why) {
        refuse(ErrorCode.FAILED, "can't change volume " + volume + ": " + why.getMessage(), why);
    }

    /** The outcome is unknown until the next open: the store has stopped. */
    void failed(Throwable first) {
        refuse(
                ErrorCode.FAILED,
                "the store has stopped after a failure, restart it to recover: " + first.getMessage(),
                first);
        reply = null;
    }

    void releaseData() {
        WriteBuffers.Buffer buffer = data;
        if (buffer != null) {
            data = null;
            buffer.release();
        }
    }
}
