package dev.tidemark.journal;

import static dev.tidemark.journal.TestJournals.append;
import static dev.tidemark.journal.TestJournals.tiny;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.journal.TestJournals.Entry;
import dev.tidemark.storage.sim.SimStorage;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("quick")
class JournalRetentionTest {
    private static final int SEGMENT_BYTES = 20 << 10;

    private final SimStorage storage = new SimStorage(61);
    private final AtomicLong nowMillis = new AtomicLong(1_000_000);
    private final List<Entry> model = new ArrayList<>();

    private JournalConfig config(RetentionPolicy policy) {
        return tiny().retention(policy)
                .clock(() -> Instant.ofEpochMilli(nowMillis.get()))
                .build();
    }

    private Journal fill(JournalConfig config) throws IOException {
        Journal journal = TestJournals.create(storage, config);
        for (int i = 0; i < 40; i++) {
            model.add(append(journal, 1, 1000));
            nowMillis.addAndGet(1000);
        }
        journal.force();
        return journal;
    }

    @Test
    void shouldReleaseAtOnceAndNeverTheSegmentInWork() throws Exception {
        JournalConfig config = config(RetentionPolicy.NONE);
        Journal journal = fill(config);
        Entry needed = model.get(20);
        journal.releaseBelow(needed.offset());
        assertThat(journal.firstOffset()).isEqualTo(needed.offset() / SEGMENT_BYTES * SEGMENT_BYTES);
        journal.releaseBelow(Long.MAX_VALUE);
        assertThat(journal.sizeBytes()).isEqualTo(SEGMENT_BYTES);
        long floor = journal.durableOffset();
        journal.close();
        Known known = Known.checkpoint(floor, 40, 1, TestJournals.STORE);
        try (JournalRecovery recovery = Journal.recover(storage, config, known)) {
            assertThat(recovery.verdict()).isEqualTo(Verdict.CLEAN);
            assertThat(TestJournals.replay(recovery)).isEmpty();
            assertThat(recovery.lastSeq()).isEqualTo(40);
        }
    }

    private Journal reopen(JournalConfig config) throws IOException {
        try (JournalRecovery recovery = Journal.recover(storage, config, Known.NOTHING)) {
            return recovery.begin();
        }
    }

    @Test
    void shouldGoOnAboveTheEpochOfTheFloorAndTakeNothingOfALowerOneBehindIt() throws Exception {
        JournalConfig config = config(RetentionPolicy.ALL);
        fill(config).close();
        // Two more opens; nothing but their own markers is appended.
        for (int i = 0; i < 2; i++) {
            reopen(config).close();
        }
        Journal journal = reopen(config);
        int epoch = journal.epoch();
        long floor = journal.durableOffset();
        journal.abandon(new IllegalStateException("a crash right after the checkpoint"));
        Known known = Known.checkpoint(floor, 40, epoch, TestJournals.STORE);
        try (JournalRecovery recovery = Journal.recover(storage, config, known);
                Journal next = recovery.begin()) {
            assertThat(next.epoch()).isEqualTo(epoch + 1);
            append(next, 1, 100);
            next.force();
        }
        // Who begins at the first event finds all of it, as epochs never decrease.
        try (JournalRecovery recovery = Journal.recover(storage, config, JournalRecovery.oldest(storage, config))) {
            assertThat(recovery.verdict()).isEqualTo(Verdict.CLEAN);
            assertThat(recovery.lastSeq()).isEqualTo(41);
        }
    }

    @Test
    void shouldKeepSoManyBytesOfHistory() throws Exception {
        Journal journal = fill(config(RetentionPolicy.ofBytes(3 * SEGMENT_BYTES)));
        journal.releaseBelow(journal.durableOffset());
        assertThat(journal.sizeBytes()).isEqualTo(3 * SEGMENT_BYTES);
        journal.close();
    }

    @Test
    void shouldKeepHistoryOfThatAge() throws Exception {
        Journal journal = fill(config(RetentionPolicy.ofAge(Duration.ofSeconds(15))));
        journal.releaseBelow(journal.durableOffset());
        long kept = journal.firstOffset();
        Entry oldest = model.stream()
                .filter(entry -> entry.offset() >= kept)
                .findFirst()
                .orElseThrow();
        assertThat(oldest.firstSeq()).isBetween(10L, 26L);
        nowMillis.addAndGet(100_000);
        journal.releaseBelow(journal.durableOffset());
        assertThat(journal.sizeBytes()).isEqualTo(SEGMENT_BYTES);
        journal.close();
    }

    @Test
    void shouldKeepAllAndReadAllFromTheBeginning() throws Exception {
        JournalConfig config = config(RetentionPolicy.ALL);
        Journal journal = fill(config);
        nowMillis.addAndGet(1L << 40);
        journal.releaseBelow(journal.durableOffset());
        journal.close();
        assertThat(TestJournals.readAll(storage, config)).isEqualTo(model);
    }

    @Test
    void shouldIgnoreWhateverLiesBelowTheFloor() throws Exception {
        JournalConfig config = config(RetentionPolicy.ALL);
        Journal journal = fill(config);
        journal.close();
        Entry floor = model.get(19);
        Known known = new Known(floor.offset(), floor.firstSeq() - 1, 0, TestJournals.STORE);
        long first = floor.offset() / SEGMENT_BYTES * SEGMENT_BYTES;
        storage.flipBit("journal/" + SegmentName.of(0), 10, 1);
        storage.delete("journal/" + SegmentName.of(SEGMENT_BYTES));
        storage.flipBit("journal/" + SegmentName.of(first), model.get(18).offset() - first + 70, 1);
        assertThat(model.get(18).offset()).as("in the same segment").isGreaterThan(first);
        try (JournalRecovery recovery = Journal.recover(storage, config, known)) {
            assertThat(TestJournals.replay(recovery)).isEqualTo(model.subList(19, 40));
            Journal next = recovery.begin();
            assertThat(next.firstOffset()).as("where the gap ends").isEqualTo(2 * SEGMENT_BYTES);
            next.releaseBelow(floor.offset());
            next.close();
        }
    }

    @Test
    void shouldFindTheFloorMissing() throws Exception {
        JournalConfig config = config(RetentionPolicy.NONE);
        Journal journal = fill(config);
        journal.releaseBelow(model.get(30).offset());
        journal.close();
        Known known = new Known(model.get(5).offset(), model.get(5).firstSeq() - 1, 0, null);
        try (JournalRecovery recovery = JournalRecovery.examine(storage, config, known)) {
            assertThat(recovery.row()).isEqualTo(RecoveryRow.NO_BEGINNING);
        }
        Known oldest = JournalRecovery.oldest(storage, config);
        try (JournalRecovery recovery = Journal.recover(storage, config, oldest)) {
            List<Entry> kept = TestJournals.replay(recovery);
            assertThat(kept).isEqualTo(model.subList(40 - kept.size(), 40)).hasSizeBetween(10, 20);
        }
    }
}
