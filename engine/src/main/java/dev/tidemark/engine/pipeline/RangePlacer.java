package dev.tidemark.engine.pipeline;

import dev.tidemark.engine.exception.ExceptionStore;
import dev.tidemark.engine.mapping.MappingEntry;
import dev.tidemark.engine.mapping.MappingReader;
import dev.tidemark.engine.mapping.PageUnreadableException;
import dev.tidemark.engine.message.ErrorCode;
import dev.tidemark.engine.space.Allocator;
import dev.tidemark.engine.state.BlocksUnmapped;
import dev.tidemark.engine.state.BlocksWritten;
import dev.tidemark.engine.state.Decider;
import dev.tidemark.engine.state.RangeZeroed;
import dev.tidemark.engine.state.State;
import dev.tidemark.storage.NoSpaceException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.InstantSource;

/**
 * Discards and zeroes: whole blocks are unmapped, the edges of a zeroed range are rewritten, all in one event. PLACE
 * only.
 */
final class RangePlacer {
    private final State state;
    private final ExceptionStore exceptions;
    private final EventSink sink;
    private final SpaceKeeper space;
    private final PartialBlocks partials;
    private final MappingReader mappings;
    private final InstantSource clock;
    private final int blockSizeBytes;
    private final MappingEntry entry = new MappingEntry();
    private final BlocksUnmapped unmapped = new BlocksUnmapped();
    private final RangeZeroed zeroed = new RangeZeroed();

    RangePlacer(PipelineParts parts, EventSink sink, SpaceKeeper space, PartialBlocks partials) {
        this.state = parts.state();
        this.exceptions = parts.exceptions();
        this.sink = sink;
        this.space = space;
        this.partials = partials;
        this.mappings = new MappingReader(parts.state().pages());
        this.clock = parts.clock();
        this.blockSizeBytes = parts.exceptions().blockSizeBytes();
    }

    /** Carries the request out; false when it was refused, or, without an error in it, when no block was free. */
    boolean place(Request request) {
        try {
            return request.kind == Request.Kind.DISCARD ? discard(request) : zero(request);
        } catch (PageUnreadableException e) {
            request.refuse(e);
            return false;
        }
    }

    private boolean discard(Request request) {
        long first = firstWhole(request);
        long afterLast = afterLastWhole(request);
        if (first < afterLast) {
            unmap(request, first, afterLast);
            sink.bringInPages(unmapped);
            sink.apply(unmapped);
        }
        return true;
    }

    private long firstWhole(Request request) {
        return (request.offset + blockSizeBytes - 1) / blockSizeBytes;
    }

    /** The last block of a volume may lie behind its end in part: what is behind reads as zeros anyway. */
    private long afterLastWhole(Request request) {
        return toTheEnd(request)
                ? request.volume.blocks(blockSizeBytes)
                : (request.offset + request.length) / blockSizeBytes;
    }

    private static boolean toTheEnd(Request request) {
        return request.offset + request.length == request.volume.sizeBytes();
    }

    private boolean zero(Request request) {
        long end = request.offset + request.length;
        zeroed.reset(clock.millis());
        int head = (int) (request.offset % blockSizeBytes);
        int tail = toTheEnd(request) ? 0 : (int) (end % blockSizeBytes);
        long headBlock = request.offset / blockSizeBytes;
        long tailBlock = end / blockSizeBytes;
        boolean oneBlock = head != 0 && headBlock == tailBlock;
        int headEnd = oneBlock && tail != 0 ? tail : blockSizeBytes;
        if (head != 0 && request.length > 0 && !zeroPart(request, headBlock, head, headEnd, zeroed.head())) {
            return false;
        }
        boolean done = false;
        try {
            if (tail != 0 && !oneBlock && !zeroPart(request, tailBlock, 0, tail, zeroed.tail())) {
                return false;
            }
            applyZeroed(request);
            done = true;
            return true;
        } finally {
            if (!done) {
                giveBack(zeroed.head());
                giveBack(zeroed.tail());
            }
        }
    }

    private void applyZeroed(Request request) {
        long first = firstWhole(request);
        long afterLast = afterLastWhole(request);
        if (first < afterLast) {
            unmap(request, first, afterLast);
            BlocksUnmapped u = unmapped;
            zeroed.middle().set(u.timeMs(), u.volumeId(), u.firstBlock(), u.blocks(), u.jobId());
        }
        int written = zeroed.head().blocks() + zeroed.tail().blocks();
        if (written > 0 || zeroed.middle().blocks() > 0) {
            sink.bringInPages(zeroed);
            sink.apply(zeroed, false, 0, (long) written * blockSizeBytes);
        }
    }

    private void unmap(Request request, long first, long afterLast) {
        Decider.unmap(state, request.volume, clock.millis(), first, afterLast - first, unmapped);
    }

    /** Writes a block anew with a part of it zeroed; an unmapped one stays so. */
    private boolean zeroPart(Request request, long block, int from, int to, BlocksWritten part) {
        if (!mappings.lookup(request.volume.root(), block, entry)) {
            return true;
        }
        int room = space.roomFor(request.volume.root(), block, 1);
        if (room == 0) {
            return false;
        }
        long run = space.allocate(1, room == 2);
        if (run == 0) {
            return false;
        }
        try {
            ByteBuffer content = partials.readBlock(request.volume, block);
            int checksum = partials.zero(from, to);
            exceptions.write(Allocator.start(run), content);
            part.reset(clock.millis(), request.volume.id(), block);
            part.checksum(part.addRun(Allocator.start(run), 1), checksum);
            return true;
        } catch (IOException e) {
            space.unallocate(Allocator.start(run), 1);
            boolean full = e instanceof NoSpaceException;
            if (full) {
                space.cannotGrow(Allocator.start(run)); // whoever tries again gets a block that was freed
            }
            request.refuse(
                    full ? ErrorCode.OUT_OF_SPACE : ErrorCode.FAILED,
                    "can't rewrite the edge of the zeroed range: " + e.getMessage(),
                    e);
            return false;
        }
    }

    /** A part that was placed, or that is not there. */
    private void giveBack(BlocksWritten part) {
        for (int i = 0; i < part.runs(); i++) {
            space.unallocate(part.runStart(i), part.runLength(i));
        }
    }
}
