package dev.tidemark.journal;

import static dev.tidemark.journal.TestJournals.append;
import static dev.tidemark.journal.TestJournals.readAll;
import static dev.tidemark.journal.TestJournals.replay;
import static dev.tidemark.journal.TestJournals.tiny;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.journal.TestJournals.Entry;
import dev.tidemark.storage.sim.SimStorage;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("quick")
class JournalTest {
    private final SimStorage storage = new SimStorage(1);
    private final JournalConfig config = tiny().build();

    @AfterEach
    void checkUsers() {
        storage.checkUsers();
    }

    @Test
    void shouldReplayExactlyWhatWasAppendedOverManySegments() throws Exception {
        storage.refuseUnwrittenReads();
        List<Entry> model = new ArrayList<>();
        try (Journal journal = TestJournals.create(storage, config)) {
            for (int i = 0; i < 200; i++) {
                model.add(append(journal, i % 4, i * 31 % 3000));
                if (i % 5 == 0) {
                    journal.force();
                    assertThat(journal.durableOffset()).isEqualTo(journal.appendedOffset());
                    assertThat(journal.durableOffset() % 4096).isZero();
                }
            }
        }
        assertThat(readAll(storage, config)).isEqualTo(model);
        assertThat(storage.list("journal").size()).isGreaterThan(10);
    }

    @Test
    void shouldGoOnUnderAHigherEpochAfterEachOpen() throws Exception {
        List<Entry> model = new ArrayList<>();
        TestJournals.create(storage, config).close();
        for (int epoch = 2; epoch < 30; epoch++) {
            try (JournalRecovery recovery = Journal.recover(storage, config, Known.NOTHING)) {
                assertThat(recovery.verdict()).isEqualTo(Verdict.CLEAN);
                assertThat(replay(recovery)).isEqualTo(model);
                assertThat(recovery.callerHeader()).isEqualTo(TestJournals.CALLER);
                assertThat(recovery.store()).isEqualTo(TestJournals.STORE);
                try (Journal journal = recovery.begin()) {
                    assertThat(journal.epoch()).isEqualTo(epoch);
                    model.add(append(journal, 1, 900));
                    model.add(append(journal, 2, 90));
                }
            }
        }
        assertThat(readAll(storage, config)).isEqualTo(model);
    }

    @Test
    void shouldSayWhatIsDurableAndWhatIsProven() throws Exception {
        try (Journal journal = TestJournals.create(storage, config)) {
            long start = journal.durableOffset();
            Entry first = append(journal, 1, 100);
            assertThat(journal.appendedOffset()).isEqualTo(first.end());
            assertThat(journal.durableOffset()).isEqualTo(start);
            journal.force();
            assertThat(journal.durableOffset()).isGreaterThanOrEqualTo(first.end());
            assertThat(journal.durableSeq()).isEqualTo(1);
            assertThat(journal.provenOffset()).isLessThanOrEqualTo(first.offset());
            journal.mark();
            assertThat(journal.provenOffset()).isGreaterThanOrEqualTo(first.end());
            long proven = journal.provenOffset();
            long operations = storage.operations();
            journal.mark();
            journal.force();
            assertThat(journal.provenOffset()).isEqualTo(proven);
            assertThat(storage.operations()).as("nothing to do").isEqualTo(operations);
        }
    }

    @Test
    void shouldGatherAPayloadFromPieces() throws Exception {
        try (Journal journal = TestJournals.create(storage, config)) {
            UnsafeBuffer piece = new UnsafeBuffer(new byte[] {1, 2, 3, 4});
            FrameClaim claim = journal.claim(5, 1, 2, 0, 100);
            claim.put(piece, 1, 2).put(piece, 0, 4);
            long end = claim.commit();
            assertThat(end).isEqualTo(journal.appendedOffset());
            journal.claim(5, 3, 1, 0, 50).abort();
            assertThatThrownBy(() -> journal.append(1, 4, 1, 0, piece, 0, 4))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("the next one is 3");
        }
        assertThat(readAll(storage, config))
                .singleElement()
                .satisfies(entry -> assertThat(entry.payload())
                        .containsExactly((byte) 2, (byte) 3, (byte) 1, (byte) 2, (byte) 3, (byte) 4));
    }

    @Test
    void shouldReplayFromAnOffsetAndFromASeq() throws Exception {
        List<Entry> model = new ArrayList<>();
        try (Journal journal = TestJournals.create(storage, config)) {
            for (int i = 0; i < 60; i++) {
                model.add(append(journal, 3, 700));
            }
        }
        try (JournalRecovery recovery = Journal.recover(storage, config, Known.NOTHING)) {
            for (int i = 0; i < model.size(); i++) {
                List<Entry> found = new ArrayList<>();
                recovery.replay(model.get(i).offset(), frame -> found.add(Entry.from(frame)));
                assertThat(found).isEqualTo(model.subList(i, model.size()));
                found.clear();
                recovery.replayFromSeq(model.get(i).firstSeq() + 2, frame -> found.add(Entry.from(frame)));
                assertThat(found).isEqualTo(model.subList(i, model.size()));
            }
            assertThatThrownBy(() -> recovery.replay(model.get(3).offset() + 64, frame -> {}))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
