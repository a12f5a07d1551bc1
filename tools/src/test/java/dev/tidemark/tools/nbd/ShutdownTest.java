package dev.tidemark.tools.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An end in order: what was asked is done and answered, then the connection is closed. */
@Tag("quick")
@Timeout(60)
class ShutdownTest {
    /** Many times what the server takes at once, so that most wait in the socket, and not more than it holds. */
    private static final int WRITES = 20;

    private static final int BYTES = 4096;

    private final CountDownLatch hold = new CountDownLatch(1);

    @Test
    void shouldCarryOutWhatTheClientHadSentBeforeTheEnd() throws Exception {
        NbdConfig config = NbdConfig.defaults().withConnectionLimits(4, 1 << 20);
        try (ServerFixture fixture = new ServerFixture(config, NbdMetrics.NONE);
                TestClient client = TestClient.open(fixture.address, "disk")) {
            Thread closing = new Thread(fixture.server::close);
            fixture.store.execute(this::waitUntilReleased);
            for (int i = 0; i < WRITES; i++) {
                byte[] data = new byte[BYTES];
                Arrays.fill(data, (byte) i);
                client.send(TestClient.request(0, NbdProtocol.CMD_WRITE, i, (long) i * BYTES, BYTES, data));
            }
            client.send(TestClient.request(0, NbdProtocol.CMD_FLUSH, WRITES, 0, 0));
            closing.start();
            // It waits for the connection's end, so it has told the connection of it.
            await().until(() -> closing.getState() == Thread.State.TIMED_WAITING);
            hold.countDown();
            for (int i = 0; i <= WRITES; i++) {
                assertThat(client.reply(0).errno()).isZero();
            }
            assertThat(client.isClosedByServer()).isTrue();
            closing.join();
            assertThat(fixture.volume.flushes).hasValue(1);
            ByteBuffer content = ByteBuffer.allocate(WRITES * BYTES);
            fixture.volume.read(0, content);
            for (int i = 0; i < WRITES; i++) {
                assertThat(content.get(i * BYTES)).isEqualTo((byte) i);
            }
        }
    }

    @Test
    void shouldEndAlthoughTheClientGoesOnSending() throws Exception {
        NbdConfig config = NbdConfig.defaults().withTimes(5_000_000_000L, 60_000_000_000L, 1_000_000_000L);
        try (ServerFixture fixture = new ServerFixture(config, NbdMetrics.NONE);
                TestClient client = TestClient.open(fixture.address, "disk")) {
            Thread sender = new Thread(() -> sendForEver(client));
            Thread receiver = new Thread(() -> receiveForEver(client));
            sender.start();
            receiver.start();
            await().until(() -> fixture.volume.flushes.get() > 100);
            fixture.server.close();
            assertThat(fixture.server.connectionCount()).isZero();
            sender.join();
            receiver.join();
        }
    }

    private static void sendForEver(TestClient client) {
        try {
            while (true) {
                client.send(TestClient.request(0, NbdProtocol.CMD_WRITE, 1, 0, BYTES, new byte[BYTES]));
                client.send(TestClient.request(0, NbdProtocol.CMD_FLUSH, 2, 0, 0));
            }
        } catch (IOException e) {
            // The server has closed the connection, which is what is waited for.
            assertThat(e).isNotNull();
        }
    }

    private static void receiveForEver(TestClient client) {
        try {
            while (true) {
                client.reply(0);
            }
        } catch (IOException e) {
            assertThat(e).isNotNull();
        }
    }

    private void waitUntilReleased() {
        try {
            hold.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
