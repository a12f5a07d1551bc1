package dev.tidemark.journal;

import dev.tidemark.storage.Storage;
import dev.tidemark.storage.StorageFile;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.List;

/**
 * Follows a journal beside its writer, which may be another process, may die and come back, and may release segments.
 * It never writes and never waits: {@link #poll} hands out what is there and says how it ended.
 *
 * <p>Frames that evidence covers are handed out once and for good. Those beyond are held back, or, if the reader was
 * opened so, handed out with {@link Frame#forced} false; a crash of the writer may undo them ({@link State#CUT}).
 *
 * <p>A tail that makes no sense is {@link State#END_FOR_NOW} and nothing worse. Below the evidence the reader looks
 * again, at the file and its header, before it reports damage. For one thread.
 */
public final class JournalReader implements AutoCloseable {
    /** How a poll ended. */
    public enum State {
        /** The limit was reached; there may be more. */
        MORE,
        /** There is no more to hand out yet. */
        END_FOR_NOW,
        /**
         * Unforced frames that were handed out are not part of the history any more, as a crash came between. The
         * reader has gone back to {@link #position}, and hands out again what follows there.
         */
        CUT,
        /** The next segment was released; what follows begins at {@link JournalRecovery#oldest}. */
        GONE
    }

    private static final int MAX_LOOKS = 3;

    private final Storage storage;
    private final String directory;
    private final boolean unforcedToo;
    private final FrameWalk delivery;
    private final FrameWalk scout;
    private final Frame frame = new Frame();
    private StorageFile file;
    private StorageFile scoutFile;
    private long evidence;
    private State state = State.END_FOR_NOW;
    private boolean fruitless;
    private boolean wasHandedOut;

    /** The last boundary of frames that were handed out as forced: whatever happens, history leads through it. */
    private long anchor;

    private JournalReader(
            Storage storage, JournalConfig config, SegmentFile first, long fromOffset, boolean unforcedToo)
            throws IOException {
        this.storage = storage;
        this.directory = config.directory();
        this.unforcedToo = unforcedToo;
        int windowBytes = Math.min(FileWindow.DEFAULT_BYTES, config.segmentBytes());
        long salt = first.header().salt();
        delivery = new FrameWalk(new FileWindow(windowBytes), salt);
        scout = new FrameWalk(new FileWindow(windowBytes), salt);
        long start = Math.max(fromOffset, first.first() + SegmentDescriptor.HEADER_BYTES);
        file = enter(delivery, null, first, start, FrameWalk.ANY_SEQ);
        anchor = start;
        evidence = first.header().durableUpTo();
    }

    /**
     * Opens a reader.
     *
     * @param fromOffset a frame boundary in bytes; 0 for the oldest segment that is there
     * @param unforcedToo whether to hand out what no evidence covers, too
     * @throws JournalException if no segment holds that offset
     */
    public static JournalReader follow(Storage storage, JournalConfig config, long fromOffset, boolean unforcedToo)
            throws IOException {
        List<Long> offsets = SegmentFile.offsets(storage, config.directory());
        SegmentFile found = null;
        for (long offset : offsets) {
            if (offset <= fromOffset || found == null) {
                SegmentFile segment = SegmentFile.look(storage, config.directory(), offset);
                found = segment.isWhole() ? segment : found;
            }
        }
        if (found == null || fromOffset > found.end()) {
            throw new JournalException("no journal segment in " + config.directory() + " holds offset " + fromOffset);
        }
        return new JournalReader(storage, config, found, fromOffset, unforcedToo);
    }

