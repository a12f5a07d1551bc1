package dev.tidemark.engine.pipeline;

import dev.tidemark.engine.codec.FrameTypes;
import dev.tidemark.journal.FrameClaim;
import dev.tidemark.journal.Journal;
import java.io.IOException;
import org.agrona.MutableDirectBuffer;

/** The journal as a {@link FrameLog}. */
public final class JournalFrameLog implements FrameLog {
    private final Journal journal;
    private final int maxPayloadBytes;
    private FrameClaim claim;

    public JournalFrameLog(Journal journal, int maxPayloadBytes) {
        this.journal = journal;
        this.maxPayloadBytes = maxPayloadBytes;
    }

    @Override
    public int maxPayloadBytes() {
        return maxPayloadBytes;
    }

    @Override
    public MutableDirectBuffer claim(long firstSeq, int events, boolean withData, long homeDurableSeq, int lengthBytes)
            throws IOException {
        claim = journal.claim(FrameTypes.of(withData), firstSeq, events, homeDurableSeq, lengthBytes);
        return claim.buffer();
    }

    @Override
    public int index() {
        return claim.offset();
    }

    @Override
    public void commit(int lengthBytes) {
        claim.commit(lengthBytes);
    }

    @Override
    public void abort() {
        claim.abort();
    }

    @Override
    public void force() throws IOException {
        journal.force();
    }

    @Override
    public void mark() throws IOException {
        journal.mark();
    }

    @Override
    public long appendedOffset() {
        return journal.appendedOffset();
    }

    @Override
    public int epoch() {
        return journal.epoch();
    }

    @Override
    public void releaseBelow(long offset) throws IOException {
        journal.releaseBelow(offset);
    }

    @Override
    public long roomBytes() {
        return journal.roomBytes();
    }

    @Override
    public long segmentRoomBytes() {
        return journal.segmentRoomBytes();
    }

    @Override
    public void retryRoom() throws IOException {
        journal.retryRoom();
    }

    @Override
    public IOException shortage() {
        return journal.shortage();
    }
}
