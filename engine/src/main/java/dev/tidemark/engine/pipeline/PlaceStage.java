package dev.tidemark.engine.pipeline;

import dev.tidemark.engine.mapping.PageStore;
import dev.tidemark.engine.mapping.PageUnreadableException;
import dev.tidemark.engine.message.ErrorCode;
import dev.tidemark.engine.message.Reply;
import dev.tidemark.engine.recovery.Sabotage;
import dev.tidemark.engine.volume.LiveVolume;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.function.LongSupplier;

/**
 * PLACE: takes requests in ring order, decides them, gives writes their blocks, and applies what became an event.
 *
 * <p>It works in runs of writes. A command, or a partial write over a block of the current run, first ends the run, so
 * that whatever looks at the state sees everything before it. A write that has to wait for space is parked outside the
 * ring: it is not answered, so its order is free, and what frees space can go on behind it.
 *
 * <p>One thread at a time; it knows no Disruptor, so that the crash tests can drive it step by step.
 */
final class PlaceStage {
    /** While each turn has something that is answered after its force: one in so many may do a step of a job. */
    private static final int AWAITED_TURNS = 8;

    private final WriteRun run;
    private final RangePlacer ranges;
    private final MessagePlacer messages;
    private final PartialBlocks partials;
    private final EventSink sink;
    private final SpaceKeeper space;
    private final JobFeeder jobs;
    private final SpaceWatch watch;
    private final JournalRoom room;
    private final ForcePolicy policy;
    private final Progress progress;
    private final FailStop failStop;
    private final RequestAnswer answer;
    private final InstantSource clock;
    private final LongSupplier nanoClock;
    private final Sabotage sabotage;
    private final Checkpointer checkpoints;
    private final PageStore pages;
    private final OpenConnections connections;
    private final ArrayDeque<Request> parked = new ArrayDeque<>();

    /** Of the request at hand, or the last one; before the first a turn has one that holds nothing. */
    private Slot slot = new Slot();

    private boolean foreground;
    private int turnsAwaited;

    PlaceStage(
            PipelineParts parts,
            EventSink sink,
            SpaceKeeper space,
            StagingRing staging,
            JournalRoom room,
            JobFeeder jobs,
            Checkpointer checkpoints,
            PagePace pagePace) {
        this.checkpoints = checkpoints;
        this.pages = parts.state().pages();
        this.sink = sink;
        this.space = space;
        this.jobs = jobs;
        this.run = new WriteRun(parts, space, staging, sink, pagePace);
        this.partials = new PartialBlocks(parts.reader(), parts.exceptions().blockSizeBytes());
        this.ranges = new RangePlacer(parts, sink, space, partials);
        this.messages = new MessagePlacer(parts, sink, space, partials);
        this.watch = new SpaceWatch(
                parts.lowSpacePercents(), space, parts.exceptions().blockSizeBytes());
        this.room = room;
        this.policy = parts.policy();
        this.progress = parts.progress();
        this.failStop = parts.failStop();
        this.answer = parts.answer();
        this.clock = parts.clock();
        this.nanoClock = parts.nanoClock();
        this.sabotage = parts.sabotage();
        this.connections = parts.openConnections();
    }

    /** Takes the next request; {@code itsSlot} carries to JOURNAL what is answered only after a force. */
    void place(Request request, Slot itsSlot) {
        slot = itsSlot;
        try {
            if (failStop.failed()) {
                refuseAll();
                refuseFailed(request);
            } else {
                placeUnfailed(request);
            }
        } catch (RuntimeException | Error e) {
            failStop.fail(e);
            refuseAll();
            refuseFailed(request);
        }
    }

    /** A turn without a request: what is parked may be carried out, and then waits for its force with this slot. */
    void turn(Slot itsSlot) {
        slot = itsSlot;
    }

    /** Whether events have room on their way to JOURNAL for one more request; if not, JOURNAL has to run first. */
    boolean hasRoom() {
        return failStop.failed() || (sink.hasRoom() && room.covers(sink.pendingBytes()) && checkpoints.hasRoom());
    }

    /** While there is no room: what PLACE has to do itself, so that there will be. */
    void makeRoom() {
        if (!failStop.failed()) {
            try {
                checkpoints.turn();
            } catch (RuntimeException | Error e) {
                failStop.fail(e);
            }
        }
    }

    /** No more requests are there for now: ends the run, lets jobs and parked requests go on. */
    void endOfBatch() {
        if (failStop.failed()) {
            refuseAll();
            return;
        }
        try {
            endRun();
            space.giveBack();
            retryParked();
            if (!parked.isEmpty()) {
                jobs.hurry();
            } else if (foreground) {
                jobs.foreground();
            }
            if (mayStep() && jobs.step()) {
                space.endEpoch();
            }
            if (room.forCommands()) {
                watch.check(clock.millis(), sink);
            }
            space.examine(foreground);
            checkpoints.turn();
            if (pages.wantsTrim()) {
                pages.trim();
                space.endEpoch();
            }
            foreground = false;
        } catch (RuntimeException | Error e) {
            failStop.fail(e);
            refuseAll();
        }
    }

