package dev.tidemark.engine.pipeline;

import dev.tidemark.engine.exception.BlockChecksum;
import dev.tidemark.engine.mapping.PagePrefetch;
import dev.tidemark.engine.mapping.PageUnreadableException;
import dev.tidemark.engine.message.ErrorCode;
import dev.tidemark.engine.read.EpochTable;
import dev.tidemark.engine.state.Decider;
import java.io.IOException;
import org.agrona.concurrent.ManyToManyConcurrentArrayQueue;

/**
 * The single writer: requests go in from any thread, through one bounded ring, and come back through the {@link
 * RequestAnswer}.
 *
 * <p>Two ways to run the same stages: {@link #threaded} puts them on two threads behind a Disruptor; {@link #stepped}
 * runs
 * them in the calling thread, one request at a time or in batches that the caller chooses, with the same operations on
 * the storage each time: that is how the crash tests enumerate crashes.
 */
public final class Pipeline implements AutoCloseable {
    /** Idle requests kept for use again. */
    private static final int POOLED_REQUESTS = 4096;

    private final PipelineParts parts;
    private final WriteBuffers buffers;
    private final Stages stages;
    private final Lane lane;
    private final ManyToManyConcurrentArrayQueue<Request> pool = new ManyToManyConcurrentArrayQueue<>(POOLED_REQUESTS);
    private final ThreadLocal<Preparer> preparers;
    private final PagePrefetch pages;

    private Pipeline(PipelineParts parts, WriteBuffers buffers, boolean threads) {
        this.parts = parts;
        this.buffers = buffers;
        this.stages = new Stages(parts, threads);
        this.lane = threads
                ? new DisruptorLane(
                        stages,
                        parts.failStop(),
                        parts.policy().intervalNanos(),
                        parts.exceptions().isUninterruptible())
                : new SteppedLane(stages);
        this.pages = new PagePrefetch(parts.state().pages(), parts.state().space(), false);
        int blockSizeBytes = parts.exceptions().blockSizeBytes();
        this.preparers = ThreadLocal.withInitial(() ->
                new Preparer(new BlockChecksum(), new PartialBlocks(parts.reader(), blockSizeBytes), blockSizeBytes));
    }

    /** The stages on two threads of their own. */
    public static Pipeline threaded(PipelineParts parts, WriteBuffers buffers) {
        return new Pipeline(parts, buffers, true);
    }

    /** The stages in whichever thread calls; one at a time. */
    public static Pipeline stepped(PipelineParts parts, WriteBuffers buffers) {
        return new Pipeline(parts, buffers, false);
    }

    /** A request to fill in and submit. */
    public Request acquire() {
        Request request = pool.poll();
        return request == null ? new Request() : request;
    }

    /** After its answer: the request may be used for the next. Releases its data. */
    public void recycle(Request request) {
        request.releaseData();
        request.callback(null, 0);
        pool.offer(request);
    }

    /** The buffers that writes are filled into. */
    public WriteBuffers buffers() {
        return buffers;
    }

    /** Whether the calling thread is one of the pipeline's own, which must not wait for it. */
    public boolean isOwnThread() {
        return lane.isOwnThread();
    }

    /**
     * Puts a request in. May wait while the ring is full, but never on the pipeline's own threads. It is answered in
     * any case, also when the store has stopped or was closed.
     */
    public void submit(Request request) {
        if (prepared(request) && !lane.submit(request)) {
            refuseClosed(request);
        }
    }

    /**
     * The same for a caller that waits for the answer: when nothing else is under way, the request is carried out on
     * the
     * calling thread, and answered there.
     */
    public void submitAndWait(Request request) {
        if (prepared(request) && !lane.submitAndWait(request)) {
            refuseClosed(request);
        }
    }

    private void refuseClosed(Request request) {
        request.failed(new IOException("the store is closed"));
        parts.answer().answer(request);
    }

    private boolean prepared(Request request) {
        try {
            switch (request.kind) {
                case WRITE -> prepare(request);
                case DISCARD, ZEROES -> prefetchRange(request);
                case FLUSH, MESSAGE, NUDGE -> {}
            }
            return true;
        } catch (RuntimeException | Error e) { // a defect of ours must not leave the caller without an answer
            request.refuse(ErrorCode.FAILED, "can't prepare the request: " + e, e);
            parts.answer().answer(request);
            return false;
        }
    }

    private void prepare(Request request) {
        Preparer preparer = preparers.get();
        preparer.layOut(request);
        try {
            prefetch(request);
            preparer.warm(request);
        } catch (IOException | PageUnreadableException e) {
            return; // PLACE reads it again, at the request's turn, and says what is wrong then
        }
    }

    /** So that PLACE, which all wait for, need not read the pages of the volume's tree; see {@link PagePace}. */
    private void prefetch(Request request) throws IOException {
        request.pagesLeft = false;
        if (pages.isNeeded()) {
            if (request.length >= PagePace.LARGE_BYTES
                    && lane.isPlaceFree()
                    && stages.pagePace().mayLeave()) {
                request.pagesLeft = true;
                return;
            }
            EpochTable.Pin pin = parts.reader().enter(request.volume);
            try {
                pages.write(request.volume.root(), request.firstBlock, request.blocks);
            } finally {
                pin.exit();
            }
        }
    }

    /** The same for a range that will be unmapped, edges included. */
    private void prefetchRange(Request request) {
        if (!pages.isNeeded() || request.length == 0) {
            return;
        }
        int blockSizeBytes = parts.exceptions().blockSizeBytes();
        long first = request.offset / blockSizeBytes;
        long last = (request.offset + request.length - 1) / blockSizeBytes;
        try {
            EpochTable.Pin pin = parts.reader().enter(request.volume);
            try {
                pages.unmap(request.volume.root(), first, last - first + 1, Decider.MAX_UNMAPPED_IN_EVENT);
            } finally {
                pin.exit();
            }
        } catch (IOException | PageUnreadableException e) {
            return; // PLACE reads it again, at the request's turn, and says what is wrong then
        }
    }

    /**
     * In a stepped pipeline: takes up to {@code most} requests as one batch through both stages; whether there were
     * any.
     */
    public boolean step(int most) {
        return ((SteppedLane) lane).step(most);
    }

    /** In a stepped pipeline: PLACE alone takes a batch, as if JOURNAL were busy. */
    public boolean stepPlace(int most) {
        return ((SteppedLane) lane).stepPlace(most);
    }

    /** In a stepped pipeline: what a stage does when nothing has come for a while. */
    public void tick() {
        ((SteppedLane) lane).tick();
    }

    /** Takes no more, carries out and answers what is in, forces, and ends the threads. */
    @Override
    public void close() {
        lane.close();
        stages.close();
    }

    /** What the submitting thread does for a write before it is published. */
    private record Preparer(BlockChecksum checksum, PartialBlocks partials, int blockSizeBytes) {
        void layOut(Request request) {
            PartialBlocks.layOut(request, blockSizeBytes, checksum);
        }

        void warm(Request request) throws IOException {
            if (request.headPartial || request.tailPartial) {
                partials.fill(request);
            }
        }
    }
}
