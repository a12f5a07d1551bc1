package dev.tidemark.journal;

import static dev.tidemark.journal.TestJournals.append;
import static dev.tidemark.journal.TestJournals.tiny;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tidemark.journal.TestJournals.Entry;
import dev.tidemark.storage.NoSpaceException;
import dev.tidemark.storage.sim.Fault;
import dev.tidemark.storage.sim.Observer;
import dev.tidemark.storage.sim.Operation;
import dev.tidemark.storage.sim.SimStorage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The first failure is final, nothing is acknowledged after it, and the next open recovers what was durable. */
@Tag("quick")
class JournalFaultTest {
    private static final int STEPS = 40;

    private final JournalConfig config =
            tiny().segmentBytes(16 << 10).maxPayloadBytes(3000).build();

    /** A run of the workload: what it appended, what was acknowledged, and how it ended. */
    private final class Run {
        final SimStorage storage = new SimStorage(21);
        final List<Entry> model = new ArrayList<>();
        Journal journal;
        IOException ended;
        int full;

        Run(Fault fault) throws IOException {
            this(fault, null);
        }

        Run(Fault fault, Observer observer) throws IOException {
            storage.observe(observer);
            journal = TestJournals.create(storage, config);
            if (fault != null) {
                storage.plan(fault);
            }
            for (int i = 0; i < STEPS && ended == null; i++) {
                step(i);
            }
        }

        private void step(int i) {
            try {
                if (i % 3 == 2) {
                    journal.force();
                } else if (i % 20 == 13) {
                    journal.mark();
                } else {
                    model.add(append(journal, 1, i * 137 % 2900));
                }
                if (i % 25 == 24) {
                    journal.releaseBelow(0);
                }
            } catch (JournalFullException e) {
                full++;
            } catch (IOException e) {
                ended = e;
            }
        }
    }

    @Test
    void shouldStopForGoodAtTheFirstFailureOfAnyOperation() throws Exception {
        int operations = operations();
        for (Fault.Effect effect : List.of(Fault.Effect.IO_ERROR, Fault.Effect.SHORT_WRITE)) {
            int failures = 0;
            for (long at = operationsOfCreate(); at < operations; at++) {
                Run run = new Run(Fault.of(effect).at(at));
                if (run.ended != null) {
                    expectFinal(run, effect + " at " + at);
                    failures++;
                } else {
                    expectWhole(run, effect + " at " + at);
                }
            }
            assertThat(failures).as(effect.toString()).isGreaterThan(12);
        }
    }

    /** No byte that was acknowledged depends on a segment that is not begun: what fails there stops nothing. */
    @Test
    void shouldOnlyLowerTheRoomWhateverFailsWhileASegmentIsWrittenAhead() throws Exception {
        List<Long> ahead = operationsAhead();
        assertThat(ahead).hasSizeGreaterThan(15);
        for (Fault.Effect effect : List.of(Fault.Effect.IO_ERROR, Fault.Effect.SHORT_WRITE)) {
            for (long at : ahead) {
                String where = effect + " at " + at;
                Run run = new Run(Fault.of(effect).at(at));
                assertThat(run.ended).as(where).isNull();
                assertThat(run.journal.failure()).as(where).isNull();
                assertThat(run.full).as(where).isLessThanOrEqualTo(1);
                for (int survival = 0; survival < 3; survival++) {
                    SimStorage after = run.storage.afterPowerCut(survival);
                    List<Entry> found = TestJournals.readAll(after, config);
                    assertThat(found).as(where).isEqualTo(run.model.subList(0, found.size()));
                    long durable = run.journal.durableOffset();
                    assertThat(found.size()).as(where).isGreaterThanOrEqualTo((int) run.model.stream()
                            .filter(entry -> entry.end() <= durable)
                            .count());
                }
                expectWhole(run, where);
            }
        }
    }

    private void expectWhole(Run run, String where) throws IOException {
        assertThat(run.journal.failure()).as(where).isNull();
        run.journal.close();
        run.storage.checkUsers();
        assertThat(TestJournals.readAll(run.storage, config)).as(where).isEqualTo(run.model);
    }

    /** The numbers of the operations that write segments ahead: from a draft's creation until its name is synced. */
    private List<Long> operationsAhead() throws IOException {
        List<Long> numbers = new ArrayList<>();
        boolean[] ahead = {false};
        long created = operationsOfCreate();
        new Run(null, (device, number, kind, name) -> {
            ahead[0] |= kind == Operation.CREATE && name.endsWith(SegmentName.DRAFT_SUFFIX);
            if (ahead[0] && number >= created) {
                numbers.add(number);
            }
            ahead[0] &= kind != Operation.SYNC_DIRECTORY;
        });
        return numbers;
    }