    /**
     * Hands out frames with events, in order.
     *
     * @param maxFrames the most to hand out in this call
     * @return how many were handed out; {@link #state} says why not more
     * @throws JournalCorruptException if something that was durable can't be read, also at a second look
     */
    public int poll(FrameConsumer consumer, int maxFrames) throws IOException {
        delivery.refresh(file);
        fruitless = false;
        int delivered = 0;
        for (int looks = 1; delivered < maxFrames; ) {
            long before = delivery.position();
            State end = advance(consumer);
            if (end == null) {
                delivered += delivery.isData() && wasHandedOut ? 1 : 0;
                looks = 1;
                continue;
            }
            if (end == State.END_FOR_NOW && before < witnessed()) {
                if (looks++ > MAX_LOOKS) {
                    throw new JournalCorruptException(
                            delivery.segment().path(),
                            before,
                            RecoveryRow.DAMAGED_FRAME,
                            RecoveryRow.DAMAGED_FRAME.text());
                }
                reopen();
                continue;
            }
            state = end == State.END_FOR_NOW && wasCut() ? State.CUT : end;
            return delivered;
        }
        state = State.MORE;
        return delivered;
    }

    /** The evidence, with what the header of the next segment says: it was begun after all of this one was durable. */
    private long witnessed() throws IOException {
        SegmentFile next = next(delivery.segment());
        if (next != null && next.isWhole() && sameJournal(next)) {
            evidence = Math.max(evidence, next.header().durableUpTo());
        }
        return evidence;
    }

    /** Moves over one frame or into the next segment; null if it could. */
    private State advance(FrameConsumer consumer) throws IOException {
        long position = delivery.position();
        wasHandedOut = false;
        boolean inside = position < delivery.segment().end();
        if (!unforcedToo && inside && position >= evidence && !gather(position)) {
            return State.END_FOR_NOW;
        }
        long seq = delivery.nextSeq();
        return switch (delivery.step()) {
            case FRAME -> {
                evidence = Math.max(evidence, delivery.carried());
                yield handOut(consumer, position, seq);
            }
            case SEGMENT_END -> enterNext();
            case UNUSED, BROKEN -> State.END_FOR_NOW;
        };
    }

    private State handOut(FrameConsumer consumer, long position, long seq) throws IOException {
        boolean forced = delivery.position() <= evidence || gather(delivery.position() - 1);
        if (!forced && !unforcedToo) {
            back(position, seq);
            return State.END_FOR_NOW;
        }
        if (forced) {
            anchor = delivery.position();
        }
        if (delivery.isData()) {
            delivery.wrap(frame, evidence);
            wasHandedOut = true;
            consumer.accept(frame);
        }
        return null;
    }

    private void back(long position, long seq) {
        delivery.enter(delivery.segment(), file, position, seq);
    }

    /** Looks ahead for evidence of more than that offset; in a poll only until it found none. */
    private boolean gather(long offset) throws IOException {
        if (evidence <= offset && !fruitless) {
            try {
                fruitless = !scoutFor(offset);
            } catch (NoSuchFileException e) {
                // Only what is durable is ever released.
                evidence = Math.max(evidence, delivery.segment().end());
            }
        }
        return evidence > offset;
    }

    private boolean scoutFor(long offset) throws IOException {
        scout.restart();
        SegmentFile segment = delivery.segment();
        scoutFile = enter(scout, scoutFile, segment, anchorIn(segment), FrameWalk.ANY_SEQ);
        while (evidence <= offset) {
            FrameWalk.Step step = scout.step();
            if (step == FrameWalk.Step.FRAME) {
                evidence = Math.max(evidence, scout.carried());
            } else if (step == FrameWalk.Step.SEGMENT_END) {
                segment = next(scout.segment());
                if (segment == null || !segment.isWhole() || !sameJournal(segment)) {
                    return false;
                }
                evidence = Math.max(evidence, segment.header().durableUpTo());
                long start = segment.first() + SegmentDescriptor.HEADER_BYTES;
                scoutFile = enter(scout, scoutFile, segment, start, FrameWalk.ANY_SEQ);
            } else {
                return false;
            }
        }
        return true;
    }

    private long anchorIn(SegmentFile segment) {
        return Math.max(anchor, segment.first() + SegmentDescriptor.HEADER_BYTES);
    }

