package dev.tidemark.engine.pipeline;

import com.lmax.disruptor.BatchEventProcessor;
import com.lmax.disruptor.BatchEventProcessorBuilder;
import com.lmax.disruptor.EventHandler;
import com.lmax.disruptor.ExceptionHandler;
import com.lmax.disruptor.InsufficientCapacityException;
import com.lmax.disruptor.RingBuffer;
import com.lmax.disruptor.Sequence;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * The two stages on two threads behind a ring: PLACE and APPLY on one, JOURNAL and COMPLETE on the next, so that
 * forcing
 * one batch overlaps placing the next, and what gathers meanwhile makes the next batch larger.
 *
 * <p>A caller that waits for its answer anyway, and finds nothing under way, runs both stages itself: no thread has to
 * be
 * woken for it, which costs as much as a third of a force. Who runs a stage has its {@link StageTurn}; turns are taken
 * in
 * the order PLACE, JOURNAL.
 *
 * <p>The store's own threads never wait for the ring: what they submit when it is full goes to a side queue that PLACE
 * looks at after each batch (each answered request submits a bounded number of new ones, so it is bounded by what is in
 * flight).
 */
final class DisruptorLane implements Lane {
    /** Requests in flight: more than any client's queue depth, and a bound on what a crash leaves unanswered. */
    static final int RING_SIZE = 2048;
    /** PLACE hands over at the latest after this many, so that JOURNAL does not wait for a ring full of requests. */
    private static final int MAX_BATCH = 256;
    /** JOURNAL looks at the latest after so many that nobody waits for: far fewer than the ring holds. */
    private static final int MAX_BACKLOG = 256;

    /** One that PLACE is at, one more, and a nudge. */
    private static final int FEW_WAITING = 3;

    private static final long CLOSED = Long.MIN_VALUE;
    private static final long MAX_TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final Stages stages;
    private final FailStop failStop;
    private final AdaptiveWaitStrategy waiting;
    private final RingBuffer<Slot> ring;
    private final BatchEventProcessor<Slot> placeProcessor;
    private final BatchEventProcessor<Slot> journalProcessor;
    private final Thread placeThread;
    private final Thread journalThread;
    private final CheckpointThread worker;
    private final CountDownLatch started = new CountDownLatch(2);
    private final ConcurrentLinkedQueue<Request> overflow = new ConcurrentLinkedQueue<>();
    /** Submitters between their check and their publication; with {@link #CLOSED} added, no more may begin. */
    private final AtomicLong submitters = new AtomicLong();

    private final boolean callersMayRun;
    private final StageTurn placeTurn = new StageTurn();
    private final StageTurn journalTurn = new StageTurn();
    private final PlaceHandler placed = new PlaceHandler();
    /** What a caller that runs the stages itself hands from one to the other; whoever has PLACE's turn. */
    private final Slot callersSlot = new Slot();

    private final Request nudge = new Request().nudge();
    private volatile boolean nudgeInRing;

    /**
     * Starts both threads.
     *
     * @param callersMayRun whether a caller that waits may run the stages itself: not where its interrupt could end a
     *     force
     */
    DisruptorLane(Stages stages, FailStop failStop, long intervalNanos, boolean callersMayRun) {
        this.stages = stages;
        this.failStop = failStop;
        this.callersMayRun = callersMayRun;
        long tick = Math.min(MAX_TICK_NANOS, Math.max(1, intervalNanos / 4));
        waiting = new AdaptiveWaitStrategy(tick, this::journalWanted);
        ring = RingBuffer.createMultiProducer(Slot::new, RING_SIZE, waiting);
        BatchEventProcessorBuilder builder = new BatchEventProcessorBuilder().setMaxBatchSize(MAX_BATCH);
        placeProcessor = builder.build(ring, ring.newBarrier(), placed);
        journalProcessor = builder.build(ring, ring.newBarrier(placeProcessor.getSequence()), new JournalHandler());
        placeProcessor.setExceptionHandler(new FailStopHandler());
        journalProcessor.setExceptionHandler(new FailStopHandler());
        ring.addGatingSequences(journalProcessor.getSequence());
        placeThread = new Thread(placeProcessor, "tidemark-place");
        journalThread = new Thread(journalProcessor, "tidemark-journal");
        placeThread.setDaemon(true);
        journalThread.setDaemon(true);
        placeThread.start();
        journalThread.start();
        awaitUninterruptibly(started);
        worker = new CheckpointThread(stages.checkpoints(), this::turnSoon);
    }

