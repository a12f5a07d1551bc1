package dev.tidemark.journal;

import dev.tidemark.storage.StorageFile;
import java.io.IOException;

/**
 * A walk along the frames of one segment after the other, which accepts only the next frame of the same history: at its
 * own offset, with the next seq, in an epoch that is not lower than the last one's. For one thread.
 */
final class FrameWalk {
    /** What lies at the walk's position. */
    enum Step {
        /** A frame; the walk has moved behind it. */
        FRAME,
        /** Zeros, or the file's end. */
        UNUSED,
        /** Anything else. */
        BROKEN,
        /** The segment's end. */
        SEGMENT_END
    }

    /** The next seq, if whichever comes is right. */
    static final long ANY_SEQ = Known.ANY_SEQ;

    private final FileWindow window;
    private final FrameParser parser;
    private SegmentFile segment;
    private long position;
    private int lastEpoch;
    private long nextSeq = ANY_SEQ;
    private long carried;
    private long frames;

    FrameWalk(FileWindow window, long salt) {
        this.window = window;
        this.parser = new FrameParser(window, salt);
    }

    /** Forgets what was seen: any history is right that begins where it enters next. */
    void restart() {
        lastEpoch = 0;
        nextSeq = ANY_SEQ;
    }

    /** Says which epoch was reached before it enters. */
    void reached(int epoch) {
        lastEpoch = Math.max(lastEpoch, epoch);
    }

    /** Looks at the file again instead of at what was read before. */
    void refresh(StorageFile file) {
        window.use(file);
    }

    /** Goes on in that segment, whose header is whole, from that offset. */
    void enter(SegmentFile newSegment, StorageFile file, long offset, long seq) {
        segment = newSegment;
        position = offset;
        nextSeq = seq;
        lastEpoch = Math.max(lastEpoch, segment.header().epoch());
        carried = Math.max(carried, segment.header().durableUpTo());
        window.use(file);
        parser.segment(segment.first(), segment.end());
    }

    /** Whether that segment can be the next one of this walk. */
    boolean isNext(SegmentHeader header) {
        return header.epoch() >= lastEpoch && (nextSeq == ANY_SEQ || header.nextSeq() == nextSeq);
    }

    /** Moves over one frame if it can. */
    Step step() throws IOException {
        if (position >= segment.end()) {
            return Step.SEGMENT_END;
        }
        if (!parser.isFrame(position)) {
            return parser.isUnused(position) ? Step.UNUSED : Step.BROKEN;
        }
        int epoch = parser.epoch();
        long seq = parser.firstSeq();
        if (epoch < lastEpoch || (nextSeq != ANY_SEQ && seq != nextSeq)) {
            return Step.BROKEN;
        }
        lastEpoch = epoch;
        nextSeq = seq + parser.count();
        carried = Math.max(carried, parser.durableUpTo());
        position = parser.endOffset();
        frames++;
        return Step.FRAME;
    }

    /** Fills the flyweight with the frame of the last step. */
    void wrap(Frame frame, long evidence) {
        frame.wrap(window, parser.index(), segment.path(), evidence);
    }

    /** Whether the frame of the last step holds events. */
    boolean isData() {
        return parser.kind() == FrameDescriptor.KIND_DATA;
    }

    FrameParser parser() {
        return parser;
    }

    FileWindow window() {
        return window;
    }

    SegmentFile segment() {
        return segment;
    }

    /** Where the next frame would begin. */
    long position() {
        return position;
    }

    int lastEpoch() {
        return lastEpoch;
    }

    /** The seq of the next event, or {@link #ANY_SEQ} if no frame was seen yet. */
    long nextSeq() {
        return nextSeq;
    }

    /** The largest <i>durable up to</i> that was seen. */
    long carried() {
        return carried;
    }

    /** How many frames were seen, of all kinds. */
    long frames() {
        return frames;
    }
}