    private boolean sameJournal(SegmentFile segment) {
        return segment.header().sameJournal(delivery.segment().header())
                && segment.header().first() == segment.first();
    }

    private State enterNext() throws IOException {
        fruitless = false;
        SegmentFile segment = next(delivery.segment());
        if (segment == null) {
            List<Long> offsets = SegmentFile.offsets(storage, directory);
            boolean later = !offsets.isEmpty() && offsets.get(offsets.size() - 1) > delivery.position();
            return later ? State.GONE : State.END_FOR_NOW;
        }
        if (!segment.isWhole() || !sameJournal(segment) || !delivery.isNext(segment.header())) {
            return State.END_FOR_NOW;
        }
        long start = segment.first() + SegmentDescriptor.HEADER_BYTES;
        file = enter(delivery, file, segment, start, segment.header().nextSeq());
        evidence = Math.max(evidence, segment.header().durableUpTo());
        if (evidence >= segment.first()) {
            anchor = start;
        }
        return null;
    }

    /** The segment behind, or null while there is no such file. */
    private SegmentFile next(SegmentFile segment) throws IOException {
        try {
            return SegmentFile.look(storage, directory, segment.end());
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    /** Opens a segment anew by its name, as it may be another file by now. */
    private StorageFile enter(FrameWalk walk, StorageFile old, SegmentFile segment, long offset, long seq)
            throws IOException {
        StorageFile opened = storage.open(segment.path(), Storage.Mode.READ);
        if (old != null) {
            old.close();
        }
        walk.enter(segment, opened, offset, seq);
        return opened;
    }

    private void reopen() throws IOException {
        SegmentFile segment;
        try {
            segment = SegmentFile.look(storage, directory, delivery.segment().first());
        } catch (NoSuchFileException e) {
            return; // released meanwhile, and still open here
        }
        if (segment.isWhole() && sameJournal(segment)) {
            file = enter(delivery, file, segment, delivery.position(), delivery.nextSeq());
        }
    }

    /** Whether unforced frames that were handed out have gone; then goes back to the anchor. */
    private boolean wasCut() throws IOException {
        long reached = delivery.position();
        if (anchor >= reached) {
            return false;
        }
        SegmentFile segment = SegmentFile.look(storage, directory, segmentOf(anchor));
        if (!segment.isWhole()) {
            return false;
        }
        int epoch = delivery.lastEpoch();
        scout.restart();
        scoutFile = enter(scout, scoutFile, segment, anchorIn(segment), FrameWalk.ANY_SEQ);
        while (scout.position() < reached) {
            FrameWalk.Step step = scout.step();
            if (step == FrameWalk.Step.SEGMENT_END) {
                SegmentFile next = next(scout.segment());
                if (next == null || !next.isWhole()) {
                    break;
                }
                scoutFile =
                        enter(scout, scoutFile, next, next.first() + SegmentDescriptor.HEADER_BYTES, FrameWalk.ANY_SEQ);
            } else if (step != FrameWalk.Step.FRAME) {
                break;
            }
        }
        if (scout.position() == reached && scout.lastEpoch() == epoch) {
            return false;
        }
        delivery.restart();
        file = enter(delivery, file, segment, anchorIn(segment), FrameWalk.ANY_SEQ);
        return true;
    }

    private long segmentOf(long offset) throws IOException {
        long found = delivery.segment().first();
        for (long first : SegmentFile.offsets(storage, directory)) {
            if (first <= offset) {
                found = first;
            }
        }
        return found;
    }

    /** How the last poll ended. */
    public State state() {
        return state;
    }

    /** Where the next frame to be handed out begins, in bytes. */
    public long position() {
        return delivery.position();
    }

    /** Everything below was durable when it was last looked at, in bytes. */
    public long evidence() {
        return evidence;
    }

    @Override
    public void close() throws IOException {
        file.close();
        if (scoutFile != null) {
            scoutFile.close();
        }
    }
}
