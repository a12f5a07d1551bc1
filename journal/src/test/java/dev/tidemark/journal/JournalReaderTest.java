package dev.tidemark.journal;

import static dev.tidemark.journal.TestJournals.append;
import static dev.tidemark.journal.TestJournals.tiny;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.journal.TestJournals.Entry;
import dev.tidemark.storage.sim.SimStorage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("quick")
class JournalReaderTest {
    private JournalConfig config = tiny().build();
    private final List<Entry> model = new ArrayList<>();
    private final List<Entry> found = new ArrayList<>();
    private final List<Boolean> forced = new ArrayList<>();
    private SimStorage storage = new SimStorage(31);

    private int poll(JournalReader reader) throws IOException {
        return reader.poll(
                frame -> {
                    found.add(Entry.from(frame));
                    forced.add(frame.forced());
                },
                Integer.MAX_VALUE);
    }

    @Test
    void shouldHandOutOnlyWhatIsProvenDurable() throws Exception {
        Journal journal = TestJournals.create(storage, config);
        try (JournalReader reader = JournalReader.follow(storage, config, 0, false)) {
            Random random = new Random(1);
            for (int i = 0; i < 300; i++) {
                switch (random.nextInt(4)) {
                    case 0 -> journal.force();
                    case 1 -> {
                        journal.mark();
                        poll(reader);
                        assertThat(found).isEqualTo(model);
                    }
                    default -> model.add(append(journal, 1, random.nextInt(2000)));
                }
                poll(reader);
                assertThat(reader.state()).isEqualTo(JournalReader.State.END_FOR_NOW);
                assertThat(found).isEqualTo(model.subList(0, found.size()));
                assertThat(reader.evidence()).isLessThanOrEqualTo(journal.durableOffset());
                assertThat(found).allSatisfy(entry -> assertThat(entry.end()).isLessThanOrEqualTo(reader.evidence()));
            }
            assertThat(forced).doesNotContain(false);
        }
        journal.close();
    }

    @Test
    void shouldLabelWhatIsNotProvenYet() throws Exception {
        Journal journal = TestJournals.create(storage, config);
        try (JournalReader reader = JournalReader.follow(storage, config, 0, true)) {
            model.add(append(journal, 1, 100));
            journal.force();
            assertThat(poll(reader)).isEqualTo(1);
            assertThat(forced).containsExactly(false);
            model.add(append(journal, 1, 100));
            journal.mark();
            model.add(append(journal, 1, 100));
            journal.force();
            poll(reader);
            assertThat(found).isEqualTo(model);
            assertThat(forced).containsExactly(false, true, false);
        }
        journal.close();
    }

    @Test
    void shouldSayWhenUnforcedFramesWereCutAndGoBack() throws Exception {
        config = tiny().segmentBytes(64 << 10).build();
        Journal journal = TestJournals.create(storage, config);
        model.add(append(journal, 1, 100));
        journal.mark();
        append(journal, 1, 700);
        append(journal, 1, 700);
        journal.force();
        try (JournalReader reader = JournalReader.follow(storage, config, 0, true)) {
            assertThat(poll(reader)).isEqualTo(3);
            // The machine lost the last batch, which no marker covers, and the writer has come back.
            long cut = model.get(0).end();
            String segment = storage.list("journal").get(0);
            long from = FrameDescriptor.alignBlock(cut) + 4096;
            storage.damage("journal/" + segment, from, new byte[(int) (journal.appendedOffset() - from)]);
            Journal second = Journal.recover(storage, config, Known.NOTHING).begin();
            model.add(append(second, 1, 300));
            second.mark();
            found.clear();
            poll(reader);
            assertThat(reader.state()).isEqualTo(JournalReader.State.CUT);
            poll(reader);
            assertThat(found).isEqualTo(model.subList(1, 2));
            assertThat(reader.state()).isEqualTo(JournalReader.State.END_FOR_NOW);
        }
    }

    @Test
    void shouldSayWhenItsSegmentsWereReleased() throws Exception {
        Journal journal = TestJournals.create(storage, config);
        try (JournalReader reader = JournalReader.follow(storage, config, 0, false)) {
            for (int i = 0; i < 30; i++) {
                model.add(append(journal, 1, 1500));
            }
            journal.mark();
            journal.releaseBelow(journal.durableOffset());
            poll(reader);
            assertThat(reader.state()).isEqualTo(JournalReader.State.GONE);
            assertThat(found).isEqualTo(model.subList(0, found.size()));
        }
        Known oldest = JournalRecovery.oldest(storage, config);
        assertThat(oldest.floorOffset()).isEqualTo(journal.firstOffset());
        journal.close();
    }

    @Test
    void shouldReportDamageBelowTheEvidence() throws Exception {
        Journal journal = TestJournals.create(storage, config);
        for (int i = 0; i < 12; i++) {
            model.add(append(journal, 1, 1500));
            journal.force();
        }
        String first = "journal/" + storage.list("journal").get(0);
        storage.flipBit(first, model.get(0).offset() + 80, 2);
        for (boolean unforcedToo : List.of(false, true)) {
            try (JournalReader reader = JournalReader.follow(storage, config, 0, unforcedToo)) {
                assertThatThrownBy(() -> poll(reader))
                        .isInstanceOf(JournalCorruptException.class)
                        .hasMessageContaining(first)
                        .hasMessageContaining("offset " + model.get(0).offset());
            }
        }
        try (JournalReader reader =
                JournalReader.follow(storage, config, model.get(1).offset(), true)) {
            assertThat(poll(reader)).as("what is whole behind it").isEqualTo(11);
        }
        storage.flipBit("journal/" + segmentOf(11), model.get(11).offset() % config.segmentBytes() + 80, 2);
        found.clear();
        try (JournalReader reader =
                JournalReader.follow(storage, config, model.get(1).offset(), true)) {
            assertThat(poll(reader)).as("the tail").isEqualTo(10);
            assertThat(reader.state()).isEqualTo(JournalReader.State.END_FOR_NOW);
        }
    }

    private String segmentOf(int index) {
        return SegmentName.of(model.get(index).offset() / config.segmentBytes() * config.segmentBytes());
    }
}
