package dev.tidemark.journal;

import dev.tidemark.journal.RecoveryRow.Inputs;
import dev.tidemark.journal.RecoveryRow.Place;
import dev.tidemark.storage.Storage;
import dev.tidemark.storage.StorageFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Phase 1 of a recovery: walks along the frames from the floor to where they end, looks behind the end for evidence
 * that more was durable, and decides. Changes nothing.
 */
final class JournalScan {
    /**
     * What a scan found.
     *
     * @param row the row of the decision table
     * @param segments that hold the frames from the floor to the end, in order
     * @param later the files behind the last of them
     * @param startOffset where the first frame from the floor on begins
     * @param endOffset where the whole frames end: the cut
     * @param evidence everything below was durable
     * @param lastSeq of the last event before the end, 0 if there never was one, or {@link #UNKNOWN_SEQ}
     * @param maxEpoch the largest epoch that was seen anywhere
     * @param tailEnd behind this offset the last segment holds only zeros
     * @param place the path of the segment that the end lies in, or that should be there
     * @param frames how many frames were walked over, of all kinds
     */
    record Result(
            RecoveryRow row,
            List<SegmentFile> segments,
            List<Later> later,
            long startOffset,
            long endOffset,
            long evidence,
            long lastSeq,
            int maxEpoch,
            long tailEnd,
            String place,
            long frames) {

        SegmentHeader identity() {
            return segments.get(0).header();
        }

        JournalCorruptException corruption() {
            return new JournalCorruptException(place, endOffset, row, row.text());
        }
    }

    /**
     * A file behind the end of the frames; {@code zeros} if it holds nothing else, as one that is written ahead does.
     */
    record Later(SegmentFile file, boolean zeros) {}

    /** Nothing was seen that tells. */
    static final long UNKNOWN_SEQ = -1;

    private final Storage storage;
    private final String directory;
    private final Known known;
    private final FileWindow window;

    private final List<SegmentFile> walked = new ArrayList<>();
    private final List<Later> later = new ArrayList<>();
    private List<SegmentFile> files = List.of();
    private FrameWalk walk;
    private long evidence;
    private int maxEpoch;
    private long tailEnd;
    private long startOffset;
    private String place;

    JournalScan(Storage storage, String directory, Known known, FileWindow window) {
        this.storage = storage;
        this.directory = directory;
        this.known = known;
        this.window = window;
    }

    Result run() throws IOException {
        List<Long> offsets = SegmentFile.offsets(storage, directory);
        files = new ArrayList<>();
        for (long offset : neededOf(offsets)) {
            files.add(SegmentFile.look(storage, directory, offset));
        }
        evidence = Math.max(known.durableOffset(), known.floorOffset());
        place = SegmentFile.path(directory, known.floorOffset());
        for (SegmentFile file : files) {
            if (file.state() == SegmentHeader.State.NEWER) { // wherever it lies: what it says can't be weighed here
                place = file.path();
                return result(Place.NEWER, false, false, file.first());
            }
        }
        Place found = begin();
        if (found != null) {
            return result(found, true, false, known.floorOffset());
        }
        found = walkToEnd();
        boolean somethingBehind = lookBehind();
        return result(found, false, somethingBehind, walk.position());
    }

    private Result result(Place found, boolean beginning, boolean somethingBehind, long end) {
        Inputs inputs = new Inputs(found, beginning, end < evidence, somethingBehind);
        long lastSeq = walk == null || walk.nextSeq() == FrameWalk.ANY_SEQ ? UNKNOWN_SEQ : walk.nextSeq() - 1;
        return new Result(
                RecoveryRow.decide(inputs),
                List.copyOf(walked),
                List.copyOf(later),
                startOffset,
                end,
                evidence,
                lastSeq,
                maxEpoch,
                tailEnd,
                place,
                walk == null ? 0 : walk.frames());
    }

    /** From the last file at or below the floor on, and one more in case that one was only written ahead. */
    private List<Long> neededOf(List<Long> offsets) {
        int start = 0;
        while (start + 1 < offsets.size() && offsets.get(start + 1) <= known.floorOffset()) {
            start++;
        }
        boolean atBoundary = start > 0 && offsets.get(start) == known.floorOffset();
        return offsets.subList(atBoundary ? start - 1 : start, offsets.size());
    }

    /** Enters the first segment; tells what is in the way, or null. */
    private Place begin() throws IOException {
        if (files.isEmpty()) {
            return Place.GAP;
        }
        if (files.size() > 1 && files.get(1).first() == known.floorOffset()) {
            // The floor is a boundary: begin behind it if that segment was begun, else at the end of the one before.
            SegmentFile before = files.get(0);
            boolean walkable = before.isWhole() && before.end() == known.floorOffset();
            if (files.get(1).isWhole() || !walkable) {
                files = files.subList(1, files.size());
            }
        }
        SegmentFile first = files.get(0);
        place = first.path();
        if (first.first() > known.floorOffset()) {
            place = SegmentFile.path(directory, known.floorOffset());
            return Place.GAP;
        }
        if (!first.isWhole()) {
            return Place.HEADER;
        }
        UUID store = known.store();
        if (first.header().first() != first.first()
                || (store != null && !first.header().store().equals(store))) {
            return Place.STRANGE;
        }
        if (known.floorOffset() > first.end()) {
            place = SegmentFile.path(directory, first.end());
            return Place.GAP;
        }
        walk = new FrameWalk(window, first.header().salt());
        walk.reached(known.floorEpoch());
        startOffset = Math.max(known.floorOffset(), first.first() + SegmentDescriptor.HEADER_BYTES);
        return null;
    }

