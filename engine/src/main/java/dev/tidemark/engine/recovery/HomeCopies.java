package dev.tidemark.engine.recovery;

import dev.tidemark.engine.exception.ExceptionStore;
import dev.tidemark.engine.state.BlocksWritten;
import dev.tidemark.engine.state.CatalogueChanged;
import dev.tidemark.engine.state.Change;
import dev.tidemark.engine.state.Event;
import dev.tidemark.engine.state.RangeZeroed;
import dev.tidemark.journal.JournalRecovery;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.agrona.collections.Long2LongHashMap;

/**
 * Writes the blocks that frames carry to their home again, where those copies are not known to be forced. A copy that
 * looks right may be the page cache's only, so it is always written; but only what a block's last writer carried, or an
 * older write would cover a newer one whose data is at home already.
 *
 * <p>Two passes over the frames beyond the home-durable seq: who wrote each block last, then the writing. Bounded by
 * the
 * home lag that the pipeline keeps.
 */
final class HomeCopies {
    private static final long NOBODY = 0;

    private final Target target;
    private final int blockSizeBytes;
    private final Sabotage sabotage;
    private final Long2LongHashMap lastWriter = new Long2LongHashMap(NOBODY);
    private final ByteBuffer block;
    private long rewritten;

    /** Where the blocks go. */
    @FunctionalInterface
    interface Target {
        void write(long physical, ByteBuffer block) throws IOException;
    }

    HomeCopies(Target target, int blockSizeBytes, Sabotage sabotage) {
        this.target = target;
        this.blockSizeBytes = blockSizeBytes;
        this.sabotage = sabotage;
        block = ByteBuffer.allocateDirect(blockSizeBytes);
    }

    /** Rewrites and forces; returns how many blocks. */
    static long rewrite(JournalRecovery journal, long homeDurableSeq, ExceptionStore exceptions, Sabotage sabotage)
            throws IOException {
        HomeCopies copies = new HomeCopies(exceptions::write, exceptions.blockSizeBytes(), sabotage);
        copies.copy(journal, homeDurableSeq);
        exceptions.force();
        return copies.rewritten;
    }

    /** Hands every block that frames beyond the seq carry to the target; what its last writer carried. */
    void copy(JournalRecovery journal, long homeDurableSeq) throws IOException {
        boolean all = sabotage == Sabotage.REDO_EVERY_WRITER;
        long fromSeq = all ? 1 : homeDurableSeq + 1;
        if (fromSeq > journal.lastSeq()) {
            return;
        }
        FrameEvents events = new FrameEvents(blockSizeBytes);
        journal.replayFromSeq(
                fromSeq, frame -> events.forEach(frame, (event, seq, data, index) -> noteWriters(event, seq)));
        journal.replayFromSeq(
                fromSeq,
                frame -> events.forEach(frame, (event, seq, data, index) -> {
                    if (data != null && (all || seq > homeDurableSeq)) {
                        write((BlocksWritten) event, seq, data, index, all);
                    }
                }));
    }

    private void noteWriters(Event event, long seq) {
        if (event instanceof BlocksWritten written) {
            note(written, seq);
        } else if (event instanceof RangeZeroed zeroed) {
            note(zeroed.head(), seq);
            note(zeroed.tail(), seq);
        } else if (event instanceof CatalogueChanged changed) {
            for (Change change : changed.changes()) {
                if (change instanceof Change.VolumeResized resized && resized.boundaryPhysical() != 0) {
                    lastWriter.put(resized.boundaryPhysical(), seq);
                }
            }
        }
    }

    private void note(BlocksWritten written, long seq) {
        for (int run = 0; run < written.runs(); run++) {
            for (int i = 0; i < written.runLength(run); i++) {
                lastWriter.put(written.runStart(run) + i, seq);
            }
        }
    }

    private void write(BlocksWritten written, long seq, DirectBuffer data, int dataIndex, boolean all)
            throws IOException {
        int index = dataIndex;
        for (int run = 0; run < written.runs(); run++) {
            for (int i = 0; i < written.runLength(run); i++) {
                long physical = written.runStart(run) + i;
                if (all || lastWriter.get(physical) == seq) {
                    block.clear();
                    data.getBytes(index, block, 0, blockSizeBytes);
                    target.write(physical, block.clear());
                    rewritten++;
                }
                index += blockSizeBytes;
            }
        }
    }
}
