package dev.tidemark.engine.pipeline;

import dev.tidemark.engine.checkpoint.CheckpointWriter;
import dev.tidemark.engine.checkpoint.FrozenState;
import dev.tidemark.engine.exception.ExceptionStore;
import dev.tidemark.engine.mapping.PageStore;
import dev.tidemark.engine.message.ErrorCode;
import dev.tidemark.engine.message.Refusal;
import dev.tidemark.engine.message.Reply;
import dev.tidemark.engine.read.EpochTable;
import dev.tidemark.engine.recovery.Sabotage;
import dev.tidemark.engine.state.State;
import dev.tidemark.engine.state.StateImage;
import dev.tidemark.storage.NoSpaceException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes checkpoints beside the running stages. Each goes round once:
 *
 * <pre>
 *   IDLE       PLACE sees that one is due                                  ({@link #turn})
 *   PREPARING  the worker writes the metadata file ahead                   ({@link #work})
 *   READY      PLACE freezes the state at seq S, between two events        ({@link #turn})
 *   FROZEN     the worker writes what changed; JOURNAL ends a frame at S, forces it, and says where it ends
 *              ({@link #appended}); the worker forces the exception store, and makes the checkpoint the store's
 *   DONE       PLACE answers who waited, and frees slots of dropped pages once their readers have left
 * </pre>
 *
 * <p><b>Invariants</b>
 * <ol>
 *   <li>C1: the checkpoint of S is made the store's only when the journal is durable up to S, and the home copies of
 *   all
 *       blocks that were written up to S are forced.
 *   <li>C2: a frame ends at S, and replay starts right behind it.
 *   <li>C3: the journal below is released only when both copies of the superblock say so.
 * </ol>
 *
 * <p>Methods say whose they are. The worker is a thread of its own, or in a stepped store whoever steps.
 */
final class Checkpointer {
    private static final Logger LOG = LoggerFactory.getLogger(Checkpointer.class);
    private static final long NONE = -1;
    /** After a try to write the metadata file ahead that did not help. */
    private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** Dirty pages beyond this share of memory: a checkpoint is due. */
    private static final int DUE_EIGHTHS = 3;
    /** And beyond this one nothing is placed before they are written: half of memory gets dirty beside a checkpoint. */
    private static final int FULL_EIGHTHS = 7;

    private enum Phase {
        IDLE,
        PREPARING,
        READY,
        FROZEN,
        DONE
    }

    private final State state;
    private final PageStore pages;
    private final CheckpointWriter writer;
    private final ExceptionStore exceptions;
    private final FrameLog log;
    private final EpochTable epochs;
    private final CheckpointPolicy policy;
    private final Progress progress;
    private final FailStop failStop;
    private final RequestAnswer answer;
    private final LongSupplier nanoClock;
    private final Sabotage sabotage;
    private volatile Runnable wakeWorker = () -> {};
    private volatile Runnable wakePlace = () -> {};

    private volatile Phase phase = Phase.IDLE;
    private volatile boolean noRoom;
    private volatile long boundarySeq = NONE;
    private volatile long boundaryOffset = NONE;

    // PLACE
    private List<Waiting> waiting = new ArrayList<>();
    private List<Waiting> frozenWaiting = new ArrayList<>();
    private long lastSeq;
    private long lastOffset;
    private long lastNanos;
    private long mappedBlocks;
    private long frozenEpoch;
    private boolean deadWait;
    private boolean closing;

    // the worker; set by PLACE before the phase says that it is frozen
    private FrozenState frozen;
    private boolean imagesWritten;
    private boolean homeForced;
    private volatile long rowBytes;
    private volatile boolean refuse;
    private volatile long failedNanos;

    Checkpointer(PipelineParts parts) {
        state = parts.state();
        pages = parts.state().pages();
        writer = parts.checkpoints();
        exceptions = parts.exceptions();
        log = parts.log();
        epochs = parts.epochs();
        policy = parts.checkpointPolicy();
        progress = parts.progress();
        failStop = parts.failStop();
        answer = parts.answer();
        nanoClock = parts.nanoClock();
        sabotage = parts.sabotage();
        lastSeq = writer.superblock().checkpoint().seq();
        lastOffset = writer.superblock().checkpoint().journalOffset();
        lastNanos = nanoClock.getAsLong();
    }

    /** Who is to be woken when there is something to do for it. */
    void wakers(Runnable worker, Runnable place) {
        wakeWorker = worker;
        wakePlace = place;
    }

    // ---- PLACE

    /** Who waits for a checkpoint, and whether its message has become an event already. */
    private record Waiting(Request request, boolean changed) {}

    /** The request is answered when a checkpoint is durable that holds everything up to now. */
    void await(Request request, boolean changed) {
        waiting.add(new Waiting(request, changed));
    }

    /** Whether somebody waits for a checkpoint, to come or under way. */
    boolean isAwaited() {
        return !waiting.isEmpty() || !frozenWaiting.isEmpty();
    }

    /** Counts what replay would have to do again. */
    void mapped(long blocks) {
        mappedBlocks += blocks;
    }

    /** Does what is PLACE's part now, between two events. */
    void turn() {
        switch (phase) {
            case IDLE -> {
                freeDead();
                if (refuse) {
                    refuse = false;
                    refuseWaiting();
                } else if (isDue()) {
                    phase = Phase.PREPARING;
                    wakeWorker.run();
                }
            }
            case READY -> freeze();
            case DONE -> done();
            case PREPARING, FROZEN -> {
                // the worker's part
            }
        }
    }

    /**
     * Whether a turn of PLACE would do something: also begin what was asked for while another one was taken, or what
     * has become due since the last turn, for in an idle store there are no others.
     */
    boolean wantsTurn() {
        return switch (phase) {
            case READY, DONE -> true;
            case IDLE -> isDue();
            case PREPARING, FROZEN -> false;
        };
    }

    /** Whether memory and metadata file have room for the pages that one more request may dirty. */
    boolean hasRoom() {
        return noRoom || (pages.dirtyPages() < pages.budgetPages() / 8 * FULL_EIGHTHS && hasSlots());
    }

    /** Whether writes are to be refused, as the metadata file can't take more pages and can't grow. */
    boolean refusesWrites() {
        return noRoom && !hasSlots();
    }

    private boolean hasSlots() {
        return pages.checkpointImages() + policy.roomSlots() / 2 <= writer.roomSlots();
    }

    private boolean isDue() {
        if (!waiting.isEmpty()) {
            return true;
        }
        boolean retried = noRoom && nanoClock.getAsLong() - failedNanos < RETRY_NANOS;
        boolean outdated = writer.isOutdated(); // what it holds may have made pages that only a checkpoint can clean
        if (retried || (state.seq() == lastSeq && hasSlots() && !outdated)) {
            return false;
        }
        return closing
                || outdated
                || mappedBlocks >= policy.mappedBlocks()
                || log.appendedOffset() - lastOffset >= policy.journalBytes()
                || pages.dirtyPages() >= pages.budgetPages() / 8 * DUE_EIGHTHS
                || !hasSlots()
                || nanoClock.getAsLong() - lastNanos >= policy.intervalNanos();
    }

    private void freeze() {
        if (state.seq() == lastSeq && waiting.isEmpty() && !writer.isOutdated()) {
            phase = Phase.IDLE; // only room was wanted
            return;
        }
        StateImage small = StateImage.of(state);
        rowBytes = CheckpointWriter.rowBytes(small);
        if (pages.checkpointImages() + writer.slotsBesideImages(rowBytes) > writer.roomSlots()) {
            phase = Phase.PREPARING;
            wakeWorker.run();
            return;
        }
        FrozenState now = FrozenState.of(state, small, rowBytes, writer);
        writer.begin(now);
        frozenEpoch = epochs.current();
        lastSeq = now.seq();
        lastNanos = nanoClock.getAsLong();
        mappedBlocks = 0;
        frozenWaiting = waiting;
        waiting = new ArrayList<>();
        boundaryOffset = NONE;
        boundarySeq = now.seq();
        frozen = now;
        imagesWritten = false;
        homeForced = false;
        phase = Phase.FROZEN;
        wakeWorker.run();
        wakePlace.run(); // so that JOURNAL gets a turn
    }

    private void done() {
        lastOffset = writer.superblock().checkpoint().journalOffset();
        deadWait = true;
        freeDead();
        phase = Phase.IDLE;
        List<Waiting> answered = frozenWaiting;
        frozenWaiting = new ArrayList<>();
        answered.forEach(one -> answer.answer(one.request()));
    }

    private void freeDead() {
        if (deadWait && epochs.safeEpoch() > frozenEpoch) {
            writer.slots().freeDead();
            deadWait = false;
        }
    }

    private void refuseWaiting() {
        for (Waiting one : waiting) {
            // what became an event can't be refused any more: that would say that nothing has changed
            one.request().reply = new Reply.Refused(
                    one.changed()
                            ? Refusal.of(
                                    ErrorCode.FAILED,
                                    "the commands were carried out, but no checkpoint was taken: the host's file system"
                                            + " has no room for the metadata")
                            : Refusal.of(
                                    ErrorCode.OUT_OF_SPACE,
                                    "the host's file system has no room for the metadata: free some, then send it"
                                            + " again"));
            answer.answer(one.request());
        }
        waiting.clear();
    }

    /** After a failure: answers those who wait. */
    void refuseAll() {
        waiting.addAll(frozenWaiting);
        frozenWaiting.clear();
        for (Waiting one : waiting) {
            one.request().failed(failStop.cause());
            answer.answer(one.request());
        }
        waiting.clear();
    }

    // ---- JOURNAL

    /** The seq at which a frame has to end, or {@link Long#MAX_VALUE}. To be asked after the ring of events. */
    long boundary() {
        long seq = boundarySeq;
        return seq == NONE ? Long.MAX_VALUE : seq;
    }

    /** The last frame that was appended ends with that seq, at the journal's end. */
    void appended(long seq, long offset) {
        if (seq == boundarySeq && boundaryOffset == NONE) {
            boundaryOffset = offset;
            wakeWorker.run();
        }
    }

    /** Everything up to that seq is durable. */
    void durable(long seq) {
        if (boundarySeq != NONE && seq >= boundarySeq) {
            wakeWorker.run();
        }
    }

    /** Whether the events up to the boundary are to be forced without anybody else asking. */
    boolean wantsForce() {
        return boundarySeq != NONE && progress.durableSeq() < boundarySeq;
    }

    // ---- the worker

    /** Does a bounded piece of the worker's part; whether there may be more to do at once. */
    boolean work() {
        if (failStop.failed()) {
            return false;
        }
        try {
            return switch (phase) {
                case PREPARING -> prepare();
                case FROZEN -> write();
                default -> false;
            };
        } catch (IOException | RuntimeException | Error e) {
            failStop.fail(e);
            wakePlace.run();
            return false;
        }
    }

    private boolean prepare() throws IOException {
        // Twice what is there now: the state goes on until it is frozen. More rows than that mean another try.
        long images = 2 * pages.checkpointImages();
        long wanted = images + writer.slotsBesideImages(2 * rowBytes) + policy.roomSlots();
        try {
            writer.makeRoom(wanted, policy.stepSlots());
            noRoom = false;
        } catch (NoSpaceException e) {
            if (!noRoom) {
                LOG.warn("no checkpoint can be taken: {}", e.getMessage());
            }
            failedNanos = nanoClock.getAsLong();
            noRoom = true;
            refuse = true;
            phase = Phase.IDLE;
            wakePlace.run();
            return false;
        }
        phase = Phase.READY;
        wakePlace.run();
        return false;
    }

    private boolean write() throws IOException {
        if (!imagesWritten) {
            imagesWritten = writer.writeSome();
            return true;
        }
        long offset = boundaryOffset;
        boolean durable = offset != NONE && progress.durableSeq() >= frozen.seq();
        if (!durable && sabotage != Sabotage.CHECKPOINT_BEFORE_JOURNAL) {
            return false;
        }
        homeForced |= progress.homeDurableSeq() >= frozen.seq();
        if (!homeForced && sabotage != Sabotage.CHECKPOINT_BEFORE_HOME) {
            exceptions.force();
            homeForced = true;
            return true;
        }
        writer.finish(
                offset == NONE ? log.appendedOffset() : offset,
                log.epoch(),
                sabotage != Sabotage.CHECKPOINT_BEFORE_PAGES);
        frozen = null; // it may be large
        boundarySeq = NONE;
        log.releaseBelow(writer.superblock().checkpoint().journalOffset());
        phase = Phase.DONE;
        wakePlace.run();
        return false;
    }

    // ---- the end

    /** Everything else has ended: takes a last checkpoint, if there were events since the one before. One thread. */
    void close(Runnable journal) {
        closing = true;
        while (!failStop.failed()) {
            turn();
            journal.run();
            boolean more = work();
            if (noRoom) {
                LOG.warn("closing without a checkpoint: the next open replays the journal");
                break;
            }
            if (!more && phase == Phase.IDLE && !isDue()) {
                break;
            }
        }
        if (failStop.failed()) {
            refuseAll();
        } else {
            refuseWaiting();
        }
    }
}
