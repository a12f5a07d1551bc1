package dev.tidemark.engine.pipeline;

import dev.tidemark.engine.job.ReclaimJob;
import dev.tidemark.engine.state.Decider;
import dev.tidemark.engine.state.Event;
import dev.tidemark.engine.state.State;
import java.time.InstantSource;

/**
 * Puts the steps of jobs between the requests: a small step after a batch of foreground work, a large one when the
 * store
 * is idle. Each step is an event with its bound in it. PLACE only.
 */
final class JobFeeder {
    /** Some tens of microseconds: less than a batch of foreground work, so that its latency hardly notices. */
    private static final int BUSY_ENTRIES = 512;
    /** A millisecond or so: large enough that journaling it costs nothing, small enough to wait for. */
    private static final int IDLE_ENTRIES = 16_384;
    /**
     * Freed blocks that wait for their proof: beyond this a step waits, so that a reclaim that outruns the journal
     * does not
     * fill memory (8 bytes a run, in the worst case a run is a block).
     */
    private static final long MAX_WAITING_BLOCKS = 4 << 20;

    private final State state;
    private final EventSink sink;
    private final SpaceKeeper space;
    private final JournalRoom room;
    private final Progress progress;
    private final InstantSource clock;

    JobFeeder(
            State state, EventSink sink, SpaceKeeper space, JournalRoom room, Progress progress, InstantSource clock) {
        this.state = state;
        this.sink = sink;
        this.space = space;
        this.room = room;
        this.progress = progress;
        this.clock = clock;
    }

    /** Whether a job is not done. */
    boolean isActive() {
        return state.jobs().first() != null;
    }

    /** Whether a step can be done now. */
    boolean canStep() {
        return isActive() && space.waitingBlocks() < MAX_WAITING_BLOCKS && sink.hasRoom() && room.forCommands();
    }

    /** Does one step of the oldest job, if one can be done; whether it did. */
    boolean step(boolean foreground) {
        ReclaimJob job = state.jobs().first();
        if (job == null) {
            return false;
        }
        if (!canStep()) {
            if (space.proofHelps()) {
                progress.wantProof();
            }
            return false;
        }
        Event event = Decider.nextStep(job, clock.millis(), foreground ? BUSY_ENTRIES : IDLE_ENTRIES);
        sink.apply(event);
        return true;
    }
}
