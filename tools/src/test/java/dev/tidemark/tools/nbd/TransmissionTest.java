package dev.tidemark.tools.nbd;

import static dev.tidemark.tools.nbd.NbdProtocol.CMD_BLOCK_STATUS;
import static dev.tidemark.tools.nbd.NbdProtocol.CMD_CACHE;
import static dev.tidemark.tools.nbd.NbdProtocol.CMD_FLAG_DF;
import static dev.tidemark.tools.nbd.NbdProtocol.CMD_FLAG_FAST_ZERO;
import static dev.tidemark.tools.nbd.NbdProtocol.CMD_FLAG_FUA;
import static dev.tidemark.tools.nbd.NbdProtocol.CMD_FLAG_NO_HOLE;
import static dev.tidemark.tools.nbd.NbdProtocol.CMD_FLAG_REQ_ONE;
import static dev.tidemark.tools.nbd.NbdProtocol.CMD_FLUSH;
import static dev.tidemark.tools.nbd.NbdProtocol.CMD_READ;
import static dev.tidemark.tools.nbd.NbdProtocol.CMD_TRIM;
import static dev.tidemark.tools.nbd.NbdProtocol.CMD_WRITE;
import static dev.tidemark.tools.nbd.NbdProtocol.CMD_WRITE_ZEROES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tidemark.engine.StoreException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every command of the transmission phase, with simple and structured replies. */
@Tag("quick")
@Timeout(60)
class TransmissionTest {
    private ServerFixture fixture;

    @BeforeEach
    void open() throws Exception {
        fixture = new ServerFixture();
    }

    @AfterEach
    void close() throws Exception {
        fixture.close();
    }

    private TestClient client() throws Exception {
        return TestClient.open(fixture.address, "disk");
    }

