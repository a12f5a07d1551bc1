package dev.tidemark.engine.recovery;

import dev.tidemark.engine.mapping.PageUnreadableException;
import dev.tidemark.engine.state.Applier;
import dev.tidemark.engine.state.Event;
import dev.tidemark.engine.state.State;
import dev.tidemark.journal.Frame;
import dev.tidemark.journal.JournalRecovery;
import java.io.IOException;

/**
 * One replay, from the checkpoint on or from the first event. Where pages are absent, events are kept until a window of
 * them is there and what they touch was read ({@link ReplayReaders}); windows that would have needed hardly any are
 * followed by stretches in which each event is applied as it comes.
 */
final class Replay implements ReplayWindow.Taker {
    /** No window, ever: each frame's events are applied before the next frame is looked at. */
    static final int AS_THEY_COME = -1;

    /** Pages that replay drops are stamped with epoch 0: nobody reads yet. */
    private static final long FIRST_EPOCH = 1;

    /** A window's pages take a quarter of memory at most, so that what it brings in is there when it is applied. */
    private static final int MEMORY_SHARE = 4;
    /** 64 MiB: a tail of some thousand scattered writes is one window. */
    private static final long MOST_PAGES = 16_384;

    /** Less than a page for so many events: looking ahead costs more than it saves. */
    private static final int FRUITFUL_SHARE = 8;
    /** So many windows' events are applied as they come before another one is tried. */
    private static final int REST_WINDOWS = 15;

    private final State state;
    private final Applier applier;
    private final FrameEvents frames;
    private final ReplayWindow window;
    private final ReplayReaders readers;
    private long restEvents;
    private long events;
    private long homeDurableSeq;
    private long evidenceSeq;

    /**
     * A replay into a state.
     *
     * @param threads that read ahead, {@link ReplayReaders#SAME_THREAD}, or {@link #AS_THEY_COME}
     */
    Replay(State state, int threads) {
        this.state = state;
        applier = new Applier(state);
        frames = new FrameEvents(state.blockSizeBytes());
        window = new ReplayWindow(
                state.blockSizeBytes(), Math.min(MOST_PAGES, state.pages().budgetPages() / MEMORY_SHARE));
        readers = threads == AS_THEY_COME ? null : new ReplayReaders(state, threads);
        // a checkpoint is made only when everything below it is home
        homeDurableSeq = state.seq();
    }

    State state() {
        return state;
    }

    /** How many were applied. */
    long events() {
        return events;
    }

    /** Up to where home copies are known to be forced. */
    long homeDurableSeq() {
        return homeDurableSeq;
    }

    /**
     * Up to where a frame says that home copies are forced, of the history up to its end. A frame may say it of its
     * whole batch; if a crash cut the frames behind it, their seqs were given anew, to events that it knows nothing of.
     */
    static long homeDurableSeq(Frame frame) {
        return Math.min(frame.homeDurableUpTo(), frame.lastSeq());
    }

    /** Up to where evidence says that it was durable; 0 when nothing does. */
    long evidenceSeq() {
        return evidenceSeq;
    }

    /** A page that an event needs and that can't be read ends it: the state is of no use then. */
    void all(JournalRecovery journal, ReplayStep step) throws IOException {
        try (readers) {
            journal.replay(journal.startOffset(), frame -> {
                homeDurableSeq = Math.max(homeDurableSeq, homeDurableSeq(frame));
                take(frame);
                if (frame.forced()) {
                    evidenceSeq = frame.lastSeq();
                }
                step.frame(frame.offset() - journal.startOffset(), journal.endOffset() - journal.startOffset());
            });
            applyWindow();
        } catch (PageUnreadableException e) {
            throw e.getCause() instanceof IOException cause ? cause : new IOException(e);
        }
    }

    private void take(Frame frame) throws IOException {
        if (readers == null
                || restEvents > 0
                || (window.isEmpty() && !state.pages().isPartlyAbsent())) {
            restEvents -= frame.count();
            frames.forEach(frame, (event, seq, data, index) -> event(event));
            endOfFrame();
            return;
        }
        window.keep(frame);
        if (window.isFull()) {
            applyWindow();
        }
    }

    private void applyWindow() throws IOException {
        if (window.isEmpty()) {
            return;
        }
        long kept = window.events();
        long before = state.pages().traffic().faults();
        readers.bringIn(window);
        boolean fruitful = state.pages().traffic().faults() - before >= kept / FRUITFUL_SHARE;
        restEvents = fruitful ? 0 : REST_WINDOWS * kept;
        window.drain(this);
    }

    @Override
    public void event(Event event) {
        applier.apply(event);
        // every block without a reference is free once recovery is done; and no reader is there yet
        state.space().freed().clear();
        events++;
    }

    @Override
    public void endOfFrame() {
        if (state.pages().wantsTrim()) {
            state.pages().trim();
        }
        state.pages().recycle(FIRST_EPOCH);
    }
}