    /** Gives PLACE a turn soon. Any thread. */
    private void turnSoon() {
        if (submitters.getAndIncrement() >= 0) {
            nudge();
        }
        submitters.getAndDecrement();
    }

    @Override
    public boolean isOwnThread() {
        Thread thread = Thread.currentThread();
        return thread == placeThread || thread == journalThread || placeTurn.isMine() || journalTurn.isMine();
    }

    @Override
    public boolean isPlaceFree() {
        return ring.getCursor() - placeProcessor.getSequence().get() <= FEW_WAITING;
    }

    @Override
    public boolean submit(Request request) {
        if (submitters.getAndIncrement() < 0) {
            submitters.getAndDecrement();
            return false;
        }
        try {
            if (isOwnThread()) {
                if (!tryPublish(request)) {
                    overflow.add(request);
                }
            } else {
                publish(ring.next(), request);
            }
            return true;
        } finally {
            submitters.getAndDecrement();
        }
    }

    @Override
    public boolean submitAndWait(Request request) {
        if (!callersMayRun || isOwnThread()) {
            return submit(request);
        }
        if (submitters.getAndIncrement() < 0) {
            submitters.getAndDecrement();
            return false;
        }
        try {
            if (!tryRun(request)) {
                publish(ring.next(), request);
            }
            return true;
        } finally {
            submitters.getAndDecrement();
        }
    }

    /** Runs both stages for this request on the calling thread, if nothing else is under way. */
    private boolean tryRun(Request request) {
        if (!placeTurn.tryTake()) {
            return false;
        }
        if (!journalTurn.tryTake()) {
            placeTurn.release();
            return false;
        }
        boolean nudge = false;
        try {
            try {
                // Both turns are ours: what was published before and is not through yet has to come first.
                // (JOURNAL need not have seen it: what somebody waits for is forced with what is placed now.)
                if (placeProcessor.getSequence().get() != ring.getCursor()
                        || !overflow.isEmpty()
                        || !stages.place().hasRoom()) {
                    return false;
                }
                stages.place().place(request, callersSlot);
                stages.place().endOfBatch();
                callersSlot.handOver(stages.journal());
                nudge = stages.place().wantsTurn();
            } finally {
                placeTurn.release(); // the next batch is placed while this one is forced
            }
            nudge |= journalOnCaller();
        } catch (RuntimeException | Error e) {
            failStop.fail(e);
        } finally {
            journalTurn.release();
        }
        if (nudge) {
            nudge();
        }
        return true;
    }

    /** Forces what this caller waits for; whether PLACE should have a turn, and JOURNAL after it. */
    private boolean journalOnCaller() {
        JournalStage journal = stages.journal();
        if (!journal.isAwaited()) {
            return journal.wantsForce(); // nobody waits here: it is for JOURNAL's own thread
        }
        journal.endOfBatch();
        return journal.hasProven();
    }

    private void publish(long sequence, Request request) {
        boolean forced = request.fua || request.kind == Request.Kind.FLUSH || request.kind == Request.Kind.MESSAGE;
        ring.get(sequence).request = request;
        ring.publish(sequence);
        if (forced) { // the request may be answered, and another one, by now
            waiting.wakeFollowerEarly();
        }
    }

    /** PLACE has finished a batch: whether JOURNAL has anything to do for it, or should look at what went by. */
    private boolean journalWanted() {
        boolean held = placed.takeHeld();
        return held
                || placeProcessor.getSequence().get()
                                - journalProcessor.getSequence().get()
                        >= MAX_BACKLOG
                || stages.journal().isWanted();
    }

    private boolean tryPublish(Request request) {
        try {
            publish(ring.tryNext(), request);
            return true;
        } catch (InsufficientCapacityException e) {
            return false;
        }
    }

    /** Gives PLACE a turn soon, unless one is on its way. Any of the store's own threads. */
    private void nudge() {
        if (!nudgeInRing && submitters.get() >= 0) { // while closing, the ring has to fall empty
            nudgeInRing = true;
            if (!tryPublish(nudge)) {
                nudgeInRing = false; // the ring is full: PLACE has turns enough
            }
        }
    }

