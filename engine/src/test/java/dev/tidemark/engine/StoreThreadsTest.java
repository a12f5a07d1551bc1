package dev.tidemark.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.engine.message.Message;
import dev.tidemark.engine.message.MessageParser;
import dev.tidemark.engine.message.Reply;
import dev.tidemark.storage.sim.Fault;
import dev.tidemark.storage.sim.Operation;
import dev.tidemark.storage.sim.SimStorage;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Callbacks, waits and closes on several threads: nobody waits for itself, and nobody is forgotten. */
class StoreThreadsTest {
    @TempDir
    Path folder;

    private StoreConfig config;

    @BeforeEach
    void init() throws Exception {
        config = StoreConfig.at(folder.resolve("store"))
                .capacityBytes(256L << 20)
                .option("in-flight", "32M")
                .build();
        Store.init(config);
    }

    private static Throwable inCallback(Volume disk, Runnable call) throws Exception {
        CompletableFuture<Throwable> outcome = new CompletableFuture<>();
        disk.submitFlush(
                (cookie, failure) -> {
                    try {
                        call.run();
                        outcome.complete(null);
                    } catch (RuntimeException | Error e) {
                        outcome.complete(e);
                    }
                },
                0);
        return outcome.get(1, TimeUnit.MINUTES);
    }

    /** Each of them waited for the thread that it was on. */
    @Test
    void shouldRefuseToBlockInACallback() throws Exception {
        try (Store store = Store.open(config)) {
            store.send("create disk size=1M");
            Volume disk = store.volume("disk");
            ByteBuffer bytes = ByteBuffer.allocate(512);
            assertThat(inCallback(disk, disk::flush)).isInstanceOf(IllegalStateException.class);
            assertThat(inCallback(disk, () -> disk.write(0, bytes))).isInstanceOf(IllegalStateException.class);
            assertThat(inCallback(disk, () -> disk.discard(0, 4096))).isInstanceOf(IllegalStateException.class);
            assertThat(inCallback(disk, () -> disk.writeZeroes(0, 5))).isInstanceOf(IllegalStateException.class);
            assertThat(inCallback(disk, () -> store.send("list"))).isInstanceOf(IllegalStateException.class);
            assertThat(inCallback(disk, store::close)).isInstanceOf(IllegalStateException.class);
            assertThat(inCallback(disk, () -> disk.read(0, bytes))).isNull();
            assertThat(inCallback(disk, () -> disk.writeAsync(0, bytes.clear())))
                    .isNull();
            disk.flush();
            assertThat(store.failure()).isNull();
        }
    }

    /** It waited for the reader that it was called from. */
    @Test
    @SuppressWarnings("try") // an explicit close is what this is about
    void shouldRefuseToCloseInAWalkOverExtents() throws Exception {
        try (Store store = Store.open(config)) {
            store.send("create disk size=1M");
            Volume disk = store.volume("disk");
            Runnable close = store::close;
            assertThatThrownBy(() -> disk.extents(0, 4096, (offset, length, mapped) -> {
                        close.run();
                        return true;
                    }))
                    .isInstanceOf(IllegalStateException.class);
            disk.flush();
        }
    }

    /** A checkpoint that was asked for while another one was taken was begun when the next request came, or never. */
    @Test
    void shouldTakeACheckpointThatWasAskedForDuringAnother() throws Exception {
        Message checkpoint = (Message) MessageParser.parse("checkpoint");
        SplittableRandom random = new SplittableRandom(17);
        try (Store store = Store.open(config)) {
            store.send("create disk size=1M");
            for (int round = 0; round < 150; round++) {
                store.volume("disk").write(0, ByteBuffer.allocate(4096));
                CompletableFuture<Reply> first =
                        store.sendAsync(checkpoint, "first").toCompletableFuture();
                for (int i = random.nextInt(20_000); i > 0; i--) {
                    Thread.onSpinWait(); // so that the second one meets the first at each of its phases
                }
                CompletableFuture<Reply> second =
                        store.sendAsync(checkpoint, "second").toCompletableFuture();
                assertThat(first.get(1, TimeUnit.MINUTES)).isInstanceOf(Reply.Ok.class);
                assertThat(second.get(1, TimeUnit.MINUTES)).as("round " + round).isInstanceOf(Reply.Ok.class);
            }
        }
    }

    /** PLACE had no reason for another turn, and only a turn of its own answers them: they waited for ever. */
    @Test
    void shouldAnswerWhoWaitsForACheckpointWhenTheJournalFails() throws Exception {
        SimStorage device = new SimStorage(11);
        StoreConfig simulated =
                StoreConfig.in(device, "store").capacityBytes(64L << 20).build();
        Store.init(simulated);
        Store store = Store.open(simulated);
        store.send("create disk size=1M");
        store.volume("disk").write(0, ByteBuffer.allocate(4096));
        device.plan(Fault.ioError()
                .in(Operation.FORCE)
                .onNames(name -> name.contains("journal"))
                .always());
        CompletableFuture<Reply> reply =
                store.sendAsync(message("checkpoint"), "test").toCompletableFuture();
        assertThat(reply.get(1, TimeUnit.MINUTES).toString()).startsWith("error code=failed");
        assertThat(store.failure()).hasMessageContaining("force");
        assertThatThrownBy(store::close).isInstanceOf(StoreException.class);
    }

