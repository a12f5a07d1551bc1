package dev.tidemark.journal;

import static dev.tidemark.journal.TestJournals.append;
import static dev.tidemark.journal.TestJournals.replay;
import static dev.tidemark.journal.TestJournals.tiny;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.journal.TestJournals.Entry;
import dev.tidemark.storage.Storage;
import dev.tidemark.storage.StorageFile;
import dev.tidemark.storage.sim.SimStorage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/**
 * Damage below the evidence is always found and named, never cut and never handed out; damage elsewhere changes
 * nothing.
 */
class JournalDamageTest {
    private final SimStorage storage = new SimStorage(3);
    private final List<Entry> model = new ArrayList<>();
    private JournalConfig config =
            tiny().segmentBytes(16 << 10).maxPayloadBytes(3000).build();

    /** Where each part of the journal begins that a checksum covers, and where what it covers ends. */
    private final TreeMap<Long, Long> covered = new TreeMap<>();

    private long evidence;

    @Test
    void shouldFindEverySingleFlippedBitBelowTheEvidence() throws Exception {
        fill(11, 700);
        map();
        int corrupt = 0;
        int harmless = 0;
        for (String segment : segments()) {
            long first = first(segment);
            for (int at = 0; at < config.segmentBytes(); at++) {
                int bit = at * 5 % 8;
                storage.flipBit(segment, at, bit);
                if (check(first + at, segment)) {
                    corrupt++;
                } else {
                    harmless++;
                }
                storage.flipBit(segment, at, bit);
            }
        }
        System.out.printf("journal damage test: %,d flips found, %,d harmless%n", corrupt, harmless);
        assertThat(corrupt).isGreaterThan(20_000);
        assertThat(harmless).isGreaterThan(10_000);
        assertThat(TestJournals.readAll(storage, config)).isEqualTo(model);
    }

    @Test
    void shouldFindEverySectorThatWasZeroedBelowTheEvidence() throws Exception {
        fill(24, 900);
        map();
        for (String segment : segments()) {
            for (int at = 0; at < config.segmentBytes(); at += 512) {
                byte[] before = read(segment, at, 512);
                storage.zeroSector(segment, at);
                long place = firstChange(segment, at, before);
                if (place >= 0) {
                    check(place, segment);
                }
                storage.damage(segment, at, before);
            }
        }
        assertThat(TestJournals.readAll(storage, config)).isEqualTo(model);
    }

    @Test
    void shouldFindSampledDamageInALargeJournal() throws Exception {
        config = JournalConfig.builder()
                .segmentBytes(1 << 20)
                .stagingBytes(256 << 10)
                .maxPayloadBytes(128 << 10)
                .helperThread(false)
                .salts(() -> TestJournals.SALT)
                .build();
        fill(200, 60_000);
        map();
        Random random = new Random(11);
        List<String> segments = segments();
        int found = 0;
        for (int i = 0; i < 200; i++) {
            String segment = segments.get(random.nextInt(segments.size()));
            int at = random.nextInt(config.segmentBytes());
            int bit = random.nextInt(8);
            storage.flipBit(segment, at, bit);
            found += check(first(segment) + at, segment) ? 1 : 0;
            storage.flipBit(segment, at, bit);
        }
        assertThat(found).isGreaterThan(100);
    }

    @Test
    void shouldFindMissingRepeatedSwappedAndForeignSegments() throws Exception {
        fill(40, 900);
        List<String> used = used();
        byte[] foreign = foreignSegment();
        for (int i = 0; i < used.size(); i++) {
            boolean behind = i < used.size() - 1;
            byte[] own = bytesOf(used.get(i));
            byte[] next = bytesOf(used.get((i + 1) % used.size()));
            storage.damage(used.get(i), 0, next);
            expectCorrupt("repeated " + i, used.get(i));
            storage.damage(used.get((i + 1) % used.size()), 0, own);
            expectCorrupt("swapped " + i, null);
            storage.damage(used.get((i + 1) % used.size()), 0, next);
            storage.damage(used.get(i), 0, foreign);
            expectCorrupt("foreign " + i, i == 0 ? null : used.get(i));
            storage.damage(used.get(i), 0, own);
            if (behind) {
                storage.delete(used.get(i));
                expectCorrupt("missing " + i, used.get(i));
                try (StorageFile file = storage.open(used.get(i), Storage.Mode.CREATE_NEW)) {
                    file.write(0, ByteBuffer.wrap(own));
                }
            }
        }
        assertThat(TestJournals.readAll(storage, config)).isEqualTo(model);
    }

