package dev.tidemark.engine.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.UnknownFieldSet;
import com.sun.management.ThreadMXBean;
import dev.tidemark.engine.state.BlocksUnmapped;
import dev.tidemark.engine.state.BlocksWritten;
import dev.tidemark.engine.state.CatalogueChanged;
import dev.tidemark.engine.state.Event;
import dev.tidemark.engine.state.Events;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("quick")
class EventCodecTest {
    private static final long SEED = 20_260_102;
    private static final int ROUNDS = 4_000;

    /** Far more than any of the small events here needs, stack of an exception included. */
    private static final long MAX_DECODING_BYTES = 1 << 20;

    private final EventEncoder encoder = new EventEncoder();
    private final EventDecoder decoder = new EventDecoder();

    @Test
    void shouldWriteWhatTheGeneratedClassesWrite() {
        for (int round = 0; round < ROUNDS; round++) {
            Event event = Events.event(new Random(SEED + round));
            byte[] generated = EventProtos.toProto(event).toByteArray();
            assertThat(encode(event)).as("seed %d: %s", SEED + round, event).isEqualTo(generated);
        }
    }

    @Test
    void shouldReadBackWhatItWrote() {
        for (int round = 0; round < ROUNDS; round++) {
            Event event = Events.event(new Random(SEED + round));
            byte[] bytes = encode(event);
            assertThat(decode(bytes)).as("seed %d", SEED + round).isEqualTo(event);
            Event slow = EventProtos.fromProto(
                    Protos.parse(dev.tidemark.proto.Event.parser(), bytes), new WriteEventDecoder());
            assertThat(slow).as("seed %d, the generated way", SEED + round).isEqualTo(event);
        }
    }

    /** The bytes of a known event: whoever changes them breaks every journal that exists. */
    @Test
    void shouldKeepTheBytesOfEveryReleasedVersion() {
        BlocksWritten written = new BlocksWritten().reset(1_767_225_600_000L, 3, 300);
        written.addRun(70_000, 2);
        written.addRun(5, 1);
        written.checksum(0, 0x01020304);
        written.checksum(1, -1);
        written.checksum(2, 0);
        assertThat(HexFormat.of().formatHex(encode(written)))
                .isEqualTo("0880d0eab6b73312" + "1d" + "0803" + "10ac02" + "1a04f0a20405" + "22020201"
                        + "2a0c04030201ffffffff00000000");
        BlocksUnmapped unmapped = new BlocksUnmapped().set(1, 2, 0, 1000, 7);
        assertThat(HexFormat.of().formatHex(encode(unmapped))).isEqualTo("0801" + "1a07" + "0802" + "18e807" + "2007");
    }

    @Test
    void shouldReadOtherLegalFormsOfAWrite() throws Exception {
        BlocksWritten event = Events.written(new Random(SEED), 77, 5);
        dev.tidemark.proto.BlocksWritten body = EventProtos.toProto(event).getBlocksWritten();
        // Fields in descending order, numbers one by one instead of packed.
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        for (int checksum : body.getChecksumsList()) {
            out.writeFixed32(EventEncoder.WRITTEN_CHECKSUMS, checksum);
        }
        for (int length : body.getRunLengthsList()) {
            out.writeUInt32(EventEncoder.WRITTEN_LENGTHS, length);
        }
        for (long start : body.getRunStartsList()) {
            out.writeUInt64(EventEncoder.WRITTEN_STARTS, start);
        }
        out.writeUInt64(EventEncoder.WRITTEN_FIRST, body.getFirstBlock());
        out.writeUInt64(EventEncoder.WRITTEN_VOLUME, body.getVolumeId());
        out.flush();
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        CodedOutputStream outer = CodedOutputStream.newInstance(whole);
        outer.writeByteArray(EventEncoder.BLOCKS_WRITTEN, bytes.toByteArray());
        outer.writeUInt64(EventEncoder.TIME, 77);
        outer.flush();
        assertThat(decode(whole.toByteArray())).isEqualTo(event);
    }

