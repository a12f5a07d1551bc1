package dev.tidemark.journal;

import dev.tidemark.storage.Storage;
import dev.tidemark.storage.StorageFile;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.UUID;

/**
 * What phase 1 of a recovery found, and the way on: {@link #replay} what is there, make durable what it carries, then
 * {@link #begin}. Until then nothing is changed on disk. For one thread.
 */
public final class JournalRecovery implements AutoCloseable {
    /** A journal that is written to meanwhile may seem damaged; it does not seem so in the same place so often. */
    private static final int MAX_LOOKS = 64;

    private final Storage storage;
    private final JournalConfig config;
    private final FileWindow window;
    private final JournalScan.Result scan;
    private final Frame frame = new Frame();
    private boolean begun;

    private JournalRecovery(Storage storage, JournalConfig config, FileWindow window, JournalScan.Result scan) {
        this.storage = storage;
        this.config = config;
        this.window = window;
        this.scan = scan;
    }

    /**
     * Looks at a journal and gives the verdict, also one that {@link Journal#recover} would throw.
     *
     * @throws IOException if something could not be read; that is no verdict
     */
    public static JournalRecovery examine(Storage storage, JournalConfig config, Known known) throws IOException {
        FileWindow window = new FileWindow(Math.min(FileWindow.DEFAULT_BYTES, config.segmentBytes()));
        JournalScan.Result last = null;
        for (int looks = 1; ; looks++) {
            try {
                JournalScan.Result scan = new JournalScan(storage, config.directory(), known, window).run();
                boolean bad = scan.row().verdict() == Verdict.CORRUPT;
                boolean same = last != null && last.endOffset() == scan.endOffset() && last.row() == scan.row();
                // A writer beside us moves on between two looks at the same place; damage stays.
                if (!bad || same || looks >= MAX_LOOKS) {
                    return new JournalRecovery(storage, config, window, scan);
                }
                last = scan;
            } catch (NoSuchFileException e) {
                if (looks >= MAX_LOOKS) {
                    throw e;
                }
            }
        }
    }

    /**
     * What to know for reading everything that is still there: the floor is the oldest segment that leads to the newest
     * without a gap.
     */
    public static Known oldest(Storage storage, JournalConfig config) throws IOException {
        List<Long> offsets = SegmentFile.offsets(storage, config.directory());
        long floor = 0;
        for (int i = offsets.size() - 1; i >= 0; i--) {
            SegmentFile file = SegmentFile.look(storage, config.directory(), offsets.get(i));
            boolean leads = i == offsets.size() - 1 || !file.isWhole() || file.end() == offsets.get(i + 1);
            if (!leads) {
                break;
            }
            floor = offsets.get(i);
        }
        return new Known(floor, Known.ANY_SEQ, 0, null);
    }

    JournalRecovery orThrow() throws JournalException {
        if (verdict() == Verdict.CORRUPT) {
            throw scan.corruption();
        }
        if (verdict() == Verdict.TOO_NEW) {
            throw new JournalTooNewException("journal segment " + scan.place() + " was written by a newer version");
        }
        return this;
    }

    public Verdict verdict() {
        return scan.row().verdict();
    }

    /** The row of the decision table that gave the verdict. */
    public RecoveryRow row() {
        return scan.row();
    }

    /** The segment that {@link #endOffset} lies in, or that should be there: a file name. */
    public String place() {
        return scan.place();
    }

    /** E: everything below was durable, in bytes. */
    public long evidence() {
        return scan.evidence();
    }

    /** Where the first frame begins that is replayed, in bytes. */
    public long startOffset() {
        return scan.startOffset();
    }

    /** Where the whole frames end, in bytes: where the journal goes on, or where the damage is. */
    public long endOffset() {
        return scan.endOffset();
    }

    /** Bytes behind the end that {@link #begin} will save aside and cut, as far as they lie in the last segment. */
    public long tornBytes() {
        return scan.tailEnd() - scan.endOffset();
    }

    /** The seq of the last event, 0 for none, or -1 if nothing from the floor on tells. */
    public long lastSeq() {
        return scan.lastSeq();
    }

