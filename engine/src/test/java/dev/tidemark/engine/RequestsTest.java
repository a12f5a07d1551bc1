package dev.tidemark.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.engine.history.Setup;
import dev.tidemark.engine.message.Command;
import dev.tidemark.engine.message.Message;
import dev.tidemark.engine.message.Options;
import dev.tidemark.storage.sim.Fault;
import dev.tidemark.storage.sim.Operation;
import dev.tidemark.storage.sim.SimStorage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Requests that fail, or whose callers do, on a stepped store: what is answered, when, and how often. */
@Tag("quick")
class RequestsTest {
    private static final int BLOCK = 4096;

    private final SimStorage device = new SimStorage(1);
    private final Setup setup = Setup.small(1);
    private Store store;
    private Volume disk;

    @BeforeEach
    void open() throws Exception {
        Store.init(setup.on(device));
        store = Store.open(setup.on(device));
        store.send("create disk size=512K");
        disk = store.volume("disk");
    }

    @AfterEach
    void close() {
        assertThat(store.failure()).isNull();
        assertThat(Hooks.check(store)).isEmpty();
        store.close();
    }

    private static ByteBuffer filled(int length, int value) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return ByteBuffer.wrap(bytes);
    }

    /**
     * The submitter's reading ahead failed the write, though the one before it in the queue replaces what is broken.
     */
    @Test
    void shouldReadTheBaseOfAPartialWriteAtItsTurn() {
        disk.write(0, filled(BLOCK, 1));
        CompletableFuture<Void> whole = disk.writeAsync(0, filled(BLOCK, 2)).toCompletableFuture();
        device.plan(Fault.ioError().in(Operation.READ).always());
        CompletableFuture<Void> part = disk.writeAsync(10, filled(10, 3)).toCompletableFuture();
        assertThat(part).isNotDone();
        device.clearPlan();
        store.step(10);
        assertThat(whole).isCompleted();
        assertThat(part).isCompleted();
        ByteBuffer found = ByteBuffer.allocate(BLOCK);
        disk.read(0, found);
        ByteBuffer expected = filled(BLOCK, 2).put(10, filled(10, 3), 0, 10);
        assertThat(found.flip()).isEqualTo(expected);
    }

    /** An Error got into PLACE, which answered the whole run again. */
    @Test
    void shouldTellEveryCallerOnceWhateverACompletionThrows() {
        List<Long> told = new ArrayList<>();
        Volume.Completion completion = (cookie, failure) -> {
            told.add(failure == null ? cookie : -cookie);
            if (cookie == 2) {
                throw new AssertionError("a caller's own failure");
            } else if (cookie % 2 == 0) {
                throw new IllegalStateException("another");
            }
        };
        for (int i = 1; i <= 5; i++) {
            Volume.WriteBuffer data = disk.claim(BLOCK);
            disk.submitWrite((long) i * BLOCK, data, false, completion, i);
        }
        disk.submitFlush(completion, 6);
        disk.submitFlush(completion, 7);
        store.step(10);
        assertThat(told).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L);
    }

    /** It could not be encoded, and the store stopped. */
    @Test
    void shouldRefuseAMessageThatIsTooLargeForAnEvent() {
        List<Command> commands = new ArrayList<>();
        Options options = Options.request("large");
        for (int i = 0; i < 4000; i++) {
            commands.add(new Command.CreateOrigin("v" + i, 512, false, i == 0 ? options : Options.NONE));
        }
        String reply = store.send(new Message(commands), "test").toString();
        assertThat(reply).startsWith("error code=bad-message").contains("4000 commands in several messages");
        assertThat(store.volumes()).hasSize(1);
        assertThat(store.send("create other size=1K request=large")).startsWith("ok");
    }

    /**
     * While a force takes long, writes are answered up to a second; those that come later wait for theirs (G2). For a
     * force that a flush began at once nobody had looked at the clock, and a store on a disk that hung for long went on
     * answering.
     */
    @Test
    void shouldHoldWritesBackWhileAForceTakesLong() {
        CompletableFuture<Void> flush = new CompletableFuture<>();
        List<CompletableFuture<Void>> during = new ArrayList<>();
        List<Boolean> answered = new ArrayList<>();
        disk.writeAsync(0, filled(BLOCK, 1));
        disk.submitFlush((cookie, failure) -> flush.complete(null), 0);
        device.observe((storage, number, kind, name) -> {
            if (kind == Operation.FORCE && during.isEmpty()) {
                during.add(disk.writeAsync(BLOCK, filled(BLOCK, 2)).toCompletableFuture());
                store.stepPlace(1); // PLACE goes on while JOURNAL forces
                answered.add(during.get(0).isDone());
                setup.pass(1500);
                during.add(disk.writeAsync(2 * BLOCK, filled(BLOCK, 3)).toCompletableFuture());
                store.stepPlace(1);
                answered.add(during.get(1).isDone());
            }
        });
        store.step(2);
        device.observe(null);
        assertThat(flush).isDone();
        assertThat(answered).containsExactly(true, false);
        store.step(1);
        assertThat(during.get(1)).isCompleted();
        assertThat(store.status().durableSeq()).isEqualTo(store.status().appliedSeq());
    }

    /** They needed as much room in the journal as writes do, and so they did not work where they were needed most. */
    @Test
    void shouldDiscardAndDeleteWhereTheJournalHasNoRoomForWrites() throws Exception {
        device.limitCapacity(1L << 30);
        device.limitCapacity((1L << 30) - device.usableBytes());
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 1000; i++) {
                        disk.writeZeroes(0, BLOCK); // takes room in the journal alone
                        disk.flush();
                    }
                })
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("no room for the journal");
        disk.discard(0, BLOCK);
        assertThat(store.send("delete disk")).startsWith("ok");
    }
}