    /** Who holds a buffer may never give it back: a claim that waited for it waited for ever. */
    @Test
    void shouldEndTheWaitForABufferWhenTheStoreIsClosed() throws Exception {
        Store store = Store.open(config);
        store.send("create disk size=64M");
        Volume disk = store.volume("disk");
        Volume.WriteBuffer held = disk.claim(Volume.MAX_REQUEST_BYTES);
        AtomicReference<Throwable> outcome = new AtomicReference<>();
        Thread waiting = new Thread(() -> {
            try {
                disk.claim(4096);
            } catch (StoreException e) {
                outcome.set(e);
            }
        });
        waiting.setDaemon(true);
        waiting.start();
        Awaitility.await().until(() -> waiting.getState() == Thread.State.WAITING);
        store.close();
        Awaitility.await().until(() -> !waiting.isAlive());
        assertThat(outcome.get()).isInstanceOf(StoreException.class).hasMessageContaining("closed");
        held.release();
    }

    /**
     * The look at who has a volume open and its end were two steps: a client that came between had opened a volume that
     * was gone when it looked again.
     */
    @Test
    void shouldNeverEndAVolumeThatAClientHasOpen() throws Exception {
        try (Store store = Store.open(config)) {
            CyclicBarrier both = new CyclicBarrier(2);
            AtomicReference<Volume> next = new AtomicReference<>();
            AtomicReference<Volume.Attachment> opened = new AtomicReference<>();
            int rounds = Integer.getInteger("tidemark.test.attach.rounds", 3000);
            Thread client = new Thread(() -> {
                for (int i = 0; i < rounds; i++) {
                    meet(both);
                    try {
                        opened.set(next.get().attach(() -> {}));
                    } catch (StoreException e) {
                        opened.set(null);
                    }
                    meet(both);
                }
            });
            client.setDaemon(true);
            client.start();
            int ended = 0;
            for (int i = 0; i < rounds; i++) {
                store.send("create v size=1M");
                next.set(store.volume("v"));
                meet(both);
                String reply = store.sendAsync(message("delete v"), "test")
                        .toCompletableFuture()
                        .get()
                        .toString();
                meet(both);
                if (opened.get() == null) {
                    assertThat(reply).startsWith("ok");
                    ended++;
                } else {
                    assertThat(reply).as("round " + i).startsWith("error code=busy");
                    opened.get().close();
                    assertThat(store.send("delete v")).startsWith("ok");
                }
            }
            System.out.println("volumes ended before a client came: " + ended + " of " + rounds);
            client.join();
        }
    }

    private static dev.tidemark.engine.message.Message message(String text) {
        return (dev.tidemark.engine.message.Message) dev.tidemark.engine.message.MessageParser.parse(text);
    }

    private static void meet(CyclicBarrier barrier) {
        try {
            barrier.await(1, TimeUnit.MINUTES);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /** It said busy again and again as fast as it could, for a second. */
    @Test
    void shouldAnswerAnInterruptedSenderBusyAtOnce() throws Exception {
        try (Store store = Store.open(config)) {
            store.send("create disk size=1M");
            Volume.Attachment attachment = store.volume("disk").attach(() -> {});
            Thread.currentThread().interrupt();
            assertThat(store.send("delete disk")).startsWith("error code=busy");
            assertThat(Thread.interrupted()).isTrue();
            attachment.close();
            assertThat(store.send("delete disk")).startsWith("ok");
        }
    }

    /** A client that is just closing is waited for, also by a message whose volume has no such name yet. */
    @Test
    void shouldWaitForAClientThatIsJustClosing() throws Exception {
        try (Store store = Store.open(config)) {
            store.send("create disk size=1M");
            Volume.Attachment attachment = store.volume("disk").attach(() -> {});
            Thread sender = Thread.currentThread();
            Thread closer = new Thread(() -> {
                // often: the sender waits for a second, of which a busy machine may take most
                Awaitility.with()
                        .pollDelay(Duration.ZERO)
                        .pollInterval(Duration.ofMillis(1))
                        .until(() -> sender.getState() == Thread.State.TIMED_WAITING);
                attachment.close();
            });
            closer.start();
            assertThat(store.send("rename disk to=other; delete other")).startsWith("ok");
            closer.join();
        }
    }

    @Test
    void shouldAskClientsToGoWhoseVolumeWasTakenByForce() throws Exception {
        try (Store store = Store.open(config)) {
            store.send("create disk size=1M");
            CompletableFuture<Void> first = new CompletableFuture<>();
            CompletableFuture<Void> second = new CompletableFuture<>();
            store.volume("disk").attach(() -> {
                first.complete(null);
                throw new IllegalStateException("a client that fails");
            });
            store.volume("disk").attach(() -> second.complete(null));
            assertThat(store.send("delete disk force=true")).startsWith("ok");
            assertThat(first).isDone();
            assertThat(second).isDone();
            assertThatThrownBy(() -> store.volume("disk")).isInstanceOf(StoreException.class);
        }
    }
}
