package dev.tidemark.journal;

import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Objects;
import java.util.function.LongSupplier;

/** How a journal is to be kept. Immutable; made by {@link #builder}, which checks it. */
public final class JournalConfig {
    /** Large enough that rotation costs nothing, small enough to be zero-filled in a moment and released in steps. */
    public static final int DEFAULT_SEGMENT_BYTES = 64 << 20;

    /** The largest payload unless the configuration says otherwise: 1 MiB of data, and room for the events about it. */
    public static final int DEFAULT_MAX_PAYLOAD_BYTES = (1 << 20) + (64 << 10);

    /** Two of these hold what was appended and not written yet. */
    public static final int DEFAULT_STAGING_BYTES = 4 << 20;

    /** One segment in work and one ahead. */
    public static final int DEFAULT_PREPARED_SEGMENTS = 1;

    /** More would only hold space that nobody else can use. */
    public static final int MAX_PREPARED_SEGMENTS = 64;

    private final Builder values;

    private JournalConfig(Builder values) {
        this.values = values;
    }

    /** A builder with the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** The defaults. */
    public static JournalConfig defaults() {
        return new Builder().build();
    }

    /** The directory of the segments, in the storage. */
    public String directory() {
        return values.directory;
    }

    /** Bytes of each new segment, header included. */
    public int segmentBytes() {
        return values.segmentBytes;
    }

    /** The largest payload of a frame in bytes. */
    public int maxPayloadBytes() {
        return values.maxPayloadBytes;
    }

    /** Bytes of each of the two staging buffers. */
    public int stagingBytes() {
        return values.stagingBytes;
    }

    /** How many segments are kept written ahead. */
    public int preparedSegments() {
        return values.preparedSegments;
    }

    /** What becomes of released segments. */
    public RetentionPolicy retention() {
        return values.retention;
    }

    /** Whether a thread of its own writes segments ahead; if not, the appender does, at fixed points. */
    public boolean helperThread() {
        return values.helperThread;
    }

    /** Where segments' ages come from. */
    public InstantSource clock() {
        return values.clock;
    }

    /** Where a new journal's salt comes from. */
    public LongSupplier salts() {
        return values.salts;
    }

    /** Collects the values; {@link #build} checks them. */
    public static final class Builder implements Cloneable {
        private String directory = "journal";
        private int segmentBytes = DEFAULT_SEGMENT_BYTES;
        private int maxPayloadBytes = DEFAULT_MAX_PAYLOAD_BYTES;
        private int stagingBytes = DEFAULT_STAGING_BYTES;
        private int preparedSegments = DEFAULT_PREPARED_SEGMENTS;
        private RetentionPolicy retention = RetentionPolicy.NONE;
        private boolean helperThread = true;
        private InstantSource clock = InstantSource.system();
        private LongSupplier salts = () -> new SecureRandom().nextLong();

        private Builder() {}

        /** A directory in the storage; made when missing. */
        public Builder directory(String value) {
            directory = Objects.requireNonNull(value);
            return this;
        }

        /** A multiple of 4096 from 16 KiB to 1 GiB. Segments that exist keep their length. */
        public Builder segmentBytes(int value) {
            segmentBytes = value;
            return this;
        }

        /** At least 1; a segment less 12 KiB, and a staging buffer less 8 KiB, must take it with a 64-byte header. */
        public Builder maxPayloadBytes(int value) {
            maxPayloadBytes = value;
            return this;
        }

        /** A multiple of 4096 from 16 KiB. */
        public Builder stagingBytes(int value) {
            stagingBytes = value;
            return this;
        }

        /** From 1 to {@link #MAX_PREPARED_SEGMENTS}. */
        public Builder preparedSegments(int value) {
            preparedSegments = value;
            return this;
        }

        public Builder retention(RetentionPolicy value) {
            retention = Objects.requireNonNull(value);
            return this;
        }

        /** Without it every operation on the storage happens in the calling thread, in an order that repeats. */
        public Builder helperThread(boolean value) {
            helperThread = value;
            return this;
        }

        public Builder clock(InstantSource value) {
            clock = Objects.requireNonNull(value);
            return this;
        }

        /** Must be unpredictable to the clients of the store's volumes. */
        public Builder salts(LongSupplier value) {
            salts = Objects.requireNonNull(value);
            return this;
        }

        /**
         * Checks the values.
         *
         * @throws IllegalArgumentException as {@code name=value: why}
         */
        public JournalConfig build() {
            check(!directory.isEmpty(), "directory", directory, "must be named");
            check(
                    segmentBytes >= SegmentDescriptor.MIN_SEGMENT_BYTES
                            && segmentBytes <= SegmentDescriptor.MAX_SEGMENT_BYTES
                            && segmentBytes % FrameDescriptor.BLOCK_BYTES == 0,
                    "segmentBytes",
                    segmentBytes,
                    "must be a multiple of 4096 from 16384 to 1073741824");
            check(maxPayloadBytes >= 1, "maxPayloadBytes", maxPayloadBytes, "must be at least 1");
            int largest = maxPayloadBytes > segmentBytes ? segmentBytes : FrameDescriptor.frameBytes(maxPayloadBytes);
            check(
                    largest <= SegmentDescriptor.usableBytes(segmentBytes),
                    "maxPayloadBytes",
                    maxPayloadBytes,
                    "too large for segmentBytes=" + segmentBytes);
            check(
                    stagingBytes % FrameDescriptor.BLOCK_BYTES == 0
                            && stagingBytes >= 4 * FrameDescriptor.BLOCK_BYTES
                            && largest <= stagingBytes - 2 * FrameDescriptor.BLOCK_BYTES,
                    "stagingBytes",
                    stagingBytes,
                    "must be a multiple of 4096 that takes maxPayloadBytes=" + maxPayloadBytes + " and 8 KiB more");
            check(
                    preparedSegments >= 1 && preparedSegments <= MAX_PREPARED_SEGMENTS,
                    "preparedSegments",
                    preparedSegments,
                    "must be from 1 to " + MAX_PREPARED_SEGMENTS);
            return new JournalConfig(copy());
        }

        private static void check(boolean holds, String name, Object value, String why) {
            if (!holds) {
                throw new IllegalArgumentException(name + "=" + value + ": " + why);
            }
        }

        private Builder copy() {
            try {
                return (Builder) clone();
            } catch (CloneNotSupportedException e) {
                throw new AssertionError(e);
            }
        }
    }
}