    @Test
    void shouldSayThatANewerVersionWroteIt() {
        UnknownFieldSet unknown = UnknownFieldSet.newBuilder()
                .mergeField(100, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
                .build();
        Random random = new Random(SEED);
        List<byte[]> newer = new ArrayList<>();
        newer.add(dev.tidemark.proto.Event.newBuilder()
                .setTimeMs(1)
                .setUnknownFields(unknown)
                .build()
                .toByteArray());
        for (int i = 0; i < 200; i++) {
            dev.tidemark.proto.Event event = EventProtos.toProto(Events.event(random));
            newer.add(event.toBuilder().setUnknownFields(unknown).build().toByteArray());
            dev.tidemark.proto.Event.Builder inside = event.toBuilder();
            if (event.hasBlocksWritten()) {
                inside.getBlocksWrittenBuilder().setUnknownFields(unknown);
            } else if (event.hasRangeZeroed()) {
                inside.getRangeZeroedBuilder().getMiddleBuilder().setUnknownFields(unknown);
            } else if (event.hasCatalogueChanged()) {
                inside.getCatalogueChangedBuilder().addChangesBuilder().setUnknownFields(unknown);
            } else {
                continue;
            }
            newer.add(inside.build().toByteArray());
        }
        dev.tidemark.proto.Event.Builder verb = dev.tidemark.proto.Event.newBuilder();
        verb.getCatalogueChangedBuilder()
                .addChangesBuilder()
                .getSnapshotTakenBuilder()
                .setVolumeId(2)
                .setName("s")
                .setSourceId(1)
                .setVerbValue(9);
        newer.add(verb.build().toByteArray());
        for (byte[] bytes : newer) {
            assertThatThrownBy(() -> decode(bytes))
                    .isInstanceOf(TooNewException.class)
                    .hasMessageContaining("written by a newer version");
        }
    }

    /**
     * Cut, flipped and made-up bytes: an event, or one of the two exceptions, and never more memory than the bytes
     * allow.
     */
    @Test
    void shouldSurviveDamage() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        int damaged = 0;
        for (int round = 0; round < 5 * ROUNDS; round++) {
            Random random = new Random(SEED + round);
            byte[] bytes = encode(Events.event(random));
            if (random.nextInt(4) == 0) {
                bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
            }
            for (int i = random.nextInt(3); i > 0 && bytes.length > 0; i--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            long before = threads.getCurrentThreadAllocatedBytes();
            try {
                Event event = decode(bytes);
                assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(MAX_DECODING_BYTES);
                assertThat(decode(encode(event))).as("seed %d", SEED + round).isEqualTo(event);
            } catch (MalformedException | TooNewException e) {
                assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(MAX_DECODING_BYTES);
                damaged++;
            }
        }
        assertThat(damaged).isGreaterThan(ROUNDS);
    }

    @Test
    void shouldRefuseLengthsThatPromiseMoreThanThereIs() {
        for (String hex : List.of("12ffffffff07", "12ffffffffffffffffff01", "1a", "0880", "12041a7f0101", "2204")) {
            assertThatThrownBy(() -> decode(HexFormat.of().parseHex(hex))).isInstanceOf(MalformedException.class);
        }
        UnsafeBuffer delimited = new UnsafeBuffer(HexFormat.of().parseHex("7f0801"));
        assertThatThrownBy(() -> decoder.wrap(delimited, 0, 3).next()).isInstanceOf(MalformedException.class);
        assertThatThrownBy(() -> decode(new byte[0])).isInstanceOf(MalformedException.class);
    }

    @Test
    void shouldReadDelimitedEventsOneAfterTheOther() {
        ExpandableArrayBuffer buffer = new ExpandableArrayBuffer();
        List<Event> events = new ArrayList<>();
        Random random = new Random(SEED);
        int end = 3;
        for (int i = 0; i < 500; i++) {
            Event event = Events.event(random);
            events.add(event);
            int length = encoder.delimitedLength(event);
            assertThat(encoder.encodeDelimited(event, buffer, end)).isEqualTo(length);
            end += length;
        }
        decoder.wrap(buffer, 3, end - 3);
        for (Event event : events) {
            assertThat(decoder.hasNext()).isTrue();
            assertThat(decoder.next()).isEqualTo(event);
        }
        assertThat(decoder.hasNext()).isFalse();
    }

    @Test
    void shouldAllocateNothingForIo() {
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[1 << 16]);
        Random random = new Random(SEED);
        List<Event> events = new ArrayList<>();
        while (events.size() < 64) {
            Event event = Events.event(random);
            if (!(event instanceof CatalogueChanged) && !(event instanceof Event.Background)) {
                events.add(event);
            }
        }
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long allocated = Long.MAX_VALUE;
        // Several tries: the first ones may run in the interpreter, and grow the flyweights.
        for (int attempt = 0; attempt < 20 && allocated > 0; attempt++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int round = 0; round < 200; round++) {
                for (int i = 0; i < events.size(); i++) {
                    int length = encoder.encode(events.get(i), buffer, 0);
                    decoder.decode(buffer, 0, length);
                }
            }
            allocated = threads.getCurrentThreadAllocatedBytes() - before;
        }
        assertThat(allocated).as("bytes for 12,800 events").isLessThan(12_800);
    }

    private byte[] encode(Event event) {
        byte[] bytes = new byte[encoder.length(event)];
        assertThat(encoder.encode(event, new UnsafeBuffer(bytes), 0)).isEqualTo(bytes.length);
        return bytes;
    }

    private Event decode(byte[] bytes) {
        // In the middle of other bytes, so that reading before or after shows.
        byte[] within = new byte[bytes.length + 32];
        Arrays.fill(within, (byte) 0x81);
        System.arraycopy(bytes, 0, within, 16, bytes.length);
        return decoder.decode(new UnsafeBuffer(within), 16, bytes.length);
    }
}