    private long firstSeq(SegmentFile first) {
        if (known.floorSeq() != Known.ANY_SEQ) {
            return known.floorSeq() + 1;
        }
        boolean fromHeader = startOffset == first.first() + SegmentDescriptor.HEADER_BYTES;
        return fromHeader ? first.header().nextSeq() : FrameWalk.ANY_SEQ;
    }

    private Place walkToEnd() throws IOException {
        long offset = startOffset;
        long seq = firstSeq(files.get(0));
        for (int i = 0; ; i++) {
            SegmentFile segment = files.get(i);
            place = segment.path();
            walked.add(segment);
            FrameWalk.Step step;
            try (StorageFile file = storage.open(segment.path(), Storage.Mode.READ)) {
                walk.enter(segment, file, offset, seq);
                do {
                    step = walk.step();
                } while (step == FrameWalk.Step.FRAME);
            }
            if (step != FrameWalk.Step.SEGMENT_END) {
                return step == FrameWalk.Step.UNUSED ? Place.UNUSED : Place.FRAME;
            }
            Place end = enterable(segment, i + 1 < files.size() ? files.get(i + 1) : null);
            if (end != null) {
                return end;
            }
            offset = files.get(i + 1).first() + SegmentDescriptor.HEADER_BYTES;
            seq = files.get(i + 1).header().nextSeq();
        }
    }

    /** What is in the way of going on in the next segment, or null. */
    private Place enterable(SegmentFile segment, SegmentFile next) {
        place = SegmentFile.path(directory, segment.end());
        if (next == null) {
            return Place.NO_NEXT;
        }
        if (next.first() != segment.end()) {
            return next.first() < segment.end() ? Place.STRANGE : Place.GAP;
        }
        return switch (next.state()) {
            case UNUSED -> Place.NO_NEXT;
            case BROKEN, NEWER -> Place.HEADER; // a newer one was found before
            case WHOLE -> {
                boolean ours = next.header().sameJournal(segment.header())
                        && next.header().first() == next.first();
                if (!ours) {
                    yield Place.STRANGE;
                }
                yield walk.isNext(next.header()) ? null : Place.HEADER;
            }
        };
    }

    /** Looks through everything behind the end of the walk; whether there is anything but zeros. */
    private boolean lookBehind() throws IOException {
        evidence = Math.max(evidence, walk.carried());
        maxEpoch = walk.lastEpoch();
        SegmentFile last = walk.segment();
        tailEnd = walk.position();
        boolean something = false;
        if (walk.position() < last.end()) {
            tailEnd = look(last, walk.position(), last.end());
            something = tailEnd > walk.position();
        }
        for (SegmentFile file : files) {
            if (file.first() <= last.first()) {
                continue;
            }
            boolean zeros = file.state() == SegmentHeader.State.UNUSED;
            if (file.isWhole()
                    && file.header().sameJournal(last.header())
                    && file.header().first() == file.first()) {
                maxEpoch = Math.max(maxEpoch, file.header().epoch());
                if (file.header().epoch() >= walk.lastEpoch()) {
                    evidence = Math.max(evidence, file.header().durableUpTo());
                }
            }
            long from = file.first() + SegmentDescriptor.HEADER_BYTES;
            long end = file.first() + Math.max(file.size(), SegmentDescriptor.HEADER_BYTES);
            zeros &= look(file, from, end) == from;
            later.add(new Later(file, zeros));
            something |= !zeros;
        }
        return something;
    }

    /**
     * Looks for whole frames at their own offsets from {@code from} to {@code to}, whose epochs are not lower than the
     * last one of the walk: those are no remains of a history that was cut, so what they say counts.
     *
     * @return behind this offset there are only zeros
     */
    private long look(SegmentFile segment, long from, long to) throws IOException {
        long lastByte = from;
        try (StorageFile file = storage.open(segment.path(), Storage.Mode.READ)) {
            window.use(file);
            walk.parser().segment(segment.first(), to);
            long offset = from;
            while (offset < to && window.need(offset - segment.first(), FrameDescriptor.ALIGNMENT) >= 0) {
                long unused = walk.parser().unusedBytes(offset);
                if (unused > 0) {
                    offset += unused;
                    continue;
                }
                lastByte = offset + FrameDescriptor.ALIGNMENT;
                if (walk.parser().isFrame(offset)) {
                    maxEpoch = Math.max(maxEpoch, walk.parser().epoch());
                    if (walk.parser().epoch() >= walk.lastEpoch()) {
                        evidence = Math.max(evidence, walk.parser().durableUpTo());
                    }
                    if (walk.parser().kind() == FrameDescriptor.KIND_DATA) {
                        lastByte = walk.parser().endOffset(); // what lies inside of a whole payload is no frame
                    }
                }
                offset = lastByte;
            }
        }
        return Math.min(lastByte, Math.max(from, segment.first() + segment.size()));
    }
}