    /** The largest epoch that was found. */
    public int lastEpoch() {
        return scan.maxEpoch();
    }

    /** The store that the journal belongs to. */
    public UUID store() {
        return scan.identity().store();
    }

    /** What the creator of the journal gave to keep; a copy. */
    public byte[] callerHeader() {
        return scan.identity().callerBytes();
    }

    /**
     * Hands out the frames with events, in order, from an offset to the end.
     *
     * @param fromOffset a frame boundary at or behind the floor; what is below {@link #startOffset} means from the
     * start
     * @throws IllegalArgumentException if no frame begins there
     * @throws JournalCorruptException if a frame is not whole any more
     */
    public void replay(long fromOffset, FrameConsumer consumer) throws IOException {
        walk(fromOffset, FrameWalk.ANY_SEQ, true, consumer);
    }

    /** The same from a seq: the first frame is the one that holds it (and maybe some before). */
    public void replayFromSeq(long seq, FrameConsumer consumer) throws IOException {
        long from = startOffset();
        for (SegmentFile segment : scan.segments()) {
            if (segment.first() > from && segment.header().nextSeq() <= seq) {
                from = segment.first();
            }
        }
        walk(from, seq, true, consumer);
    }

    /** Hands out frames of all kinds, pads and markers too. */
    public void replayAll(long fromOffset, FrameConsumer consumer) throws IOException {
        walk(fromOffset, FrameWalk.ANY_SEQ, false, consumer);
    }

    private void walk(long fromOffset, long fromSeq, boolean eventsOnly, FrameConsumer consumer) throws IOException {
        if (scan.segments().isEmpty()) {
            return;
        }
        FrameWalk walk = new FrameWalk(window, scan.identity().salt());
        long from = Math.max(fromOffset, startOffset());
        for (SegmentFile segment : scan.segments()) {
            if (from >= segment.end() || from >= endOffset()) {
                continue;
            }
            from = Math.max(from, segment.first() + SegmentDescriptor.HEADER_BYTES);
            try (StorageFile file = storage.open(segment.path(), Storage.Mode.READ)) {
                walk.enter(segment, file, from, walk.nextSeq());
                walkSegment(walk, Math.min(segment.end(), endOffset()), fromSeq, eventsOnly, consumer);
            }
            from = segment.end();
        }
    }

    private void walkSegment(FrameWalk walk, long end, long fromSeq, boolean eventsOnly, FrameConsumer consumer)
            throws IOException {
        boolean first = true;
        while (walk.position() < end) {
            if (walk.step() != FrameWalk.Step.FRAME) {
                if (first && walk.frames() == 0) {
                    throw new IllegalArgumentException("fromOffset=" + walk.position() + ": no frame begins there");
                }
                throw new JournalCorruptException(
                        walk.segment().path(),
                        walk.position(),
                        RecoveryRow.DAMAGED_FRAME,
                        "the frame was whole a moment ago");
            }
            first = false;
            if ((!eventsOnly || walk.isData()) && walk.nextSeq() > fromSeq) {
                walk.wrap(frame, evidence());
                consumer.accept(frame);
            }
        }
    }

    /**
     * Phase 2: makes the journal ready to go on. The caller has made durable what the frames carried, holds the store's
     * lock, and calls it once. What {@link #tornBytes} says is saved aside and cut, frames behind the evidence are
     * written again and forced, because the page cache of a process that failed proves nothing, and a marker of a new
     * epoch is forced. It can fail or be cut off by a crash anywhere, and be started again from phase 1.
     *
     * @return the journal, at {@link #endOffset} or a little behind it
     */
    public Journal begin() throws IOException {
        orThrow();
        if (begun) {
            throw new IllegalStateException("begun already");
        }
        if (scan.lastSeq() == JournalScan.UNKNOWN_SEQ) {
            throw new IllegalStateException("the floor's seq is needed: no frame behind it tells");
        }
        begun = true;
        return new JournalRepair(storage, config, scan).run();
    }

    @Override
    public void close() {
        window.use(null);
    }
}