    @Test
    void shouldFindACutAtAFrameBoundary() throws Exception {
        fill(40, 900);
        map();
        for (String segment : used()) {
            long first = first(segment);
            byte[] whole = bytesOf(segment);
            for (long start : List.copyOf(
                    covered.subMap(first, first + config.segmentBytes()).keySet())) {
                if (start >= evidence) {
                    continue;
                }
                try (StorageFile file = storage.open(segment, Storage.Mode.WRITE)) {
                    file.truncate(start - first);
                    file.force();
                }
                // The last frames are the only witnesses of their own durability, so here the caller is the witness.
                Known known = new Known(0, 0, evidence, null);
                JournalRecovery recovery = JournalRecovery.examine(storage, config, known);
                assertThat(recovery.verdict()).as("cut at " + start).isEqualTo(Verdict.CORRUPT);
                assertThat(recovery.place()).isEqualTo(segment);
                storage.damage(segment, 0, whole);
            }
        }
    }

    @Test
    void shouldNeverTakeACopyOfItsOwnBytesForFrames() throws Exception {
        config = tiny().segmentBytes(64 << 10).build();
        List<Entry> durable = new ArrayList<>();
        Journal journal = TestJournals.create(storage, config);
        for (int i = 0; i < 3; i++) {
            durable.add(append(journal, 1, 300));
        }
        journal.force();
        String segment = segments().get(0);
        byte[] copy = read(segment, 8192, 4096);
        long carrier = append(journal, 1, copy).offset();
        journal.force();
        // The carrier's header is lost in a crash; the copy of whole frames inside it is not.
        storage.damage(segment, carrier, new byte[64]);
        try (JournalRecovery recovery = Journal.recover(storage, config, Known.NOTHING)) {
            assertThat(recovery.verdict()).isEqualTo(Verdict.TORN);
            assertThat(recovery.endOffset()).isEqualTo(carrier);
            assertThat(replay(recovery)).isEqualTo(durable);
        }
    }

    @Test
    void shouldNotTakeFramesOfACutHistoryForEvidenceEvenAtTheirOwnOffset() throws Exception {
        config = tiny().segmentBytes(64 << 10).build();
        Journal first = TestJournals.create(storage, config);
        append(first, 1, 300);
        first.force();
        append(first, 1, 300);
        first.force(); // this frame says that the one before was durable
        byte[] old = read(segments().get(0), 12288, 384);
        // The second history is told anew: a caller's payload brings back the bytes of the first, where they once were.
        storage.damage(segments().get(0), 12288, new byte[384]);
        List<Entry> kept = new ArrayList<>();
        Journal second = Journal.recover(storage, config, Known.NOTHING).begin();
        kept.addAll(TestJournals.readAll(storage, config));
        assertThat(second.appendedOffset()).isEqualTo(16384);
        assertThat(second.epoch()).isEqualTo(2);
        second.close();
        storage.damage(segments().get(0), 16384 + 64, old);
        assertThat(TestJournals.readAll(storage, config)).isEqualTo(kept);
    }

    @Test
    void shouldSeeASingleByteWhereverItLiesBehindTheEnd() throws Exception {
        config = tiny().segmentBytes(64 << 10).build();
        Journal journal = TestJournals.create(storage, config);
        append(journal, 1, 300);
        journal.force();
        String segment = segments().get(0);
        JournalRecovery before = JournalRecovery.examine(storage, config, Known.NOTHING);
        assertThat(before.tornBytes()).isZero();
        int seen = 0;
        for (long at = before.endOffset(); at < config.segmentBytes(); at += 61) {
            storage.damage(segment, at, new byte[] {1});
            JournalRecovery after = JournalRecovery.examine(storage, config, Known.NOTHING);
            assertThat(after.verdict()).as("byte " + at).isEqualTo(Verdict.TORN);
            assertThat(after.endOffset() + after.tornBytes())
                    .as("byte " + at)
                    .isEqualTo(FrameDescriptor.align((int) at + 1));
            storage.damage(segment, at, new byte[1]);
            seen++;
        }
        assertThat(seen).isGreaterThan(800);
    }

