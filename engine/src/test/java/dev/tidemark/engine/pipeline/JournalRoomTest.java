package dev.tidemark.engine.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.journal.Journal;
import dev.tidemark.journal.JournalConfig;
import dev.tidemark.journal.JournalRecovery;
import dev.tidemark.journal.Known;
import dev.tidemark.storage.sim.SimStorage;
import java.io.IOException;
import java.util.UUID;
import org.agrona.MutableDirectBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Reserves of the journal: on a device with plenty of room they refuse nothing, whatever the segments' length. */
@Tag("quick")
class JournalRoomTest {
    private static final UUID STORE = new UUID(1, 2);

    private final SimStorage device = new SimStorage(1);

    private static JournalConfig config(int segmentBytes, int payloadBytes) {
        return JournalConfig.builder()
                .segmentBytes(segmentBytes)
                .maxPayloadBytes(payloadBytes)
                .stagingBytes(Math.min(JournalConfig.DEFAULT_STAGING_BYTES, segmentBytes))
                .helperThread(false)
                .build();
    }

    /** Appends and forces frames over more than two segments, and asks before each. */
    private static void fill(Journal journal, JournalConfig config, int inlineBytes) throws IOException {
        JournalFrameLog log = new JournalFrameLog(journal, config.maxPayloadBytes());
        JournalRoom room = new JournalRoom(log, inlineBytes, () -> 0);
        int length = config.segmentBytes() / 37; // no divisor, so that every rest at a segment's end comes
        for (long done = 0; done < 5L * config.segmentBytes() / 2; done += length) {
            assertThat(room.forWrites()).as("after %d bytes", done).isTrue();
            assertThat(room.forCommands()).as("after %d bytes", done).isTrue();
            MutableDirectBuffer target = log.claim(journal.lastSeq() + 1, 1, false, 0, length);
            target.setMemory(log.index(), length, (byte) 1);
            log.commit(length);
            log.force();
        }
    }

    @ParameterizedTest
    @CsvSource({
        // segment, payload, data in frames
        "4194304, 1114112, 524288", // the smallest segment and the most data that options allow
        "4194304, 1114112, 262144",
        "16777216, 1114112, 524288",
        "65536, 16384, 262144", // of tests: smaller than the data that was wanted
        "65536, 32768, 8192",
        "32768, 16384, 8192",
    })
    void shouldRefuseNothingWhileTheDeviceHasPlenty(int segmentBytes, int payloadBytes, int inlineBytes)
            throws Exception {
        JournalConfig config = config(segmentBytes, payloadBytes);
        try (Journal journal = Journal.create(device, config, STORE, new byte[0])) {
            fill(journal, config, inlineBytes);
        }
    }

    /**
     * A segment that was written ahead when segments were shorter was enough to write no other ahead, and too little
     * for the reserves: all writes were refused.
     */
    @Test
    void shouldRefuseNothingAfterSegmentsWereMadeLonger() throws Exception {
        JournalConfig shorter = config(4 << 20, JournalConfig.DEFAULT_MAX_PAYLOAD_BYTES);
        Journal.create(device, shorter, STORE, new byte[0]).close();
        JournalConfig longer = config(16 << 20, JournalConfig.DEFAULT_MAX_PAYLOAD_BYTES);
        try (JournalRecovery recovery = Journal.recover(device, longer, new Known(0, 0, 0, STORE));
                Journal journal = recovery.begin()) {
            assertThat(journal.roomBytes()).isGreaterThanOrEqualTo(journal.segmentRoomBytes());
            fill(journal, longer, 256 << 10);
        }
    }

    /** Each try writes as much of a segment as the device takes: that was done for every request that was refused. */
    @Test
    void shouldTryToMakeRoomOnceASecond() throws Exception {
        long[] nanos = {5};
        int[] tries = {0};
        FrameLog full = new NoLog() {
            @Override
            public void retryRoom() {
                tries[0]++;
            }
        };
        JournalRoom room = new JournalRoom(full, 4096, () -> nanos[0]);
        for (int i = 0; i < 100; i++) {
            assertThat(room.forWrites()).isFalse();
            assertThat(room.forCommands()).isFalse();
        }
        assertThat(tries[0]).isEqualTo(1);
        nanos[0] += 1_000_000_000;
        assertThat(room.forWrites()).isFalse();
        assertThat(tries[0]).isEqualTo(2);
    }

    /** The try came back before the helper had done anything, so that a request was refused on a device with room. */
    @Test
    void shouldWaitForTheHelperThatMakesRoom() throws Exception {
        JournalConfig config = JournalConfig.builder()
                .segmentBytes(1 << 20)
                .maxPayloadBytes(64 << 10)
                .stagingBytes(1 << 20)
                .build();
        try (Journal journal = Journal.create(device, config, STORE, new byte[0])) {
            journal.retryRoom();
            long plenty = journal.roomBytes();
            device.limitCapacity(1L << 30);
            device.limitCapacity((1L << 30) - device.usableBytes());
            JournalFrameLog log = new JournalFrameLog(journal, config.maxPayloadBytes());
            JournalRoom room = new JournalRoom(log, 4096, System::nanoTime);
            MutableDirectBuffer target;
            while (journal.roomBytes() > plenty / 4) {
                target = log.claim(journal.lastSeq() + 1, 1, false, 0, 60_000);
                target.setMemory(log.index(), 60_000, (byte) 1);
                log.commit(60_000);
                log.force();
            }
            device.limitCapacity(1L << 30);
            log.retryRoom();
            assertThat(journal.roomBytes()).isGreaterThanOrEqualTo(journal.segmentRoomBytes());
            assertThat(room.forWrites()).isTrue();
        }
    }

    /** A log without room. */
    private abstract static class NoLog implements FrameLog {
        @Override
        public int maxPayloadBytes() {
            return 64 << 10;
        }

        @Override
        public MutableDirectBuffer claim(long firstSeq, int events, boolean withData, long home, int length) {
            throw new AssertionError("nothing is appended");
        }

        @Override
        public int index() {
            return 0;
        }

        @Override
        public void commit(int lengthBytes) {}

        @Override
        public void abort() {}

        @Override
        public void force() {}

        @Override
        public void mark() {}

        @Override
        public long appendedOffset() {
            return 0;
        }

        @Override
        public int epoch() {
            return 1;
        }

        @Override
        public void releaseBelow(long offset) {}

        @Override
        public long roomBytes() {
            return 0;
        }

        @Override
        public long segmentRoomBytes() {
            return 1 << 20;
        }

        @Override
        public IOException shortage() {
            return null;
        }
    }

    @Test
    void shouldCarryNoMoreThanAFrameTakes() throws Exception {
        JournalConfig config = config(64 << 10, 16 << 10);
        try (Journal journal = Journal.create(device, config, STORE, new byte[0])) {
            JournalFrameLog log = new JournalFrameLog(journal, config.maxPayloadBytes());
            assertThat(new JournalRoom(log, 256 << 10, () -> 0).inlineBytes()).isEqualTo(8 << 10);
            assertThat(new JournalRoom(log, 4096, () -> 0).inlineBytes()).isEqualTo(4096);
        }
    }
}
