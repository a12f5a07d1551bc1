package dev.tidemark.engine.pipeline;

import dev.tidemark.engine.exception.ExceptionStore;
import dev.tidemark.engine.mapping.PageStore;
import dev.tidemark.engine.mapping.PageUnreadableException;
import dev.tidemark.engine.message.ErrorCode;
import dev.tidemark.engine.space.Allocator;
import dev.tidemark.engine.state.BlocksWritten;
import dev.tidemark.storage.NoSpaceException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.LongSupplier;

/**
 * A run of writes: they get physical blocks next to each other, their bytes go out in few large writes, and then each
 * becomes an event. Small writes are gathered in the staging ring, large ones go out from their own buffers.
 *
 * <p>Nothing of a run is state before {@link #end}. A write that fails there, also because its volume's pages can't be
 * read, fails only its own request: its blocks go back, the others are applied. PLACE only; allocates nothing once it
 * has grown.
 */
final class WriteRun {
    /** The most requests of one run: enough for every queue depth in use, few enough to be answered soon. */
    static final int MAX_REQUESTS = 1024;
    /** A run ends when it holds this much: answers must not wait long, and memory bandwidth is reached far below. */
    static final int MAX_BYTES = 2 << 20;
    /** Requests up to this size are gathered; larger ones would only be copied once more. */
    static final int MAX_STAGED_BYTES = 256 << 10;

    private final ExceptionStore exceptions;
    private final SpaceKeeper space;
    private final StagingRing staging;
    private final EventSink sink;
    private final PageStore treePages;
    private final PagePace pagePace;
    private final LongSupplier nanoClock;
    private final int blockSizeBytes;
    private final ByteBuffer stagingView;
    private final BlocksWritten event = new BlocksWritten();

    private final Request[] requests = new Request[MAX_REQUESTS];
    private final long[] stagedAt = new long[MAX_REQUESTS];
    private int count;
    private long bytes;

    private long[] placeStart = new long[MAX_REQUESTS];
    private int[] placeLength = new int[MAX_REQUESTS];
    private int places;

    // pieces to be written: physical start, source buffer, index in it, bytes
    private long[] pieceStart = new long[MAX_REQUESTS];
    private ByteBuffer[] pieceSource = new ByteBuffer[MAX_REQUESTS];
    private int[] pieceIndex = new int[MAX_REQUESTS];
    private int[] pieceBytes = new int[MAX_REQUESTS];
    private int pieces;

    WriteRun(PipelineParts parts, SpaceKeeper space, StagingRing staging, EventSink sink, PagePace pagePace) {
        this.exceptions = parts.exceptions();
        this.treePages = parts.state().pages();
        this.nanoClock = parts.nanoClock();
        this.pagePace = pagePace;
        this.space = space;
        this.staging = staging;
        this.sink = sink;
        this.blockSizeBytes = exceptions.blockSizeBytes();
        this.stagingView = staging.bytes().duplicate();
    }

    boolean isEmpty() {
        return count == 0;
    }

    int count() {
        return count;
    }

    Request request(int index) {
        return requests[index];
    }

    /** Whether another write must begin a new run. */
    boolean isFull() {
        // half the ring, for a piece that is added last and the gap before the ring's end take room as well
        return count == MAX_REQUESTS || bytes >= Math.min(MAX_BYTES, staging.capacity() / 2);
    }

    /** Whether the run writes that block of that volume. */
    boolean touches(Request partial) {
        for (int i = 0; i < count; i++) {
            Request other = requests[i];
            if (other.volume == partial.volume
                    && other.firstBlock < partial.firstBlock + partial.blocks
                    && partial.firstBlock < other.firstBlock + other.blocks) {
                return true;
            }
        }
        return false;
    }