    @Override
    public void close() {
        long before = submitters.getAndUpdate(n -> n < 0 ? n : n + CLOSED);
        if (before < 0) {
            return;
        }
        while (submitters.get() != CLOSED || !drained()) {
            waiting.callFollower();
            LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(100));
        }
        placeProcessor.halt();
        join(placeThread);
        // A nudge that was on its way when the ring fell empty may have had requests carried out that waited.
        while (isJournalBehind()) {
            waiting.callFollower();
            LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(100));
        }
        // JOURNAL has nothing left in the ring; what is parked or waits is carried out here, by its own last act
        journalProcessor.halt();
        waiting.callFollower();
        join(journalThread);
        Slot last = new Slot();
        stages.place().close(last);
        last.handOver(stages.journal());
        stages.journal().endOfBatch();
        stages.journal().close();
        worker.close();
        stages.checkpoints().close(stages.journal()::endOfBatch);
    }

    private boolean isJournalBehind() {
        return journalThread.isAlive()
                && journalProcessor.getSequence().get()
                        < placeProcessor.getSequence().get();
    }

    private boolean drained() {
        return overflow.isEmpty() && journalProcessor.getSequence().get() == ring.getCursor();
    }

    private static void join(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        boolean interrupted = false;
        while (true) {
            try {
                latch.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private final class PlaceHandler implements EventHandler<Slot> {
        private Sequence progress;
        /** Whether requests were left to be answered after their force, of late. */
        private boolean held;

        boolean takeHeld() {
            boolean any = held;
            held = false;
            return any;
        }

        @Override
        public void onBatchStart(long batchSize, long queueDepth) {
            placeTurn.take();
        }

        @Override
        public void onStart() {
            started.countDown();
        }

        @Override
        public void setSequenceCallback(Sequence sequenceCallback) {
            progress = sequenceCallback;
        }

        @Override
        public void onEvent(Slot slot, long sequence, boolean endOfBatch) {
            Request request = slot.request;
            slot.request = null;
            if (request == nudge) {
                nudgeInRing = false;
                stages.place().turn(slot);
            } else {
                awaitRoom(sequence);
                stages.place().place(request, slot);
            }
            if (endOfBatch) {
                for (Request more = overflow.poll(); more != null; more = overflow.poll()) {
                    awaitRoom(sequence);
                    stages.place().place(more, slot);
                }
                stages.place().endOfBatch();
                boolean again = stages.place().wantsTurn();
                placeTurn.release();
                if (again) {
                    nudge();
                }
            }
            held |= slot.holdsAny();
        }

        /** The ring of events is full: JOURNAL gets what is finished and goes on, then there is room. */
        private void awaitRoom(long sequence) {
            while (!stages.place().hasRoom()) {
                stages.place().makeRoom();
                progress.set(sequence - 1);
                waiting.callFollower();
                LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(50));
            }
        }

        @Override
        public void onTimeout(long sequence) {
            placeTurn.take();
            boolean wanted = !overflow.isEmpty()
                    || stages.place().wantsTurn()
                    || stages.place().hasParked();
            placeTurn.release();
            if (wanted) {
                nudge();
            }
        }
    }

    private final class JournalHandler implements EventHandler<Slot> {
        @Override
        public void onBatchStart(long batchSize, long queueDepth) {
            journalTurn.take();
        }

        @Override
        public void onStart() {
            started.countDown();
        }

        @Override
        public void onEvent(Slot slot, long sequence, boolean endOfBatch) {
            slot.handOver(stages.journal());
            if (endOfBatch) {
                stages.journal().endOfBatch();
                endTurn();
            }
        }

        private void endTurn() {
            boolean proven = stages.journal().hasProven();
            journalTurn.release();
            if (proven) {
                nudge();
            }
        }

        @Override
        public void onTimeout(long sequence) {
            journalTurn.take();
            stages.journal().tick();
            endTurn();
        }
    }

    /**
     * Neither ends the stage's thread nor acknowledges what failed: the store stops, the stages go on answering that.
     */
    private final class FailStopHandler implements ExceptionHandler<Slot> {
        @Override
        public void handleEventException(Throwable failure, long sequence, Slot slot) {
            failStop.fail(failure);
        }

        @Override
        public void handleOnStartException(Throwable failure) {
            failStop.fail(failure);
        }

        @Override
        public void handleOnShutdownException(Throwable failure) {
            failStop.fail(failure);
        }
    }
}