    /** Not before JOURNAL has what somebody waits for, unless somebody always does. */
    private boolean mayStep() {
        turnsAwaited = slot.holdsAny() ? turnsAwaited + 1 : 0;
        return turnsAwaited % AWAITED_TURNS == 0;
    }

    /** The last act: nothing more comes. What is parked can't be carried out any more. */
    void close(Slot itsSlot) {
        slot = itsSlot;
        if (failStop.failed()) {
            refuseAll();
            return;
        }
        endRun();
        while (!parked.isEmpty()) {
            Request request = parked.poll();
            request.refuse(ErrorCode.FAILED, "the store was closed while the write waited for space", null);
            answer.answer(request);
        }
    }

    /**
     * Whether there is something to do, a job's step for example: a turn should come at once. Not for a step right
     * after somebody's request went to be forced: it would have the core, or the disk, before the answer goes out. The
     * lane's next look is soon enough, but for requests that wait for the space.
     */
    boolean wantsTurn() {
        boolean stepNow = turnsAwaited == 0 || !parked.isEmpty();
        return !failStop.failed()
                && ((stepNow && jobs.canStep()) || space.wantsTurn() || checkpoints.wantsTurn() || pages.wantsTrim());
    }

    /**
     * Whether requests wait for space, or a job does for room, proof or readers: a turn should come when blocks were
     * proven free, or after a while. After a failure also whether messages wait for a checkpoint: a turn answers them.
     */
    boolean hasParked() {
        return !parked.isEmpty() || (failStop.failed() ? checkpoints.isAwaited() : jobs.isActive());
    }

    private void placeUnfailed(Request request) {
        switch (request.kind) {
            case WRITE -> {
                foreground = true;
                placeWrite(request);
            }
            case FLUSH -> {
                foreground = true;
                endRun();
                slot.hold(request);
            }
            case DISCARD, ZEROES -> {
                foreground = true;
                endRun();
                placeRange(request);
            }
            case MESSAGE -> {
                endRun();
                placeMessage(request);
            }
            case NUDGE -> answer.answer(request);
        }
    }

    // ---- writes

    private void placeWrite(Request request) {
        if (!mayChange(request)) {
            answer.answer(request);
            return;
        }
        if (request.headPartial || request.tailPartial) {
            if (run.touches(request)) {
                endRun();
            }
            if (!fillPartials(request)) {
                answer.answer(request);
                return;
            }
        }
        if (run.isFull() || !sink.hasRoom()) {
            endRun();
        }
        try {
            if (!addToRun(request)) {
                park(request);
            }
        } catch (PageUnreadableException e) {
            request.refuse(e);
            answer.answer(request);
        }
    }

    private boolean addToRun(Request request) {
        if (run.add(request)) {
            return true;
        }
        if (!run.isEmpty()) {
            endRun(); // what it overwrote may be what is missing
            return run.add(request);
        }
        return false;
    }

    private boolean fillPartials(Request request) {
        if (sabotage == Sabotage.STALE_BASE) {
            return true;
        }
        try {
            partials.fill(request);
            return true;
        } catch (IOException e) {
            request.refuse(ErrorCode.FAILED, "can't read the rest of a partly written block: " + e.getMessage(), e);
            return false;
        }
    }

    /** Whether the volume takes changes in that range; else the request is refused. */
    private boolean mayChange(Request request) {
        LiveVolume volume = request.volume;
        if (!volume.alive()) {
            request.refuse(ErrorCode.NO_SUCH_VOLUME, "volume " + volume + " is gone", null);
        } else if (volume.readonly()) {
            request.refuse(ErrorCode.READ_ONLY, "volume " + volume + " is read-only", null);
        } else if (request.offset < 0
                || request.length < 0
                || request.offset > volume.sizeBytes()
                || request.length > volume.sizeBytes() - request.offset) {
            request.refuse(
                    ErrorCode.BAD_SIZE,
                    "bytes " + request.offset + "+" + request.length + " lie outside volume " + volume + " of "
                            + volume.sizeBytes() + " bytes",
                    null);
        } else if (request.kind != Request.Kind.DISCARD && checkpoints.refusesWrites()) {
            request.refuse(
                    ErrorCode.OUT_OF_SPACE,
                    "the host's file system has no room for the metadata: free some, then write again",
                    null);
        } else if (!(request.kind == Request.Kind.DISCARD ? room.forCommands() : room.forWrites())) {
            request.refuse(ErrorCode.OUT_OF_SPACE, room.refusal("write again"), null);
        } else {
            return true;
        }
        return false;
    }

