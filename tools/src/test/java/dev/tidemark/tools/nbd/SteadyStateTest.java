package dev.tidemark.tools.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.tidemark.engine.StoreException;
import dev.tidemark.engine.Volume;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** In steady state a connection allocates nothing for a request, and reports every one of them. */
@Timeout(120)
class SteadyStateTest {
    private static final int DEPTH = 32;
    private static final int WARM_UP_ROUNDS = 2_000;
    private static final int ROUNDS = 2_000;

    @TempDir
    Path folder;

    private final Counts counts = new Counts();

    private static final class Counts implements NbdMetrics {
        final LongAdder reads = new LongAdder();
        final LongAdder writes = new LongAdder();
        final LongAdder flushes = new LongAdder();
        final LongAdder bytes = new LongAdder();
        final AtomicLong connectionThread = new AtomicLong();

        @Override
        public void operation(NbdOperation kind, long length, long nanos, boolean failed) {
            connectionThread.set(Thread.currentThread().getId());
            bytes.add(length);
            switch (kind) {
                case READ -> reads.increment();
                case WRITE -> writes.increment();
                default -> flushes.increment();
            }
        }
    }

    @Test
    void shouldAllocateNothingForARequest() throws Exception {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (NbdServer server = NbdServer.open(NbdConfig.defaults(), new OneVolume(), counts)) {
            NbdAddress address = server.listen(NbdAddress.unix(folder.resolve("s")));
            try (TestClient client = TestClient.open(address, "disk")) {
                ByteBuffer requests = requests();
                ByteBuffer replies = ByteBuffer.allocateDirect(DEPTH * (28 + 4096) + DEPTH * 16 + 16);
                run(client, requests, replies, WARM_UP_ROUNDS);
                long before = threads.getThreadAllocatedBytes(counts.connectionThread.get());
                run(client, requests, replies, ROUNDS);
                long allocated = threads.getThreadAllocatedBytes(counts.connectionThread.get()) - before;
                // Less than a byte for each of 65 requests a round: what the JVM itself does now and then.
                assertThat(allocated).isLessThan(ROUNDS * (2L * DEPTH + 1));
            }
        }
        long rounds = WARM_UP_ROUNDS + ROUNDS;
        assertThat(counts.reads.sum()).isEqualTo(rounds * DEPTH);
        assertThat(counts.writes.sum()).isEqualTo(rounds * DEPTH);
        assertThat(counts.flushes.sum()).isEqualTo(rounds);
        assertThat(counts.bytes.sum()).isEqualTo(rounds * DEPTH * 2 * 4096);
    }

    private static ByteBuffer requests() {
        ByteBuffer all = ByteBuffer.allocateDirect(DEPTH * (28 + 28 + 4096) + 28);
        for (int i = 0; i < DEPTH; i++) {
            all.put(TestClient.request(0, NbdProtocol.CMD_WRITE, i, i * 4096L, 4096, new byte[4096]));
            all.put(TestClient.request(0, NbdProtocol.CMD_READ, i, i * 4096L, 4096));
        }
        return all.put(TestClient.request(0, NbdProtocol.CMD_FLUSH, 99, 0, 0)).flip();
    }

    private static void run(TestClient client, ByteBuffer requests, ByteBuffer replies, int rounds) throws Exception {
        for (int i = 0; i < rounds; i++) {
            client.send(requests.rewind());
            replies.clear();
            while (replies.hasRemaining()) {
                assertThat(client.channel.read(replies)).isPositive();
            }
        }
    }

    /** Exports a volume that keeps nothing and allocates nothing; its requests end on the caller's thread. */
    private static final class OneVolume implements ExportSource, Volume, Volume.Attachment {
        private final ThreadLocal<OneBuffer> buffers = ThreadLocal.withInitial(OneBuffer::new);

        private static final class OneBuffer implements WriteBuffer {
            private final ByteBuffer bytes = ByteBuffer.allocateDirect(64 << 10);

            @Override
            public ByteBuffer bytes() {
                return bytes;
            }

            @Override
            public void release() {}
        }

        @Override
        public List<String> names() {
            return List.of("disk");
        }

        @Override
        public Volume find(String name) {
            return this;
        }

        @Override
        public long id() {
            return 1;
        }

        @Override
        public String name() {
            return "disk";
        }

        @Override
        public long sizeBytes() {
            return 1 << 30;
        }

        @Override
        public int blockSizeBytes() {
            return 4096;
        }

        @Override
        public boolean readOnly() {
            return false;
        }

        @Override
        public boolean exists() {
            return true;
        }

        @Override
        public void read(long offset, ByteBuffer target) {
            target.position(target.limit());
        }

        @Override
        public WriteBuffer tryClaim(int length) {
            OneBuffer buffer = buffers.get();
            buffer.bytes.clear().limit(length);
            return buffer;
        }

        @Override
        public WriteBuffer claim(int length) {
            return tryClaim(length);
        }

        @Override
        public void submitWrite(long offset, WriteBuffer data, boolean fua, Completion completion, long cookie) {
            completion.completed(cookie, null);
        }

        @Override
        public void submitFlush(Completion completion, long cookie) {
            completion.completed(cookie, null);
        }

        @Override
        public void submitDiscard(long offset, long length, boolean fua, Completion completion, long cookie) {
            completion.completed(cookie, null);
        }

        @Override
        public void submitZeroes(long offset, long length, boolean fua, Completion completion, long cookie) {
            completion.completed(cookie, null);
        }

        @Override
        public Attachment attach(Runnable closeRequested) {
            return this;
        }

        @Override
        public void close() {}

        @Override
        public void write(long offset, ByteBuffer source) {
            throw unused();
        }

        @Override
        public void flush() {
            throw unused();
        }

        @Override
        public void discard(long offset, long length) {
            throw unused();
        }

        @Override
        public void writeZeroes(long offset, long length) {
            throw unused();
        }

        @Override
        public CompletionStage<Void> writeAsync(long offset, ByteBuffer source) {
            return CompletableFuture.failedStage(unused());
        }

        @Override
        public CompletionStage<Void> flushAsync() {
            return CompletableFuture.failedStage(unused());
        }

        @Override
        public CompletionStage<Void> discardAsync(long offset, long length) {
            return CompletableFuture.failedStage(unused());
        }

        @Override
        public CompletionStage<Void> writeZeroesAsync(long offset, long length) {
            return CompletableFuture.failedStage(unused());
        }

        @Override
        public void extents(long offset, long length, ExtentSink sink) {
            throw unused();
        }

        private static StoreException unused() {
            return new StoreException(StoreException.FAILED, "not used by the server");
        }
    }
}
