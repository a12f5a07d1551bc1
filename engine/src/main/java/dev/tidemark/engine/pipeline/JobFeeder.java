package dev.tidemark.engine.pipeline;

import dev.tidemark.engine.job.ReclaimJob;
import dev.tidemark.engine.mapping.PageUnreadableException;
import dev.tidemark.engine.state.Decider;
import dev.tidemark.engine.state.Event;
import dev.tidemark.engine.state.State;
import java.time.InstantSource;
import org.agrona.collections.LongHashSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts the steps of jobs between the requests: a small step after a batch of foreground work, a large one when the
 * store
 * is idle. Each step is an event with its bound in it. A job whose pages can't be read is parked until the next open;
 * the others go on. PLACE only.
 */
final class JobFeeder {
    private static final Logger LOG = LoggerFactory.getLogger(JobFeeder.class);
    /** Some tens of microseconds: less than a batch of foreground work, so that its latency hardly notices. */
    private static final int BUSY_ENTRIES = 512;
    /** A millisecond or so: large enough that journaling it costs nothing, small enough to wait for. */
    private static final int IDLE_ENTRIES = 16_384;
    /**
     * While pages are absent, each block of a step may bring in and change one: a step may take an eighth of memory.
     * What it changed stays there until a checkpoint has written it.
     */
    private static final int MEMORY_SHARE = 8;

    /** However little memory there is: a leaf's blocks. */
    private static final int LEAST_ENTRIES = 256;
    /**
     * Freed blocks that wait for their proof: beyond this a step waits, so that a reclaim that outruns the journal
     * does not fill memory (12 bytes a run, in the worst case a run is a block: 12 MiB).
     */
    private static final long MAX_WAITING_BLOCKS = 1 << 20;

    private final State state;
    private final EventSink sink;
    private final SpaceKeeper space;
    private final JournalRoom room;
    private final Progress progress;
    private final InstantSource clock;
    private final LongHashSet parked = new LongHashSet();

    JobFeeder(
            State state, EventSink sink, SpaceKeeper space, JournalRoom room, Progress progress, InstantSource clock) {
        this.state = state;
        this.sink = sink;
        this.space = space;
        this.room = room;
        this.progress = progress;
        this.clock = clock;
    }

    /** Whether a job is not done, and not parked. */
    boolean isActive() {
        return next() != null;
    }

    private ReclaimJob next() {
        if (parked.isEmpty()) {
            return state.jobs().first();
        }
        for (ReclaimJob job : state.jobs().all()) {
            if (!parked.contains(job.id())) {
                return job;
            }
        }
        return null;
    }

    /** Whether a step can be done now. */
    boolean canStep() {
        return isActive() && space.waitingBlocks() < MAX_WAITING_BLOCKS && sink.hasRoom() && room.forCommands();
    }

    /** Does one step of the oldest job, if one can be done, and completes the job after its last; whether it did. */
    boolean step(boolean foreground) {
        ReclaimJob job = next();
        if (job == null) {
            return false;
        }
        if (!canStep()) {
            if (space.proofHelps()) {
                progress.wantProof();
            }
            return false;
        }
        Event event = Decider.nextStep(job, clock.millis(), bound(foreground));
        try {
            sink.bringInPages(event);
        } catch (PageUnreadableException e) {
            park(job, e);
            return false;
        }
        sink.apply(event);
        if (job.isFinished() && state.jobs().first() == job && sink.hasRoom()) {
            sink.apply(Decider.nextStep(job, clock.millis(), 0)); // its completion: no turn of its own for that
        }
        return true;
    }

    private int bound(boolean foreground) {
        int most = foreground ? BUSY_ENTRIES : IDLE_ENTRIES;
        if (!state.pages().isPartlyAbsent()) {
            return most;
        }
        return (int) Math.max(LEAST_ENTRIES, Math.min(most, state.pages().budgetPages() / MEMORY_SHARE));
    }

    private void park(ReclaimJob job, PageUnreadableException why) {
        parked.add(job.id());
        progress.parkedJobs(parked.size());
        LOG.error(
                "job {} ({} of volume #{}) can't go on before the store is opened again, the rest of its {} blocks stay"
                        + " used: {}",
                job.id(),
                job.reason(),
                job.volumeId(),
                job.totalBlocks(),
                why.getMessage());
    }
}
