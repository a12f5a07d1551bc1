package dev.tidemark.tools.nbd;

import static dev.tidemark.tools.nbd.NbdProtocol.CMD_READ;
import static dev.tidemark.tools.nbd.NbdProtocol.CMD_WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tidemark.engine.StoreException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Peers that are slow, half gone, gone, greedy or many, on real sockets; and the server's own end. */
@Timeout(120)
class HostilePeersTest {
    private static final long NEVER = TimeUnit.HOURS.toNanos(1);
    private static final long SOON = TimeUnit.MILLISECONDS.toNanos(200);

    private ServerFixture fixture;
    private final Counts counts = new Counts();

    private static final class Counts implements NbdMetrics {
        final AtomicInteger opened = new AtomicInteger();
        final AtomicInteger closed = new AtomicInteger();
        final AtomicInteger refused = new AtomicInteger();
        final AtomicInteger aborted = new AtomicInteger();

        @Override
        public void connectionOpened() {
            opened.incrementAndGet();
        }

        @Override
        public void connectionClosed() {
            closed.incrementAndGet();
        }

        @Override
        public void connectionRefused() {
            refused.incrementAndGet();
        }

        @Override
        public void connectionAborted() {
            aborted.incrementAndGet();
        }
    }

    private void open(NbdConfig config) throws Exception {
        fixture = new ServerFixture(config, counts);
    }

    @AfterEach
    void close() throws Exception {
        fixture.close();
        // Whatever the peers did: nothing of theirs is left.
        assertThat(counts.closed.get()).isEqualTo(counts.opened.get());
        assertThat(fixture.server.connectionCount()).isZero();
        assertThat(fixture.server.bytesInFlight()).isZero();
        assertThat(fixture.volume.claimedBytes).hasValue(0);
        assertThat(fixture.volume.attachments).hasValue(0);
    }

    @Test
    void shouldTurnAwayWhoIsTooMany() throws Exception {
        open(NbdConfig.defaults().withMaxConnections(2));
        TestClient first = TestClient.open(fixture.address, "disk");
        try (TestClient second = TestClient.open(fixture.address, "disk")) {
            try (TestClient third = new TestClient(fixture.address)) {
                assertThat(third.isClosedByServer()).isTrue();
            }
            await().untilAsserted(() -> assertThat(counts.refused).hasValue(1));
            first.close();
            await().untilAsserted(
                            () -> assertThat(fixture.server.connectionCount()).isEqualTo(1));
            try (TestClient fourth = TestClient.open(fixture.address, "disk")) {
                assertThat(fourth.read(0, 10)).hasSize(10);
            }
            assertThat(second.read(0, 10)).hasSize(10);
        }
    }

    @Test
    void shouldCloseHandshakesThatDoNotGoOn() throws Exception {
        open(NbdConfig.defaults().withTimes(SOON, NEVER, SOON));
        try (TestClient silent = new TestClient(fixture.address);
                TestClient slow = new TestClient(fixture.address)) {
            silent.receive(18);
            slow.greet(3);
            slow.optionHeader(NbdProtocol.OPT_GO, 100);
            slow.send(ByteBuffer.allocate(99));
            assertThat(silent.isClosedByServer()).isTrue();
            assertThat(slow.isClosedByServer()).isTrue();
        }
        await().untilAsserted(() -> assertThat(counts.aborted).hasValue(2));
    }

    @Test
    void shouldLetAnIdleClientBeAndCloseOneThatStopsInsideARequest() throws Exception {
        open(NbdConfig.defaults().withTimes(NEVER, SOON, SOON));
        try (TestClient idle = TestClient.open(fixture.address, "disk");
                TestClient header = TestClient.open(fixture.address, "disk");
                TestClient payload = TestClient.open(fixture.address, "disk")) {
            header.send(TestClient.request(0, CMD_READ, 1, 0, 512).limit(27));
            payload.send(TestClient.request(0, CMD_WRITE, 1, 0, 32 << 20, new byte[1000]));
            assertThat(header.isClosedByServer()).isTrue();
            assertThat(payload.isClosedByServer()).isTrue();
            assertThat(idle.read(0, 100)).hasSize(100);
        }
    }

    @Test
    void shouldCloseAPeerThatDoesNotTakeItsReplies() throws Exception {
        open(NbdConfig.defaults().withTimes(NEVER, SOON, SOON));
        try (TestClient stuck = TestClient.open(fixture.address, "disk");
                TestClient other = TestClient.open(fixture.address, "disk")) {
            for (int i = 0; i < 4; i++) {
                stuck.send(TestClient.request(0, CMD_READ, i, 0, 32 << 20));
            }
            assertThat(other.read(0, 1 << 20)).hasSize(1 << 20);
            await().untilAsserted(() -> assertThat(counts.aborted).hasValue(1));
        }
    }

    @Test
    void shouldOutliveClientsThatVanishAnywhere() throws Exception {
        open(NbdConfig.defaults());
        for (int i = 0; i < 100; i++) {
            TestClient client = TestClient.open(fixture.address, "disk");
            client.send(TestClient.request(0, CMD_WRITE, 1, 0, 4096, new byte[4096]));
            client.send(TestClient.request(0, CMD_READ, 2, 0, 1 << 20));
            if (i % 2 == 0) {
                client.send(TestClient.request(0, CMD_WRITE, 3, 0, 1 << 20, new byte[i]));
            }
            client.close();
        }
        await().untilAsserted(() -> assertThat(fixture.server.connectionCount()).isZero());
    }

