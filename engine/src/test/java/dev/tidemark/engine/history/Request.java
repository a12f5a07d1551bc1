package dev.tidemark.engine.history;

import java.util.SplittableRandom;

/** Something that was asked of a store, and what came of it. */
public final class Request {
    /** What is asked. */
    public enum Kind {
        WRITE,
        DISCARD,
        ZEROES,
        FLUSH,
        MESSAGE
    }

    final int index;
    final Kind kind;
    final long volume;
    final long offset;
    final int length;
    final long content;
    final boolean fua;
    final Message message;

    /** Moments in the run, by a counter of submissions and answers; {@code Long.MAX_VALUE} for not answered. */
    final long submitted;

    long answered = Long.MAX_VALUE;
    /** {@code ok}, or an error's code; null for no answer. */
    String outcome;

    String text;
    /** Where history was when the store was opened next: no event after that is of this request. */
    long untilSeq = Long.MAX_VALUE;
    /** The seq of its event, 0 for none. Known after {@link Order}. */
    long seq;

    Request(int index, Kind kind, long volume, long offset, int length, long content, boolean fua, long submitted) {
        this(index, kind, volume, offset, length, content, fua, null, submitted);
    }

    Request(int index, Message message, long submitted) {
        this(index, Kind.MESSAGE, 0, 0, 0, 0, true, message, submitted);
    }

    private Request(
            int index,
            Kind kind,
            long volume,
            long offset,
            int length,
            long content,
            boolean fua,
            Message message,
            long submitted) {
        this.index = index;
        this.kind = kind;
        this.volume = volume;
        this.offset = offset;
        this.length = length;
        this.content = content;
        this.fua = fua;
        this.message = message;
        this.submitted = submitted;
    }

    boolean isOk() {
        return "ok".equals(outcome);
    }

    /** Whether it was refused because something was full. */
    public boolean isRefusedForSpace() {
        return "out-of-space".equals(outcome);
    }

    /** What a write writes: never zeros, and different for each. */
    byte[] bytes() {
        byte[] bytes = new byte[length];
        new SplittableRandom(content).nextBytes(bytes);
        return bytes;
    }

    @Override
    public String toString() {
        return index + ":"
                + (kind == Kind.MESSAGE ? message.text() : kind + " #" + volume + " " + offset + "+" + length)
                + (outcome != null && !isOk() ? " (" + text + ")" : "") + (fua && kind != Kind.MESSAGE ? " fua" : "")
                + " -> " + outcome + (seq == 0 ? "" : " seq=" + seq);
    }
}