    /**
     * Gives a write its blocks and takes it in; false, with nothing changed, when there is no room for it.
     *
     * @throws PageUnreadableException when that can't be told; nothing has changed
     */
    boolean add(Request request) {
        int room = roomFor(request);
        if (room == 0) {
            return false;
        }
        if (!allocate(request, room == 2)) {
            return false;
        }
        int length = request.blocks * blockSizeBytes;
        boolean staged = length <= MAX_STAGED_BYTES;
        ByteBuffer source = request.data.whole();
        int index = request.dataIndex;
        stagedAt[count] = -1;
        if (staged) {
            long position = staging.claim(length);
            staging.put(position, source, index, length);
            stagedAt[count] = position;
            source = staging.bytes();
            index = staging.index(position);
        }
        for (int p = request.placement; p < places; p++) {
            addPiece(placeStart[p], source, index, placeLength[p] * blockSizeBytes);
            index += placeLength[p] * blockSizeBytes;
        }
        requests[count++] = request;
        bytes += length;
        return true;
    }

    /** Where space is short this looks at the blocks that are overwritten: the pages come in here, then. */
    private int roomFor(Request request) {
        long pages = request.pagesLeft ? treePages.traffic().faults() : 0;
        long start = request.pagesLeft ? nanoClock.getAsLong() : 0;
        try {
            return space.roomFor(request.volume.root(), request.firstBlock, request.blocks);
        } finally {
            notePages(request, pages, start);
        }
    }

    /** Takes all blocks of a request; false, with none taken, when some of the room turned out to be lost. */
    private boolean allocate(Request request, boolean urgent) {
        request.placement = places;
        for (int left = request.blocks; left > 0; ) {
            long run = space.allocate(left, urgent);
            request.placements = places - request.placement;
            if (run == 0) {
                unallocate(request);
                places = request.placement;
                return false;
            }
            addPlace(Allocator.start(run), Allocator.length(run));
            left -= Allocator.length(run);
        }
        request.placements = places - request.placement;
        return true;
    }

    private void addPlace(long start, int length) {
        if (places == placeStart.length) {
            placeStart = Arrays.copyOf(placeStart, places * 2);
            placeLength = Arrays.copyOf(placeLength, places * 2);
        }
        placeStart[places] = start;
        placeLength[places++] = length;
    }

    @SuppressWarnings("ReferenceEquality") // the same buffer, not equal bytes
    private void addPiece(long start, ByteBuffer source, int index, int length) {
        int last = pieces - 1;
        if (last >= 0
                && pieceSource[last] == source
                && pieceIndex[last] + pieceBytes[last] == index
                && pieceStart[last] + pieceBytes[last] / blockSizeBytes == start) {
            pieceBytes[last] += length;
            return;
        }
        if (pieces == pieceStart.length) {
            pieceStart = Arrays.copyOf(pieceStart, pieces * 2);
            pieceSource = Arrays.copyOf(pieceSource, pieces * 2);
            pieceIndex = Arrays.copyOf(pieceIndex, pieces * 2);
            pieceBytes = Arrays.copyOf(pieceBytes, pieces * 2);
        }
        pieceStart[pieces] = start;
        pieceSource[pieces] = source;
        pieceIndex[pieces] = index;
        pieceBytes[pieces++] = length;
    }

    /**
     * Writes the run's data, applies what was written, and leaves each request with its outcome for {@link #request};
     * the
     * run is to be {@link #clear cleared} after that.
     */
    void end(long timeMs) {
        if (!writePieces()) {
            writeOneByOne();
        }
        for (int i = 0; i < count; i++) {
            Request request = requests[i];
            if (request.error() == null) {
                apply(request, i, timeMs);
            }
            if (request.error() != null) {
                unallocate(request);
            }
        }
    }

    void clear() {
        Arrays.fill(requests, 0, count, null);
        Arrays.fill(pieceSource, 0, pieces, null);
        count = 0;
        places = 0;
        pieces = 0;
        bytes = 0;
    }

