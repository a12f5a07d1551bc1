package dev.tidemark.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.engine.history.Setup;
import dev.tidemark.engine.message.Message;
import dev.tidemark.engine.message.MessageParser;
import dev.tidemark.storage.sim.SimStorage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** How fast a job goes on beside requests, and without; time stands still unless the test lets it pass. */
@Tag("quick")
class JobPaceTest {
    private static final int MIB = 1 << 20;
    private static final int MIBS = 48;
    /** A leaf's blocks: the least step. */
    private static final long SMALL_STEP = MIB;

    private static final Pattern DONE = Pattern.compile(" done_bytes=(\\d+)");

    private final Setup setup = Setup.small(1).capacity(4L * MIBS * MIB).withRareCheckpoints();
    private final List<Object> requests = new ArrayList<>();
    private Store store;
    private Volume disk;

    @BeforeEach
    void open() throws Exception {
        SimStorage device = new SimStorage(1);
        Store.init(setup.on(device));
        store = Store.open(setup.on(device));
        store.send("create disk size=" + MIBS + "M");
        store.send("create old size=" + MIBS + "M");
        disk = store.volume("disk");
        ByteBuffer bytes = ByteBuffer.allocate(MIB);
        for (int i = 0; i < MIBS; i++) {
            store.volume("old").write((long) i * MIB, bytes.clear());
        }
        store.send("flush");
    }

    @AfterEach
    void close() {
        store.close();
    }

    private CompletableFuture<?> send(String text) throws Exception {
        return store.sendAsync((Message) MessageParser.parse(text), "test").toCompletableFuture();
    }

    private void delete() throws Exception {
        requests.add(send("delete old"));
        store.step(1);
    }

    private void writeSomething() {
        requests.add(disk.writeAsync(0, ByteBuffer.allocate(4096)));
        store.step(1);
    }

    /** Bytes that the job has given back, as of the last turn; all when it is over. */
    private long doneBytes() throws Exception {
        CompletableFuture<?> reply = send("jobs");
        store.step(1);
        Matcher done = DONE.matcher(reply.get().toString());
        return done.find() ? Long.parseLong(done.group(1)) : (long) MIBS * MIB;
    }

    @Test
    void shouldAnswerADeleteBeforeTheFirstStep() throws Exception {
        delete();
        assertThat(doneBytes()).isZero();
    }

    @Test
    void shouldDoSmallStepsBesideRequestsAndLargeOnesAfterwards() throws Exception {
        delete();
        for (int i = 0; i < 3; i++) {
            writeSomething();
        }
        long beside = doneBytes();
        assertThat(beside).isBetween(SMALL_STEP, 4 * SMALL_STEP);
        setup.pass(1);
        store.step(0);
        assertThat(doneBytes())
                .as("a client that is away for a millisecond")
                .isBetween(beside, beside + 2 * SMALL_STEP);
        setup.pass(100);
        store.step(0);
        assertThat(doneBytes()).isGreaterThan(beside + 16 * SMALL_STEP);
    }

    @Test
    void shouldGoOnThoughSomebodyAlwaysWaitsForAForce() throws Exception {
        delete();
        for (int i = 0; i < 32; i++) {
            requests.add(send("flush"));
            store.step(1);
        }
        assertThat(doneBytes()).isGreaterThan(SMALL_STEP);
    }
}