    @Test
    void shouldRefuseAndGoOnWhenASegmentIsNeededAndCantBeWritten() throws Exception {
        SimStorage storage = new SimStorage(24);
        List<Entry> model = new ArrayList<>();
        Journal journal = TestJournals.create(storage, config);
        storage.plan(Fault.ioError().in(Operation.PREALLOCATE).always());
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 100; i++) {
                        model.add(append(journal, 1, 1000));
                    }
                })
                .isInstanceOf(JournalFullException.class)
                .hasCause(journal.shortage());
        assertThat(journal.shortage()).isNotNull().isNotInstanceOf(NoSpaceException.class);
        assertThat(journal.failure()).isNull();
        journal.force();
        journal.mark();
        storage.clearPlan();
        journal.retryRoom();
        assertThat(journal.shortage()).isNull();
        model.add(append(journal, 1, 1000));
        journal.close();
        assertThat(TestJournals.readAll(storage, config)).isEqualTo(model);
    }

    @Test
    void shouldTryAgainByItselfWithAHelper() throws Exception {
        SimStorage storage = new SimStorage(25);
        JournalConfig helped = tiny().helperThread(true).build();
        try (Journal journal = TestJournals.create(storage, helped)) {
            journal.retryRoom();
            long plenty = journal.roomBytes();
            AtomicInteger tries = new AtomicInteger();
            storage.observe((device, number, kind, name) -> {
                if (kind == Operation.PREALLOCATE) {
                    tries.incrementAndGet();
                }
            });
            storage.plan(Fault.ioError().in(Operation.PREALLOCATE).nth(1));
            while (journal.appendedOffset() < helped.segmentBytes()) {
                append(journal, 1, 1000); // into the second segment, so that a third one is wanted
            }
            await().until(() -> tries.get() == 2 && journal.shortage() == null);
            assertThat(journal.roomBytes()).isGreaterThan(plenty - helped.segmentBytes());
            assertThat(journal.failure()).isNull();
        }
    }

    @Test
    void shouldStopForGoodWhenAnAppendFindsNoSpaceAndGoOnWhenWritingAheadDoes() throws Exception {
        int operations = operations();
        int stopped = 0;
        int went = 0;
        for (long at = operationsOfCreate(); at < operations; at++) {
            Run run = new Run(Fault.noSpace().at(at));
            if (run.ended != null) {
                expectFinal(run, "no space at " + at);
                stopped++;
            } else {
                assertThat(run.journal.failure()).isNull();
                assertThat(run.full).as("it was the only attempt that failed").isLessThanOrEqualTo(1);
                run.journal.close();
                assertThat(TestJournals.readAll(run.storage, config)).isEqualTo(run.model);
                went++;
            }
        }
        assertThat(stopped).isGreaterThan(15);
        assertThat(went).isGreaterThan(5);
    }

    @Test
    void shouldOnlyLowerTheRoomWhenSegmentsCantBeWrittenAhead() throws Exception {
        SimStorage storage = new SimStorage(22);
        List<Entry> model = new ArrayList<>();
        Journal journal = TestJournals.create(storage, config);
        storage.plan(Fault.noSpace().in(Operation.PREALLOCATE).always());
        long room = journal.roomBytes();
        assertThat(room).isGreaterThan(0);
        int appended = 0;
        while (journal.roomBytes() >= FrameDescriptor.frameBytes(1000)) {
            model.add(append(journal, 1, 1000));
            appended++;
        }
        assertThat(appended).as("what was said to fit did fit").isGreaterThanOrEqualTo((int) (room / 1088));
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 100; i++) {
                        model.add(append(journal, 1, 1000));
                    }
                })
                .isInstanceOf(JournalFullException.class)
                .hasCauseInstanceOf(NoSpaceException.class);
        assertThat(journal.failure()).isNull();
        journal.force();
        journal.mark();
        assertThat(journal.provenOffset())
                .isGreaterThanOrEqualTo(model.get(model.size() - 1).end());
        storage.clearPlan();
        journal.retryRoom();
        assertThat(journal.roomBytes()).isGreaterThan(0);
        model.add(append(journal, 1, 1000));
        journal.close();
        assertThat(TestJournals.readAll(storage, config)).isEqualTo(model);
    }

    @Test
    void shouldFailTheNextOpenCleanlyWhenARecoveryOperationFails() throws Exception {
        Run whole = new Run(null);
        SimStorage dead = whole.storage.afterProcessDeath();
        List<Entry> left = TestJournals.readAll(dead, config);
        assertThat(left).hasSizeGreaterThan(20);
        long operations = recoverAndCount(dead.afterProcessDeath());
        for (Fault.Effect effect : List.of(Fault.Effect.IO_ERROR, Fault.Effect.NO_SPACE)) {
            for (long at = 0; at < operations; at++) {
                SimStorage device = dead.afterProcessDeath();
                device.plan(Fault.of(effect).at(at));
                try (JournalRecovery recovery = Journal.recover(device, config, Known.NOTHING)) {
                    recovery.begin().close();
                } catch (IOException e) {
                    assertThat(device.leaks()).as("after " + e).isEmpty();
                }
                SimStorage next = device.afterProcessDeath();
                assertThat(TestJournals.readAll(next, config)).isEqualTo(left);
                Journal.recover(next, config, Known.NOTHING).begin().close();
            }
        }
    }

    @Test
    void shouldOpenWithATornTailOnAFullDevice() throws Exception {
        JournalConfig roomy = tiny().segmentBytes(32 << 10).build();
        SimStorage storage = new SimStorage(23);
        List<Entry> model = new ArrayList<>();
        Journal journal = TestJournals.create(storage, roomy);
        model.add(append(journal, 1, 500));
        journal.force();
        Entry lost = append(journal, 1, 2500);
        journal.force();
        String segment = "journal/" + SegmentName.of(0);
        storage.flipBit(segment, lost.offset() + 2000, 4);
        SimStorage device = storage.afterProcessDeath();
        device.limitCapacity(2L * roomy.segmentBytes());
        assertThat(device.usableBytes()).isZero();
        try (JournalRecovery recovery = Journal.recover(device, roomy, Known.NOTHING)) {
            assertThat(recovery.row()).isEqualTo(RecoveryRow.TORN_FRAME);
            Journal next = recovery.begin();
            model.add(append(next, 1, 20));
            next.close();
        }
        assertThat(TestJournals.readAll(device, roomy)).isEqualTo(model);
        assertThat(device.list("journal")).anyMatch(name -> name.endsWith(SegmentName.SAVED_SUFFIX));
    }

    @Test
    void shouldNotTakeAReadErrorForDamage() throws Exception {
        Run whole = new Run(null);
        for (int nth = 1; nth < 12; nth++) {
            SimStorage device = whole.storage.afterProcessDeath();
            device.plan(Fault.ioError().in(Operation.READ).nth(nth));
            assertThatThrownBy(() -> Journal.recover(device, config, Known.NOTHING))
                    .isInstanceOf(IOException.class)
                    .isNotInstanceOf(JournalException.class);
        }
    }

    private long recoverAndCount(SimStorage device) throws IOException {
        Journal.recover(device, config, Known.NOTHING).begin().close();
        return device.operations();
    }

    private int operations() throws IOException {
        return (int) new Run(null).storage.operations();
    }

    private long operationsOfCreate() throws IOException {
        SimStorage storage = new SimStorage(21);
        TestJournals.create(storage, config);
        return storage.operations();
    }

    private void expectFinal(Run run, String where) throws IOException {
        Journal journal = run.journal;
        Throwable first = journal.failure();
        assertThat(first).as(where).isNotNull();
        assertThat(run.ended)
                .as(where)
                .isInstanceOf(JournalFailedException.class)
                .hasCause(first);
        long durable = journal.durableOffset();
        long proven = journal.provenOffset();
        long operations = run.storage.operations();
        assertThatThrownBy(() -> append(journal, 1, 10))
                .isInstanceOf(JournalFailedException.class)
                .hasCause(first);
        assertThatThrownBy(journal::force)
                .isInstanceOf(JournalFailedException.class)
                .hasCause(first);
        assertThatThrownBy(journal::mark)
                .isInstanceOf(JournalFailedException.class)
                .hasCause(first);
        assertThatThrownBy(() -> journal.releaseBelow(durable)).isInstanceOf(JournalFailedException.class);
        journal.close();
        assertThat(run.storage.operations()).as(where + ": nothing is written").isEqualTo(operations);
        assertThat(journal.durableOffset()).as(where).isEqualTo(durable);
        assertThat(journal.provenOffset()).as(where).isEqualTo(proven);
        run.storage.checkUsers();
        for (int survival = 0; survival < 2; survival++) {
            SimStorage after = run.storage.afterPowerCut(survival);
            List<Entry> found = TestJournals.readAll(after, config);
            assertThat(found).as(where).isEqualTo(run.model.subList(0, found.size()));
            long acknowledged =
                    run.model.stream().filter(entry -> entry.end() <= durable).count();
            assertThat((long) found.size()).as(where).isGreaterThanOrEqualTo(acknowledged);
            Journal.recover(after, config, Known.NOTHING).begin().close();
            assertThat(TestJournals.readAll(after, config)).isEqualTo(found);
        }
    }
}