    @Test
    void shouldNotGoOnWithAFrameOfALowerEpochThoughItIsNextInAllElse() throws Exception {
        config = tiny().segmentBytes(64 << 10).build();
        TestJournals.create(storage, config).close();
        Journal.recover(storage, config, Known.NOTHING).begin().close();
        for (int epoch : List.of(2, 1)) {
            JournalRecovery before = JournalRecovery.examine(storage, config, Known.NOTHING);
            long end = before.endOffset();
            Staging staging = new Staging(16 << 10, TestJournals.SALT, epoch);
            staging.restart(end);
            long seq = before.lastSeq() + 1;
            staging.putFrame(FrameDescriptor.KIND_DATA, 1, seq, 1, before.evidence(), 0, 0);
            byte[] stale = new byte[64];
            staging.buffer().getBytes(0, stale);
            storage.damage(segments().get(0), end, stale);
            JournalRecovery after = JournalRecovery.examine(storage, config, Known.NOTHING);
            assertThat(after.endOffset()).as("epoch " + epoch).isEqualTo(epoch == 2 ? end + 64 : end);
            assertThat(after.row()).isEqualTo(epoch == 2 ? RecoveryRow.CLEAN_END : RecoveryRow.TORN_FRAME);
        }
    }

    private void fill(int frames, int length) throws IOException {
        Random random = new Random(5);
        try (Journal journal = TestJournals.create(storage, config)) {
            for (int i = 0; i < frames; i++) {
                model.add(append(journal, 1, random.nextInt(length * 2)));
                if (i % 4 == 1) {
                    journal.force();
                }
            }
        }
    }

    /** Notes what the checksums cover, from what a replay of all kinds of frames shows. */
    private void map() throws IOException {
        try (JournalRecovery recovery = Journal.recover(storage, config, Known.NOTHING)) {
            evidence = recovery.evidence();
            recovery.replayAll(
                    0,
                    frame -> covered.put(
                            frame.offset(), frame.offset() + FrameDescriptor.HEADER_BYTES + frame.payloadLength()));
        }
        for (String segment : used()) {
            covered.put(first(segment), first(segment) + SegmentDescriptor.HEADER_BYTES);
        }
    }

    /** Checks the verdict on a journal that is damaged at one place; whether it is corrupt. */
    private boolean check(long place, String segment) throws IOException {
        var part = covered.floorEntry(place);
        boolean matters = part != null && place < part.getValue() && part.getKey() < evidence;
        try (JournalRecovery recovery = JournalRecovery.examine(storage, config, Known.NOTHING)) {
            if (matters) {
                assertThat(recovery.verdict()).as("at " + place).isEqualTo(Verdict.CORRUPT);
                assertThat(recovery.endOffset()).isEqualTo(part.getKey());
                assertThat(recovery.place()).isEqualTo(segment);
            } else {
                assertThat(recovery.verdict()).as("at " + place).isIn(Verdict.CLEAN, Verdict.TORN);
                if (place % 16 == 0) {
                    assertThat(replay(recovery)).isEqualTo(model);
                } else {
                    assertThat(recovery.lastSeq())
                            .isEqualTo(model.get(model.size() - 1).firstSeq());
                }
            }
        }
        return matters;
    }

    /** The first byte of a zeroed sector that changed and is covered, else any that changed, else -1. */
    private long firstChange(String segment, int at, byte[] before) {
        long any = -1;
        for (int i = 0; i < before.length; i++) {
            if (before[i] != 0) {
                long place = first(segment) + at + i;
                any = place;
                var part = covered.floorEntry(place);
                if (part != null && place < part.getValue()) {
                    return place;
                }
            }
        }
        return any;
    }

    private void expectCorrupt(String what, String segment) throws IOException {
        try (JournalRecovery recovery = JournalRecovery.examine(storage, config, Known.NOTHING)) {
            assertThat(recovery.verdict()).as(what).isEqualTo(Verdict.CORRUPT);
            if (segment != null) {
                assertThat(recovery.place()).as(what).isEqualTo(segment);
            }
        }
    }

    private byte[] foreignSegment() throws IOException {
        SimStorage other = new SimStorage(4);
        try (Journal journal = Journal.create(other, config, new UUID(9, 9), new byte[0])) {
            append(journal, 1, 900);
        }
        ByteBuffer bytes = ByteBuffer.allocate(config.segmentBytes());
        try (StorageFile file = other.open(segments().get(0), Storage.Mode.READ)) {
            file.read(0, bytes);
        }
        return bytes.array();
    }

    private List<String> segments() throws IOException {
        return storage.list("journal").stream()
                .filter(SegmentName::isSegment)
                .map(name -> "journal/" + name)
                .toList();
    }

    private List<String> used() throws IOException {
        List<String> all = segments();
        return all.subList(0, all.size() - config.preparedSegments());
    }

    private static long first(String segment) {
        return SegmentName.firstOffset(segment.substring("journal/".length()));
    }

    private byte[] bytesOf(String segment) throws IOException {
        return read(segment, 0, config.segmentBytes());
    }

    private byte[] read(String name, long offset, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        try (StorageFile file = storage.open(name, Storage.Mode.READ)) {
            file.read(offset, bytes);
        }
        return bytes.array();
    }
}
