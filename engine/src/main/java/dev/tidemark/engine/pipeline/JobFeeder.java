package dev.tidemark.engine.pipeline;

import dev.tidemark.engine.job.ReclaimJob;
import dev.tidemark.engine.mapping.PageUnreadableException;
import dev.tidemark.engine.state.Decider;
import dev.tidemark.engine.state.Event;
import dev.tidemark.engine.state.State;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
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
    private static final int BUSY_ENTRIES = 256;

    /** Who works one request at a time is away between them: only after so long it has gone. */
    private static final long IDLE_AFTER_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    /**
     * Beside foreground work a step is followed by so many times its own length without one: of requests that come one
     * at a time, about one in a hundred meets a step.
     */
    private static final int REST_SHARE = 10;

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
    private final LongSupplier nanoClock;
    private long foregroundNanos;
    private long restUntilNanos;
    private final LongHashSet parked = new LongHashSet();

    JobFeeder(
            State state,
            EventSink sink,
            SpaceKeeper space,
            JournalRoom room,
            Progress progress,
            InstantSource clock,
            LongSupplier nanoClock) {
        this.state = state;
        this.sink = sink;
        this.space = space;
        this.room = room;
        this.progress = progress;
        this.clock = clock;
        this.nanoClock = nanoClock;
        restUntilNanos = nanoClock.getAsLong();
        foregroundNanos = restUntilNanos - IDLE_AFTER_NANOS;
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
        return isActive() && !isResting(nanoClock.getAsLong()) && hasRoom();
    }

    private boolean isResting(long now) {
        return isBusy(now) && now - restUntilNanos < 0;
    }

    private boolean isBusy(long now) {
        return now - foregroundNanos < IDLE_AFTER_NANOS;
    }

    private boolean hasRoom() {
        return space.waitingBlocks() < MAX_WAITING_BLOCKS && sink.hasRoom() && room.forCommands();
    }

    /** Requests were placed: steps are small for a while, and rest in between. */
    void foreground() {
        if (isActive()) {
            foregroundNanos = nanoClock.getAsLong();
        }
    }

    /** Requests wait for what jobs give back: steps are large, and don't rest. */
    void hurry() {
        foregroundNanos = nanoClock.getAsLong() - IDLE_AFTER_NANOS;
    }

    /** Does one step of the oldest job, if one can be done, and completes the job after its last; whether it did. */
    boolean step() {
        ReclaimJob job = next();
        if (job == null) {
            return false;
        }
        long now = nanoClock.getAsLong();
        if (isResting(now)) {
            return false;
        }
        if (!hasRoom()) {
            if (space.proofHelps()) {
                progress.wantProof();
            }
            return false;
        }
        Event event = Decider.nextStep(job, clock.millis(), bound(isBusy(now)));
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
        long end = nanoClock.getAsLong();
        restUntilNanos = end + REST_SHARE * (end - now);
        return true;
    }

    private int bound(boolean busy) {
        int most = busy ? BUSY_ENTRIES : IDLE_ENTRIES;
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
