package dev.tidemark.engine.pipeline;

import dev.tidemark.engine.codec.EventEncoder;
import dev.tidemark.engine.codec.FrameTypes;
import dev.tidemark.engine.mapping.PageUnreadableException;
import dev.tidemark.engine.state.Applier;
import dev.tidemark.engine.state.Event;
import dev.tidemark.engine.state.EventPages;
import dev.tidemark.engine.state.State;

/**
 * APPLY: one event becomes state, in the very code that replay runs, and goes on to JOURNAL. PLACE only.
 *
 * <p>An event comes here after its data was handed to the file, so that what JOURNAL sees never refers to data that a
 * later force would not reach.
 */
final class EventSink {
    /** The smallest block: counts a little too much for larger ones. */
    private static final int BLOCK_BYTES = State.MIN_BLOCK_BYTES;

    /** What an event counts as beside the blocks that it maps: its own part of a replay costs about as much. */
    private static final int EVENT_BLOCKS = 3;

    private final EventRing ring;
    private final EventEncoder encoder;
    private final State state;
    private final Applier applier;
    private final EventPages pages;
    private final SpaceKeeper space;
    private final Progress progress;
    private final DurableEvents durable;
    private final Checkpointer checkpoints;
    private final int maxEventBytes;

    /** @param maxPayloadBytes of a frame, which takes a whole event */
    EventSink(
            EventRing ring,
            int maxPayloadBytes,
            State state,
            SpaceKeeper space,
            Progress progress,
            DurableEvents durable,
            Checkpointer checkpoints) {
        this.checkpoints = checkpoints;
        this.maxEventBytes = Math.min(
                EventRing.MAX_EVENT_BYTES, maxPayloadBytes - FrameTypes.HEADER_BYTES - JournalStage.MAX_PREFIX_BYTES);
        this.durable = durable;
        this.ring = ring;
        this.encoder = new EventEncoder();
        this.state = state;
        this.applier = new Applier(state);
        this.pages = new EventPages(state);
        this.space = space;
        this.progress = progress;
    }

    /** Whether an event of any size has room on its way to JOURNAL. */
    boolean hasRoom() {
        return ring.hasRoom();
    }

    /** Bytes of events on their way to JOURNAL. */
    int pendingBytes() {
        return ring.pendingBytes();
    }

    /** Whether the event is small enough to be one. */
    boolean fits(Event event) {
        return encoder.length(event) <= maxEventBytes;
    }

    /**
     * Brings in every page that applying the event will touch. Comes right before {@link #apply}: a page that can't be
     * read must fail the request, which still can fail, and not the applier, which can't.
     *
     * @throws PageUnreadableException when the event can't be applied, so must not be; nothing has changed
     */
    void bringInPages(Event event) {
        pages.bringIn(event);
    }

    /** Applies an event without data. */
    void apply(Event event) {
        apply(event, true, 0, 0);
    }

    /**
     * Applies an event.
     *
     * @param staged whether its data is in the staging ring, from {@code dataPosition} on
     * @param dataBytes the data's length
     */
    void apply(Event event, boolean staged, long dataPosition, long dataBytes) {
        int index = ring.claim();
        int length = encoder.encode(event, ring.buffer(), index);
        if (length > EventRing.MAX_EVENT_BYTES) {
            throw new IllegalStateException("an event of " + length + " bytes");
        }
        applyBroughtIn(event);
        space.collect(state.seq());
        durable.note(event, state.seq()); // before JOURNAL can see it and have it durable
        ring.publish(length, staged, dataPosition, dataBytes);
        progress.placed(dataBytes);
        progress.appliedSeq(state.seq());
        long blocks = event instanceof Event.JobStepped step ? step.maxEntries() : dataBytes / BLOCK_BYTES;
        checkpoints.mapped(EVENT_BLOCKS + blocks);
    }

    private void applyBroughtIn(Event event) {
        try {
            applier.apply(event);
        } catch (PageUnreadableException e) { // not for a caller who expects that nothing has changed
            throw new IllegalStateException("an event was half applied: " + e.getMessage(), e);
        }
    }
}