    private static byte[] random(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 511, 4096, 65_536, 65_537, 262_000, 262_144, 1 << 20, 32 << 20})
    void shouldReadWhatWasWrittenWhateverItsLength(int length) throws Exception {
        byte[] data = random(length, length);
        try (TestClient client = client();
                TestClient simple = TestClient.openSimple(fixture.address, "disk")) {
            assertThat(client.write(0, 12_345, data).errno()).isZero();
            assertThat(client.read(12_345, length)).isEqualTo(data);
            assertThat(simple.read(12_345, length)).isEqualTo(data);
            assertThat(simple.write(0, 99, data).errno()).isZero();
            assertThat(client.read(99, length)).isEqualTo(data);
        }
        await().untilAsserted(() -> assertThat(fixture.volume.claimedBytes).hasValue(0));
    }

    @Test
    void shouldServeManyRequestsOfOneConnectionAtOnce() throws Exception {
        try (TestClient client = client()) {
            CountDownLatch hold = new CountDownLatch(1);
            fixture.store.execute(() -> waitFor(hold));
            byte[] data = random(1, 4096);
            for (int i = 0; i < 100; i++) {
                client.send(TestClient.request(0, CMD_WRITE, i, i * 4096L, 4096, data));
            }
            // All hundred are with the store, and a read behind them is answered nevertheless.
            assertThat(client.read(63 << 20, 512)).containsOnly(0);
            hold.countDown();
            Set<Long> handles = new HashSet<>();
            for (int i = 0; i < 100; i++) {
                TestClient.Reply reply = client.reply(0);
                assertThat(reply.errno()).isZero();
                handles.add(reply.handle());
            }
            assertThat(handles).hasSize(100);
            assertThat(client.read(99 * 4096L, 4096)).isEqualTo(data);
        }
    }

    @Test
    void shouldReadInParallelWhatWaitsForADisk() throws Exception {
        AtomicLong clock = new AtomicLong();
        // A millisecond passes whenever the server looks: every read seems to wait for a disk.
        NbdConfig config = NbdConfig.defaults().withClock(() -> clock.addAndGet(1_000_000));
        try (ServerFixture slow = new ServerFixture(config, NbdMetrics.NONE);
                TestClient client = TestClient.open(slow.address, "disk")) {
            byte[] data = random(7, 32 * 4096);
            assertThat(client.write(0, 0, data).errno()).isZero();
            for (int i = 0; i < 32; i++) {
                client.read(i * 4096L, 4096);
            }
            // From here on no read ends before eight of them have begun.
            CyclicBarrier eight = new CyclicBarrier(8);
            slow.volume.readGate = () -> meet(eight);
            slow.volume.faults = offset -> offset == 4096 ? new StoreException("failed", "bad") : null;
            ByteBuffer requests = ByteBuffer.allocate(32 * 28);
            for (int i = 0; i < 32; i++) {
                requests.put(TestClient.request(0, CMD_READ, i, i * 4096L, 4096));
            }
            client.send(requests.flip());
            for (int i = 0; i < 32; i++) {
                TestClient.Reply reply = client.reply(0);
                int at = (int) reply.handle() * 4096;
                if (at == 4096) {
                    assertThat(reply.errno()).isEqualTo(NbdError.EIO);
                } else {
                    assertThat(reply.buffer().getLong()).isEqualTo(at);
                    assertThat(Arrays.copyOfRange(reply.data(), 8, 8 + 4096))
                            .isEqualTo(Arrays.copyOfRange(data, at, at + 4096));
                }
            }
        }
    }

    private static void meet(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (InterruptedException | BrokenBarrierException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void waitFor(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void shouldPassFuaOnAndTakeItOnEveryCommand() throws Exception {
        try (TestClient client = client()) {
            assertThat(client.write(CMD_FLAG_FUA, 0, new byte[4096]).errno()).isZero();
            assertThat(client.write(CMD_FLAG_FUA, 0, new byte[100_000]).errno()).isZero();
            assertThat(client.call(CMD_FLAG_FUA, CMD_TRIM, 0, 4096).errno()).isZero();
            assertThat(client.call(CMD_FLAG_FUA, CMD_WRITE_ZEROES, 0, 4096).errno())
                    .isZero();
            assertThat(fixture.volume.durableRequests).hasValue(4);
            int flushes = fixture.volume.flushes.get();
            int noHole = CMD_FLAG_FUA | CMD_FLAG_NO_HOLE;
            assertThat(client.call(noHole, CMD_WRITE_ZEROES, 0, 3 << 20).errno())
                    .isZero();
            assertThat(fixture.volume.flushes).hasValue(flushes + 1);
            assertThat(client.call(CMD_FLAG_FUA, CMD_FLUSH, 0, 0).errno()).isZero();
            assertThat(client.call(CMD_FLAG_FUA, CMD_CACHE, 0, 4096).errno()).isZero();
            assertThat(client.call(CMD_FLAG_FUA, CMD_BLOCK_STATUS, 0, 4096).errno())
                    .isZero();
            assertThat(client.call(CMD_FLAG_FUA, CMD_READ, 0, 512).errno()).isZero();
        }
    }

    @Test
    void shouldZeroWithAndWithoutHolesAndSayWhatIsMapped() throws Exception {
        try (TestClient client = client()) {
            client.write(0, 0, random(3, 16 * 4096));
            assertThat(client.call(0, CMD_WRITE_ZEROES, 4096 - 10, 4096 + 20).errno())
                    .isZero();
            assertThat(client.call(CMD_FLAG_NO_HOLE, CMD_WRITE_ZEROES, 4 * 4096, 4096)
                            .errno())
                    .isZero();
            assertThat(client.call(0, CMD_TRIM, 6 * 4096, 4096).errno()).isZero();
            assertThat(client.call(CMD_FLAG_FAST_ZERO, CMD_WRITE_ZEROES, 8 * 4096, 4096)
                            .errno())
                    .isZero();
            assertThat(client.call(CMD_FLAG_FAST_ZERO | CMD_FLAG_NO_HOLE, CMD_WRITE_ZEROES, 10 * 4096, 4096)
                            .errno())
                    .isEqualTo(NbdError.ENOTSUP);
            assertThat(client.read(4096 - 10, 4096 + 20)).containsOnly(0);
            assertThat(client.read(4 * 4096, 4096)).containsOnly(0);
            assertThat(status(client.call(0, CMD_BLOCK_STATUS, 0, 10 * 4096)))
                    .isEqualTo("4096:0 4096:3 16384:0 4096:3 4096:0 4096:3 4096:0 ");
            assertThat(status(client.call(CMD_FLAG_REQ_ONE, CMD_BLOCK_STATUS, 4096 + 1, 10 * 4096)))
                    .isEqualTo("4095:3 ");
        }
    }

    private static String status(TestClient.Reply reply) {
        assertThat(reply.type()).isEqualTo(NbdProtocol.REPLY_BLOCK_STATUS);
        assertThat(reply.flags()).isEqualTo(NbdProtocol.REPLY_FLAG_DONE);
        ByteBuffer data = reply.buffer();
        assertThat(data.getInt()).isEqualTo(NbdProtocol.CONTEXT_ALLOCATION_ID);
        StringBuilder text = new StringBuilder();
        while (data.hasRemaining()) {
            text.append(data.getInt()).append(':').append(data.getInt()).append(' ');
        }
        return text.toString();
    }

    @Test
    void shouldBoundTheExtentsOfOneReply() throws Exception {
        try (TestClient client = client()) {
            for (int i = 0; i < 5000; i++) {
                client.send(TestClient.request(0, CMD_WRITE, i, i * 8192L, 1, (byte) 1));
                assertThat(client.reply(0).errno()).isZero();
            }
            TestClient.Reply reply = client.call(0, CMD_BLOCK_STATUS, 0, 64 << 20);
            assertThat(status(reply).split(" ")).hasSize(StatusQuery.MAX_EXTENTS);
        }
    }

    @Test
    void shouldAnswerWhatIsWrongWithARequestAndGoOn() throws Exception {
        try (TestClient client = client()) {
            long size = ServerFixture.SIZE;
            assertThat(client.call(0, CMD_READ, size - 1, 2).errno()).isEqualTo(NbdError.EINVAL);
            assertThat(client.call(0, CMD_READ, -1, 2).errno()).isEqualTo(NbdError.EINVAL);
            assertThat(client.call(0, CMD_READ, 0, (32 << 20) + 1).errno()).isEqualTo(NbdError.EINVAL);
            assertThat(client.call(0, CMD_READ, 0, -1).errno()).isEqualTo(NbdError.EINVAL);
            assertThat(client.write(0, size - 1, new byte[2]).errno()).isEqualTo(NbdError.ENOSPC);
            assertThat(client.write(0, Long.MAX_VALUE, new byte[2]).errno()).isEqualTo(NbdError.ENOSPC);
            assertThat(client.write(CMD_FLAG_DF, 0, new byte[2]).errno()).isEqualTo(NbdError.EINVAL);
            assertThat(client.write(0, 0, new byte[(32 << 20) + 1]).errno()).isEqualTo(NbdError.EINVAL);
            assertThat(client.call(0, CMD_TRIM, size, 1).errno()).isEqualTo(NbdError.EINVAL);
            assertThat(client.call(0, CMD_WRITE_ZEROES, size, 1).errno()).isEqualTo(NbdError.ENOSPC);
            assertThat(client.call(0, CMD_FLUSH, 0, 1).errno()).isEqualTo(NbdError.EINVAL);
            assertThat(client.call(0, CMD_BLOCK_STATUS, 0, 0).errno()).isEqualTo(NbdError.EINVAL);
            assertThat(client.call(0, 17, 0, 0).errno()).isEqualTo(NbdError.EINVAL);
            assertThat(client.call(1 << 9, CMD_FLUSH, 0, 0).errno()).isEqualTo(NbdError.EINVAL);
            fixture.volume.resize(size / 2);
            TestClient.Reply reply = client.call(0, CMD_READ, size / 2, 1);
            assertThat(reply.errno()).isEqualTo(NbdError.EINVAL);
            assertThat(new String(reply.data(), StandardCharsets.UTF_8))
                    .contains("outside the volume of 33554432 bytes");
            // Requests of no length do nothing, successfully.
            assertThat(client.call(0, CMD_READ, 0, 0).type()).isEqualTo(NbdProtocol.REPLY_NONE);
            assertThat(client.write(0, 0, new byte[0]).errno()).isZero();
            assertThat(client.call(0, CMD_TRIM, 0, 0).errno()).isZero();
        }
    }

    @Test
    void shouldCloseAfterAWriteOfFourGibibytes() throws Exception {
        try (TestClient client = client()) {
            client.send(TestClient.request(0, CMD_WRITE, 5, 0, -1));
            assertThat(client.reply(0).errno()).isEqualTo(NbdError.EINVAL);
            assertThat(client.isClosedByServer()).isTrue();
        }
        assertThat(fixture.volume.claims).hasValue(0);
    }

    @Test
    void shouldRefuseWritesToAReadOnlyVolume() throws Exception {
        try (TestClient client = client()) {
            fixture.volume.readOnly = true;
            assertThat(client.write(0, 0, new byte[100_000]).errno()).isEqualTo(NbdError.EPERM);
            assertThat(client.call(0, CMD_TRIM, 0, 4096).errno()).isEqualTo(NbdError.EPERM);
            assertThat(client.call(0, CMD_WRITE_ZEROES, 0, 4096).errno()).isEqualTo(NbdError.EPERM);
            assertThat(client.read(0, 4096)).containsOnly(0);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"out-of-space:28", "read-only:1", "no-such-volume:108", "failed:5", "bad-size:28"})
    void shouldTellWhatTheStoreSaidOfAWrite(String codeAndNumber) throws Exception {
        String code = codeAndNumber.substring(0, codeAndNumber.indexOf(':'));
        int number = Integer.parseInt(codeAndNumber.substring(code.length() + 1));
        try (TestClient client = client();
                TestClient simple = TestClient.openSimple(fixture.address, "disk")) {
            fixture.volume.faults = offset -> offset == 8192 ? new StoreException(code, "because") : null;
            TestClient.Reply reply = client.write(0, 8192, new byte[4096]);
            assertThat(reply.errno()).isEqualTo(number);
            assertThat(new String(reply.data(), StandardCharsets.UTF_8)).endsWith("because");
            assertThat(simple.write(0, 8192, new byte[100_000]).errno()).isEqualTo(number);
            assertThat(simple.write(0, 0, new byte[4096]).errno()).isZero();
        }
    }

    @Test
    void shouldTellOfAReadThatFailsAtItsBeginningOrInTheMiddle() throws Exception {
        int large = 1 << 20;
        try (TestClient client = client();
                TestClient simple = TestClient.openSimple(fixture.address, "disk")) {
            assertThat(client.write(0, 0, random(9, large)).errno()).isZero();
            fixture.volume.faults = offset -> offset >= 512 << 10 ? new StoreException("failed", "bad checksum") : null;
            assertThat(client.call(0, CMD_READ, 512 << 10, 4096).errno()).isEqualTo(NbdError.EIO);
            assertThat(simple.call(0, CMD_READ, 512 << 10, 4096).errno()).isEqualTo(NbdError.EIO);
            assertThat(simple.call(0, CMD_READ, 0, large).errno()).isEqualTo(NbdError.EIO);
            TestClient.Reply data = client.call(0, CMD_READ, 0, large);
            assertThat(data.type()).isEqualTo(NbdProtocol.REPLY_OFFSET_DATA);
            assertThat(data.data()).hasSize(large + 8);
            assertThat(data.flags()).isZero();
            TestClient.Reply error = client.reply(0);
            assertThat(error.type()).isEqualTo(NbdProtocol.REPLY_ERROR_OFFSET);
            assertThat(error.errno()).isEqualTo(NbdError.EIO);
            assertThat(error.buffer().getLong(error.data().length - 8)).isEqualTo(512 << 10);
            // Both connections are as good as before.
            assertThat(simple.read(0, 4096)).isEqualTo(client.read(0, 4096));
        }
    }

    @Test
    void shouldAnswerWhatIsInFlightBeforeItDisconnects() throws Exception {
        try (TestClient client = client()) {
            CountDownLatch hold = new CountDownLatch(1);
            fixture.store.execute(() -> waitFor(hold));
            client.send(TestClient.request(0, CMD_WRITE, 1, 0, 4096, new byte[4096]));
            client.send(TestClient.request(0, NbdProtocol.CMD_DISC, 2, 0, 0));
            assertThat(fixture.volume.attachments).hasValue(1);
            hold.countDown();
            assertThat(client.reply(0).handle()).isEqualTo(1);
            assertThat(client.isClosedByServer()).isTrue();
        }
        await().untilAsserted(() -> assertThat(fixture.volume.attachments).hasValue(0));
    }

    @Test
    void shouldAnswerAPeerThatHasEndedItsSide() throws Exception {
        try (TestClient client = client()) {
            client.send(TestClient.request(0, CMD_WRITE, 1, 0, 4096, new byte[4096]));
            client.send(TestClient.request(0, CMD_READ, 2, 0, 100_000));
            client.channel.shutdownOutput();
            Set<Long> handles = new HashSet<>();
            handles.add(client.reply(0).handle());
            handles.add(client.reply(0).handle());
            assertThat(handles).containsExactlyInAnyOrder(1L, 2L);
            assertThat(client.isClosedByServer()).isTrue();
        }
    }
}