    @Test
    void shouldServeTwoHundredGreedyConnectionsUnderOneBudget() throws Exception {
        open(NbdConfig.defaults().withMaxBytesInFlight(64 << 20));
        int connections = 200;
        int length = 4 << 20;
        // One for all: two hundred of them would be more than the server may have.
        ByteBuffer payload = ByteBuffer.allocateDirect(length);
        ExecutorService clients = Executors.newFixedThreadPool(connections);
        CountDownLatch allOpen = new CountDownLatch(connections);
        List<Future<Boolean>> results = new ArrayList<>();
        for (int i = 0; i < connections; i++) {
            long offset = i * 4096L;
            results.add(clients.submit(() -> {
                try (TestClient client = TestClient.open(fixture.address, "disk")) {
                    allOpen.countDown();
                    allOpen.await();
                    boolean good = true;
                    for (int round = 0; round < 2; round++) {
                        client.send(TestClient.request(0, CMD_WRITE, round, offset, length));
                        client.send(payload.duplicate());
                        good &= client.reply(0).errno() == 0;
                        good &= client.write(0, offset, new byte[512]).errno() == 0;
                    }
                    return good;
                }
            }));
        }
        for (Future<Boolean> result : results) {
            assertThat(result.get()).isTrue();
        }
        clients.shutdown();
        assertThat(fixture.volume.mostClaimedBytes).isLessThanOrEqualTo(64 << 20);
    }

    @Test
    void shouldCloseASlowSenderWhenOthersWaitForTheBudget() throws Exception {
        AtomicInteger seconds = new AtomicInteger();
        NbdConfig config = NbdConfig.defaults()
                .withMaxBytesInFlight(64 << 20)
                .withClock(() -> TimeUnit.SECONDS.toNanos(seconds.get()));
        open(config);
        try (TestClient slow = TestClient.open(fixture.address, "disk");
                TestClient other = TestClient.open(fixture.address, "disk")) {
            slow.send(TestClient.request(0, CMD_WRITE, 1, 0, 32 << 20, new byte[1000]));
            await().untilAsserted(
                            () -> assertThat(fixture.server.bytesInFlight()).isEqualTo(32 << 20));
            // It holds all there is for large writes; small ones don't mind.
            assertThat(other.write(0, 0, new byte[4096]).errno()).isZero();
            other.send(TestClient.request(0, CMD_WRITE, 2, 0, 1 << 20, new byte[1000]));
            seconds.set(6);
            assertThat(slow.isClosedByServer()).isTrue();
            other.send(ByteBuffer.allocate((1 << 20) - 1000));
            assertThat(other.reply(0).errno()).isZero();
        }
        await().untilAsserted(() -> assertThat(counts.aborted).hasValue(1));
    }

    @Test
    void shouldWaitForAStoreThatHasNoBufferNow() throws Exception {
        open(NbdConfig.defaults());
        AtomicInteger asked = new AtomicInteger();
        fixture.volume.claimsRefused = () -> asked.incrementAndGet() < 20;
        try (TestClient client = TestClient.open(fixture.address, "disk")) {
            assertThat(client.write(0, 0, new byte[4096]).errno()).isZero();
            fixture.volume.claimFaults = length -> new StoreException("failed", "the store has stopped");
            assertThat(client.write(0, 0, new byte[4096]).errno()).isEqualTo(NbdError.EIO);
            assertThat(client.write(0, 0, new byte[400_000]).errno()).isEqualTo(NbdError.EIO);
            assertThat(client.read(0, 4096)).hasSize(4096);
        }
    }

    @Test
    void shouldAnswerWhatIsInFlightWhenItShutsDown() throws Exception {
        open(NbdConfig.defaults());
        CountDownLatch hold = new CountDownLatch(1);
        try (TestClient client = TestClient.open(fixture.address, "disk");
                TestClient handshake = new TestClient(fixture.address)) {
            handshake.greet(3);
            fixture.store.execute(() -> {
                try {
                    hold.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            client.send(TestClient.request(0, CMD_WRITE, 1, 0, 4096, new byte[4096]));
            await().untilAsserted(
                            () -> assertThat(fixture.server.bytesInFlight()).isEqualTo(4096));
            Thread closing = new Thread(fixture.server::close);
            closing.start();
            assertThat(handshake.isClosedByServer()).isTrue();
            hold.countDown();
            TestClient.Reply reply = client.reply(0);
            assertThat(reply.handle()).isEqualTo(1);
            assertThat(reply.errno()).isZero();
            assertThat(client.isClosedByServer()).isTrue();
            closing.join();
        }
        assertThat(fixture.folder.resolve("s")).doesNotExist();
    }

    @Test
    void shouldCloseTheConnectionsOfOneVolumeByForce() throws Exception {
        open(NbdConfig.defaults());
        MemoryVolume more = new MemoryVolume(2, "more", 1 << 20, Runnable::run);
        fixture.exports.add(more);
        try (TestClient client = TestClient.open(fixture.address, "disk");
                TestClient receiving = TestClient.open(fixture.address, "disk");
                TestClient other = TestClient.open(fixture.address, "more")) {
            receiving.send(TestClient.request(0, CMD_WRITE, 1, 0, 1 << 20, new byte[1000]));
            await().untilAsserted(
                            () -> assertThat(fixture.server.bytesInFlight()).isEqualTo(1 << 20));
            fixture.volume.requestClose();
            assertThat(client.isClosedByServer()).isTrue();
            assertThat(receiving.isClosedByServer()).isTrue();
            await().untilAsserted(() -> assertThat(fixture.volume.attachments).hasValue(0));
            assertThat(other.read(0, 512)).hasSize(512);
            assertThat(more.attachments).hasValue(1);
        }
    }
}