    private void park(Request request) {
        if (!mayGetSpace()) {
            refuseForSpace(request);
            return;
        }
        parked.add(request);
        askForProof();
    }

    private boolean mayGetSpace() {
        return space.waitingBlocks() > 0 || jobs.isActive();
    }

    private void askForProof() {
        if (space.proofHelps()) {
            progress.wantProof();
        }
    }

    /** As far as their events have room: for the rest there is another turn when JOURNAL has caught up. */
    private void retryParked() {
        if (parked.isEmpty()) {
            return;
        }
        boolean cameIn = foreground;
        for (int tries = parked.size(); tries > 0 && !parked.isEmpty() && hasRoom(); tries--) {
            place(parked.poll(), slot); // answers it also when that fails
        }
        foreground = cameIn; // they wait for the job, which must not give way to them
        if (failStop.failed()) {
            return;
        }
        endRun();
        if (!parked.isEmpty()) {
            askForProof();
        }
    }

    private void refuseForSpace(Request request) {
        request.refuse(
                ErrorCode.OUT_OF_SPACE,
                "the store is full: " + space.freeBlocks() + " of " + space.capacityBlocks() + " blocks are free, "
                        + space.reserveBlocks()
                        + " of them in reserve. Delete a volume, or discard what is not needed.",
                null);
        answer.answer(request);
    }

    private void endRun() {
        if (run.isEmpty()) {
            return;
        }
        run.end(clock.millis());
        space.ran(run.count());
        space.endEpoch();
        boolean holdBack = mustHoldBack();
        for (int i = 0; i < run.count(); i++) {
            Request request = run.request(i);
            if (request.error() == ErrorCode.OUT_OF_SPACE && mayGetSpace() && !failStop.failed()) {
                request.tryAgain(); // the file can't grow, but blocks in it are on their way
                parked.add(request);
                askForProof();
            } else {
                finish(request, holdBack);
            }
        }
        run.clear();
    }

    /** Answers a request that was carried out, now or after its force. */
    private void finish(Request request, boolean holdBack) {
        if (failStop.failed()) {
            request.failed(failStop.cause());
            answer.answer(request);
        } else if (request.error() == null && (request.fua || holdBack)) {
            slot.hold(request);
        } else {
            answer.answer(request);
        }
    }

    /** Whether too much waits for its force to answer anything before its own (G2). */
    private boolean mustHoldBack() {
        long since = progress.waitingSinceNanos();
        return (since != Progress.NOTHING_WAITS && nanoClock.getAsLong() - since >= policy.intervalNanos())
                || progress.waitingDataBytes() >= policy.holdBytes();
    }

    // ---- the rest

    private void placeRange(Request request) {
        if (mayChange(request) && ranges.place(request)) {
            space.endEpoch();
            finish(request, mustHoldBack());
        } else if (request.error() == null) {
            park(request); // an edge to be rewritten needs a block
        } else {
            answer.answer(request);
        }
    }

    private void placeMessage(Request request) {
        MessagePlacer.Wait waits = decideMessage(request);
        if (waits == MessagePlacer.Wait.CLIENTS && !request.waitsForClients()) {
            askToGo(request);
            waits = decideMessage(request);
        }
        space.endEpoch();
        if (waits != MessagePlacer.Wait.CLIENTS) {
            askToGo(request); // who came since the others were asked
        }
        if (waits == MessagePlacer.Wait.CHECKPOINT || waits == MessagePlacer.Wait.CHECKPOINT_OF_CHANGE) {
            checkpoints.await(request, waits == MessagePlacer.Wait.CHECKPOINT_OF_CHANGE);
        } else if (waits == MessagePlacer.Wait.FORCE) {
            foreground = true; // who only looks, how far a job is for example, must not slow it down
            slot.hold(request);
        } else {
            answer.answer(request);
        }
    }

    private MessagePlacer.Wait decideMessage(Request request) {
        synchronized (connections.gate()) { // nobody opens a volume between the look at its clients and its end
            return messages.place(request, room);
        }
    }

    private void askToGo(Request request) {
        if (request.forced() != null && !(request.reply instanceof Reply.Refused)) {
            request.forced().forEach(connections::requestClose);
        }
    }

    private void refuseFailed(Request request) {
        if (request.kind == Request.Kind.NUDGE) {
            answer.answer(request);
            return;
        }
        request.failed(failStop.cause());
        answer.answer(request);
    }

    private void refuseAll() {
        for (int i = 0; i < run.count(); i++) {
            Request request = run.request(i);
            request.failed(failStop.cause());
            answer.answer(request);
        }
        run.clear();
        while (!parked.isEmpty()) {
            refuseFailed(parked.poll());
        }
        checkpoints.refuseAll();
    }
}
