package dev.tidemark.journal;

import dev.tidemark.storage.Storage;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.agrona.concurrent.UnsafeBuffer;

/** Small journals whose every operation repeats, and plain lists to compare them with. */
final class TestJournals {
    static final UUID STORE = new UUID(0x1122334455667788L, 0x99aabbccddeeff00L);
    static final long SALT = 0x5a17_5a17_0bad_cafeL;
    static final byte[] CALLER = {'b', 's', '=', '4', 'K'};

    /** A frame with events, as a list would hold it. */
    record Entry(int type, long firstSeq, int count, long home, List<Byte> payload, long offset, long end) {
        static Entry from(Frame frame) {
            List<Byte> bytes = new ArrayList<>(frame.payloadLength());
            for (int i = 0; i < frame.payloadLength(); i++) {
                bytes.add(frame.buffer().getByte(frame.payloadOffset() + i));
            }
            return new Entry(
                    frame.type(),
                    frame.firstSeq(),
                    frame.count(),
                    frame.homeDurableUpTo(),
                    bytes,
                    frame.offset(),
                    frame.endOffset());
        }
    }

    private TestJournals() {}

    /** Segments of 20 KiB, payloads up to 6,000 bytes, no helper thread, a clock that stands still. */
    static JournalConfig.Builder tiny() {
        return JournalConfig.builder()
                .segmentBytes(20 << 10)
                .stagingBytes(16 << 10)
                .maxPayloadBytes(6000)
                .helperThread(false)
                .clock(() -> Instant.EPOCH)
                .salts(() -> SALT);
    }

    static Journal create(Storage storage, JournalConfig config) throws IOException {
        return Journal.create(storage, config, STORE, CALLER);
    }

    /** Bytes that tell seq and place, so that no two payloads are alike. */
    static byte[] payload(long seq, int length) {
        byte[] bytes = new byte[length];
        long state = seq * 0x9E3779B97F4A7C15L + length;
        for (int i = 0; i < length; i++) {
            state = state * 6364136223846793005L + 1442695040888963407L;
            bytes[i] = (byte) (state >>> 56);
        }
        return bytes;
    }

    /** Appends one frame of {@code count} events and says what a list would hold. */
    static Entry append(Journal journal, int count, int length) throws IOException {
        return append(journal, count, payload(journal.lastSeq() + 1, length));
    }

    static Entry append(Journal journal, int count, byte[] payload) throws IOException {
        long seq = journal.lastSeq() + 1;
        int type = (int) (seq % 7);
        long end = journal.append(type, seq, count, seq / 2, new UnsafeBuffer(payload), 0, payload.length);
        List<Byte> bytes = new ArrayList<>(payload.length);
        for (byte b : payload) {
            bytes.add(b);
        }
        long offset = end - FrameDescriptor.frameBytes(payload.length);
        return new Entry(type, seq, count, seq / 2, bytes, offset, end);
    }

    static List<Entry> replay(JournalRecovery recovery) throws IOException {
        List<Entry> entries = new ArrayList<>();
        recovery.replay(0, frame -> entries.add(Entry.from(frame)));
        return entries;
    }

    static List<Entry> readAll(Storage storage, JournalConfig config) throws IOException {
        try (JournalRecovery recovery = Journal.recover(storage, config, Known.NOTHING)) {
            return replay(recovery);
        }
    }
}