    private boolean writePieces() {
        try {
            for (int i = 0; i < pieces; i++) {
                write(pieceStart[i], pieceSource[i], pieceIndex[i], pieceBytes[i]);
            }
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Some write of the run failed: each request for itself, so that only those fail that can't be written. */
    private void writeOneByOne() {
        for (int i = 0; i < count; i++) {
            Request request = requests[i];
            ByteBuffer source = stagedAt[i] >= 0 ? staging.bytes() : request.data.whole();
            int index = stagedAt[i] >= 0 ? staging.index(stagedAt[i]) : request.dataIndex;
            try {
                try {
                    write(request, source, index);
                } catch (NoSpaceException e) {
                    // The file can't grow; blocks that were freed in it may do.
                    placeElsewhere(request, e);
                    write(request, source, index);
                }
            } catch (NoSpaceException e) {
                request.refuse(ErrorCode.OUT_OF_SPACE, "the host's file system is full: " + e.getMessage(), e);
            } catch (IOException e) {
                request.refuse(ErrorCode.FAILED, "can't write the data: " + e.getMessage(), e);
            }
        }
    }

    private void write(Request request, ByteBuffer source, int index) throws IOException {
        int next = index;
        for (int p = request.placement; p < request.placement + request.placements; p++) {
            write(placeStart[p], source, next, placeLength[p] * blockSizeBytes);
            next += placeLength[p] * blockSizeBytes;
        }
    }

    /** Gives a request other blocks, for its data could not be written; throws the failure when there are none. */
    private void placeElsewhere(Request request, NoSpaceException e) throws NoSpaceException {
        unallocate(request);
        for (int p = request.placement; p < request.placement + request.placements; p++) {
            space.cannotGrow(placeStart[p]);
        }
        // It gave back what it takes: the reserve is as large as it was.
        if (!allocate(request, true)) {
            request.placements = 0;
            throw e;
        }
    }

    @SuppressWarnings("ReferenceEquality") // the same buffer, not equal bytes
    private void write(long physical, ByteBuffer source, int index, int length) throws IOException {
        ByteBuffer view = source == staging.bytes() ? stagingView : source;
        view.clear().limit(index + length).position(index);
        try {
            exceptions.write(physical, view);
        } finally {
            view.clear(); // the next request of this buffer may be longer
        }
    }

    private void apply(Request request, int index, long timeMs) {
        event.reset(timeMs, request.volume.id(), request.firstBlock);
        for (int p = request.placement; p < request.placement + request.placements; p++) {
            event.addRun(placeStart[p], placeLength[p]);
        }
        int[] checksums = request.data.checksums();
        for (int i = 0; i < request.blocks; i++) {
            event.checksum(i, checksums[i]);
        }
        long length = (long) request.blocks * blockSizeBytes;
        try {
            bringInPages(request);
        } catch (PageUnreadableException e) {
            request.refuse(e);
            return;
        }
        sink.apply(event, stagedAt[index] >= 0, stagedAt[index], length);
    }

    private void bringInPages(Request request) {
        long pages = request.pagesLeft ? treePages.traffic().faults() : 0;
        long start = request.pagesLeft ? nanoClock.getAsLong() : 0;
        try {
            sink.bringInPages(event);
        } finally { // a page that can't be read takes its time, too
            notePages(request, pages, start);
        }
    }

    /** Tells the pace if pages came in since then; those that other threads brought in meanwhile count, too. */
    private void notePages(Request request, long pagesBefore, long startNanos) {
        if (request.pagesLeft) {
            long nanos = nanoClock.getAsLong() - startNanos;
            long pages = treePages.traffic().faults() - pagesBefore;
            if (pages > 0 || nanos > PagePace.SLOW_NANOS) {
                pagePace.note(Math.max(1, pages), nanos);
            }
        }
    }

    private void unallocate(Request request) {
        for (int p = request.placement; p < request.placement + request.placements; p++) {
            space.unallocate(placeStart[p], placeLength[p]);
        }
    }
}
