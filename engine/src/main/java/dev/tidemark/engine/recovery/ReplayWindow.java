package dev.tidemark.engine.recovery;

import dev.tidemark.engine.codec.EventDecoder;
import dev.tidemark.engine.codec.FrameTypes;
import dev.tidemark.engine.mapping.PhysicalBlocks;
import dev.tidemark.engine.space.ReferenceCounts;
import dev.tidemark.engine.state.BlocksUnmapped;
import dev.tidemark.engine.state.BlocksWritten;
import dev.tidemark.engine.state.Event;
import dev.tidemark.engine.state.RangeZeroed;
import dev.tidemark.journal.Frame;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.collections.IntArrayList;
import org.agrona.collections.LongArrayList;
import org.agrona.collections.LongHashSet;

/**
 * The events of some frames, kept until what they touch was read, and where that is. One thread.
 */
final class ReplayWindow {
    /** 1 MiB: events of scattered writes are some tens of bytes each. */
    private static final int MOST_BYTES = 1 << 20;

    /** A leaf, the page above it, the counts of what was there before, and the part of the table that leads to them. */
    private static final int PAGES_OF_TARGET = 4;

    private final ExpandableArrayBuffer bytes = new ExpandableArrayBuffer();
    private final EventDecoder decoder = new EventDecoder();
    private final FrameEvents frames;
    private final long mostPages;
    /** The end of each frame's events. */
    private final IntArrayList ends = new IntArrayList();

    private final List<Target> targets = new ArrayList<>();
    private final LongHashSet countPages = new LongHashSet();
    private int length;
    private long pages;
    private long events;

    /**
     * A range that events change.
     *
     * @param unmapped whether all of it may be unmapped; else it is written
     */
    record Target(long volumeId, long firstBlock, long blocks, boolean unmapped) {}

    /** What applies events. */
    interface Taker {
        /** The next event, valid during the call. */
        void event(Event event) throws IOException;

        /** A frame's events were handed out. */
        void endOfFrame() throws IOException;
    }

    /** @param mostPages that the events of a window may need, about */
    ReplayWindow(int blockSizeBytes, long mostPages) {
        frames = new FrameEvents(blockSizeBytes);
        this.mostPages = mostPages;
    }

    /** Keeps the events of one more frame; throws what {@link FrameEvents#forEach} does. */
    void keep(Frame frame) throws IOException {
        frames.forEach(frame, (event, seq, data, index) -> note(event));
        DirectBuffer payload = frame.buffer();
        int start = frame.payloadOffset();
        int eventsLength = payload.getInt(start, ByteOrder.LITTLE_ENDIAN);
        bytes.putBytes(length, payload, start + FrameTypes.HEADER_BYTES, eventsLength);
        length += eventsLength;
        ends.addInt(length);
    }

    private void note(Event event) {
        events++;
        if (event instanceof BlocksWritten written) {
            write(written);
        } else if (event instanceof BlocksUnmapped unmapped) {
            unmap(unmapped);
        } else if (event instanceof RangeZeroed zeroed) {
            unmap(zeroed.middle());
            write(zeroed.head());
            write(zeroed.tail());
        }
        // What a job or a message touches is known only when it is its turn, and little.
    }

    private void write(BlocksWritten written) {
        if (written.blocks() == 0) {
            return;
        }
        add(new Target(written.volumeId(), written.firstBlock(), written.blocks(), false));
        for (int run = 0; run < written.runs(); run++) {
            long first = written.runStart(run) / ReferenceCounts.LEAF_BLOCKS;
            long last = (written.runStart(run) + written.runLength(run) - 1) / ReferenceCounts.LEAF_BLOCKS;
            for (long page = first; page <= last; page++) {
                countPages.add(page);
            }
        }
    }

    private void unmap(BlocksUnmapped unmapped) {
        if (unmapped.blocks() > 0) {
            add(new Target(unmapped.volumeId(), unmapped.firstBlock(), unmapped.blocks(), true));
        }
    }

    private void add(Target target) {
        targets.add(target);
        pages += PAGES_OF_TARGET + 2 * target.blocks / PhysicalBlocks.MAX_BATCH;
    }

    boolean isEmpty() {
        return ends.isEmpty();
    }

    /** Whether no more should be kept before this is applied. */
    boolean isFull() {
        return pages >= mostPages || length >= MOST_BYTES;
    }

    /** How many events it holds. */
    long events() {
        return events;
    }

    /** What they change, in the order of volumes and blocks. */
    List<Target> targets() {
        targets.sort((a, b) -> a.volumeId == b.volumeId
                ? Long.compare(a.firstBlock, b.firstBlock)
                : Long.compare(a.volumeId, b.volumeId));
        return targets;
    }

    /** The first of the blocks of each page of counts on which they count new blocks. */
    long[] countedBlocks() {
        LongArrayList blocks = new LongArrayList();
        countPages.forEachLong(page -> blocks.addLong(page * ReferenceCounts.LEAF_BLOCKS));
        long[] sorted = blocks.toLongArray();
        Arrays.sort(sorted);
        return sorted;
    }

    /** Hands out all events in order, and forgets them. */
    void drain(Taker taker) throws IOException {
        int from = 0;
        for (int i = 0; i < ends.size(); i++) {
            decoder.wrap(bytes, from, ends.getInt(i) - from);
            while (decoder.hasNext()) {
                taker.event(decoder.next());
            }
            taker.endOfFrame();
            from = ends.getInt(i);
        }
        ends.clear();
        targets.clear();
        countPages.clear();
        length = 0;
        pages = 0;
        events = 0;
    }
}
