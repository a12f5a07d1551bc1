package dev.tidemark.journal;

import static dev.tidemark.journal.TestJournals.payload;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.tidemark.storage.DiskStorage;
import dev.tidemark.storage.sim.SimStorage;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The journal between threads, on real files: an appender, a thread that forces, a helper, and a reader beside
 * them.
 */
class JournalThreadsTest {
    private static final int FRAMES = 30_000;

    private final JournalConfig config = JournalConfig.builder()
            .segmentBytes(1 << 20)
            .stagingBytes(64 << 10)
            .maxPayloadBytes(20_000)
            .build();

    @Test
    void shouldKeepOrderWhileOneThreadAppendsAnotherForcesAndAThirdReads(@TempDir Path folder) throws Exception {
        try (DiskStorage storage = new DiskStorage(folder)) {
            Journal journal = TestJournals.create(storage, config);
            AtomicBoolean done = new AtomicBoolean();
            AtomicReference<Throwable> failure = new AtomicReference<>();
            Thread forcer = start(failure, () -> {
                long seen = 0;
                for (int i = 0; !done.get(); i++) {
                    journal.force();
                    if (i % 16 == 0) {
                        journal.mark();
                    }
                    assertThat(journal.durableOffset()).isGreaterThanOrEqualTo(seen);
                    // Proven first: the thread that appends begins segments, which moves both on between two looks.
                    long proven = journal.provenOffset();
                    seen = journal.durableOffset();
                    assertThat(proven).isLessThanOrEqualTo(seen);
                }
            });
            AtomicLong read = new AtomicLong();
            Thread reader = start(failure, () -> {
                try (JournalReader live = JournalReader.follow(storage, config, 0, false)) {
                    while (read.get() < FRAMES && failure.get() == null) {
                        live.poll(frame -> expect(frame, read.incrementAndGet()), 1000);
                        assertThat(live.state()).isIn(JournalReader.State.MORE, JournalReader.State.END_FOR_NOW);
                    }
                }
            });
            UnsafeBuffer buffer = new UnsafeBuffer(new byte[20_000]);
            for (long seq = 1; seq <= FRAMES && failure.get() == null; seq++) {
                byte[] bytes = payload(seq, length(seq));
                buffer.putBytes(0, bytes);
                if (seq % 2 == 0) {
                    journal.append(1, seq, 1, 0, buffer, 0, bytes.length);
                } else {
                    journal.claim(1, seq, 1, 0, bytes.length)
                            .put(buffer, 0, bytes.length / 2)
                            .put(buffer, bytes.length / 2, bytes.length - bytes.length / 2)
                            .commit();
                }
            }
            done.set(true);
            forcer.join();
            if (failure.get() == null) {
                journal.mark();
            }
            reader.join();
            assertThat(failure.get()).isNull();
            assertThat(read.get()).isEqualTo(FRAMES);
            journal.close();
            AtomicLong replayed = new AtomicLong();
            try (JournalRecovery recovery = Journal.recover(storage, config, Known.NOTHING)) {
                recovery.replay(0, frame -> expect(frame, replayed.incrementAndGet()));
            }
            assertThat(replayed.get()).isEqualTo(FRAMES);
        }
    }

    private static int length(long seq) {
        return (int) (seq * 7919 % (seq % 100 == 0 ? 20_000 : 600));
    }

    private static void expect(Frame frame, long seq) {
        assertThat(frame.firstSeq()).isEqualTo(seq);
        byte[] bytes = payload(seq, length(seq));
        boolean same = frame.payloadLength() == bytes.length;
        for (int i = 0; same && i < bytes.length; i++) {
            same = frame.buffer().getByte(frame.payloadOffset() + i) == bytes[i];
        }
        assertThat(same).as("payload of " + seq).isTrue();
    }

    private interface Work {
        void run() throws IOException;
    }

    private static Thread start(AtomicReference<Throwable> failure, Work work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (IOException | RuntimeException | Error e) {
                failure.compareAndSet(null, e);
            }
        });
        thread.start();
        return thread;
    }

    @Test
    @Tag("quick")
    void shouldAllocateNothingPerFrameAndForce(@TempDir Path folder) throws Exception {
        JournalConfig large = JournalConfig.builder().segmentBytes(32 << 20).build();
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (DiskStorage storage = new DiskStorage(folder);
                Journal journal = TestJournals.create(storage, large)) {
            UnsafeBuffer buffer = new UnsafeBuffer(payload(1, 256));
            long seq = 0;
            for (int i = 0; i < 200; i++) {
                journal.append(1, ++seq, 1, 0, buffer, 0, 256);
                journal.claim(1, ++seq, 1, 0, 256).put(buffer, 0, 256).commit();
                journal.force();
            }
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 1000; i++) {
                for (int j = 0; j < 10; j++) {
                    journal.append(1, ++seq, 1, 0, buffer, 0, 256);
                    journal.claim(1, ++seq, 1, 0, 256).put(buffer, 0, 256).commit();
                }
                if (i % 10 == 0) {
                    journal.force();
                }
            }
            long allocated = threads.getCurrentThreadAllocatedBytes() - before;
            assertThat(allocated).as("bytes for 20,000 frames and 100 forces").isLessThan(4096);
        }
    }

    @Test
    @Tag("quick")
    void shouldRefuseWhileTheHelperFailsAndGoOnAfterwards() throws Exception {
        SimStorage storage = new SimStorage(51);
        JournalConfig helped = TestJournals.tiny().helperThread(true).build();
        Journal journal = TestJournals.create(storage, helped);
        storage.plan(dev.tidemark.storage.sim.Fault.ioError()
                .in(dev.tidemark.storage.sim.Operation.PREALLOCATE)
                .always());
        IOException ended = null;
        for (int i = 0; i < 100 && ended == null; i++) {
            try {
                TestJournals.append(journal, 1, 3000);
            } catch (IOException e) {
                ended = e;
            }
        }
        assertThat(ended).isInstanceOf(JournalFullException.class).hasMessageContaining("preallocate");
        assertThat(journal.failure()).isNull();
        storage.clearPlan();
        journal.retryRoom();
        TestJournals.append(journal, 1, 3000);
        journal.close();
        storage.checkUsers();
    }
}
