package dev.tidemark.tools.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.tools.nbd.TestClient.Reply;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Random requests of every kind and length, many in flight on one connection, against an array of bytes: every reply
 * must be the right one for its handle, whatever the order in which the store ends them. Requests in flight touch
 * regions of their own, so that their order does not matter.
 */
@Timeout(120)
class TransmissionModelTest {
    private static final int REGION = 512 << 10;
    private static final int REGIONS = 64;

    private record Pending(int type, int from, int length, byte fill) {}

    @ParameterizedTest
    @CsvSource({"1, true, 1, 1500", "2, false, 4, 1500", "3, true, 4, 1500"})
    void shouldAnswerEveryRequestRightly(long seed, boolean structured, int storeThreads, int requests)
            throws Exception {
        ExecutorService store = Executors.newFixedThreadPool(storeThreads);
        MemoryVolume volume = new MemoryVolume(1, "disk", (long) REGIONS * REGION, store);
        // A short queue and few bytes make the server wait for its store in every state.
        NbdConfig config = NbdConfig.defaults().withConnectionLimits(9, 1 << 20);
        try (ServerFixture fixture = new ServerFixture(config, NbdMetrics.NONE)) {
            fixture.exports.remove("disk");
            fixture.exports.add(volume);
            try (TestClient client = structured
                    ? TestClient.open(fixture.address, "disk")
                    : TestClient.openSimple(fixture.address, "disk")) {
                new Workload(client, new SplittableRandom(seed), seed).run(requests);
            }
        } finally {
            store.shutdown();
        }
    }

    private static final class Workload {
        private final TestClient client;
        private final SplittableRandom random;
        private final long seed;
        private final byte[] model = new byte[REGIONS * REGION];
        private final Pending[] pending = new Pending[REGIONS];
        private final ExecutorService sender = Executors.newSingleThreadExecutor();

        Workload(TestClient client, SplittableRandom random, long seed) {
            this.client = client;
            this.random = random;
            this.seed = seed;
        }

        void run(int requests) throws Exception {
            int inFlight = 0;
            for (int i = 0; i < requests; i++) {
                int region = random.nextInt(REGIONS);
                while (pending[region] != null || inFlight == 24) {
                    receive();
                    inFlight--;
                }
                send(region);
                inFlight++;
            }
            for (; inFlight > 0; inFlight--) {
                receive();
            }
            sender.shutdown();
        }

        private void send(int region) throws Exception {
            int type = random.nextInt(7);
            if (type == NbdProtocol.CMD_DISC) {
                type = NbdProtocol.CMD_WRITE;
            }
            int length = random.nextInt(3) == 0 ? random.nextInt(1, REGION) : random.nextInt(1, 9000);
            int from = random.nextInt(REGION - length + 1);
            if (type == NbdProtocol.CMD_TRIM) {
                // What is no whole block may keep its bytes, which the model does not know.
                from &= -MemoryVolume.BLOCK;
                length = Math.max(1, length / MemoryVolume.BLOCK) * MemoryVolume.BLOCK;
                length = Math.min(length, REGION - from);
            }
            byte fill = (byte) random.nextInt(1, 128);
            int at = region * REGION + from;
            int flags = random.nextInt(4) == 0 ? NbdProtocol.CMD_FLAG_FUA : 0;
            if (type == NbdProtocol.CMD_WRITE_ZEROES && random.nextInt(3) == 0) {
                flags |= NbdProtocol.CMD_FLAG_NO_HOLE;
            }
            byte[] payload = new byte[type == NbdProtocol.CMD_WRITE ? length : 0];
            Arrays.fill(payload, fill);
            pending[region] = new Pending(type, at, length, fill);
            boolean flush = type == NbdProtocol.CMD_FLUSH;
            var request = TestClient.request(flags, type, region, flush ? 0 : at, flush ? 0 : length, payload);
            // Not by this thread: a client that does not take replies while it sends may wait for ever, and rightly so.
            sender.execute(() -> sendNow(request));
        }

        private void sendNow(ByteBuffer request) {
            try {
                client.send(request);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** A simple reply does not say how long it is: so its handle is looked at first. */
        private void receive() throws Exception {
            Reply reply = client.reply(handle ->
                    pending[(int) handle].type() == NbdProtocol.CMD_READ ? pending[(int) handle].length() : 0);
            int region = (int) reply.handle();
            Pending request = pending[region];
            assertThat(reply.errno()).as("seed " + seed + " " + request).isZero();
            int to = request.from() + request.length();
            switch (request.type()) {
                case NbdProtocol.CMD_WRITE -> Arrays.fill(model, request.from(), to, request.fill());
                case NbdProtocol.CMD_TRIM, NbdProtocol.CMD_WRITE_ZEROES ->
                    Arrays.fill(model, request.from(), to, (byte) 0);
                case NbdProtocol.CMD_READ -> check(reply, request);
                default -> assertThat(reply.data()).isEmpty();
            }
            pending[region] = null;
        }

        private void check(Reply reply, Pending request) throws Exception {
            int skip = client.structured ? Long.BYTES : 0;
            assertThat(reply.data()).hasSize(request.length() + skip);
            int to = request.from() + request.length();
            assertThat(Arrays.equals(model, request.from(), to, reply.data(), skip, reply.data().length))
                    .as("seed " + seed + " " + request)
                    .isTrue();
            if ((reply.flags() & NbdProtocol.REPLY_FLAG_DONE) == 0) {
                Reply end = client.reply(0);
                assertThat(end.handle()).isEqualTo(reply.handle());
                assertThat(end.type()).isEqualTo(NbdProtocol.REPLY_NONE);
            }
        }
    }
}
