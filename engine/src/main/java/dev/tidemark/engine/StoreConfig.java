package dev.tidemark.engine;

import dev.tidemark.engine.recovery.Sabotage;
import dev.tidemark.storage.DiskStorage;
import dev.tidemark.storage.Storage;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/** Where a store is and how it is to be run. Immutable; made by {@link #at(Path)} and checked there. */
public final class StoreConfig {
    /** Enough for most, and a file takes only what is written. */
    public static final long DEFAULT_CAPACITY_BYTES = 64L << 30;
    /** The smallest capacity: room for the reserve and some data. */
    public static final long MIN_CAPACITY_BYTES = 1 << 20;
    /** The largest capacity. */
    public static final long MAX_CAPACITY_BYTES = 256L << 40;
    /** The block size of most file systems. */
    public static final int DEFAULT_BLOCK_BYTES = 4096;

    private final Builder values;

    private StoreConfig(Builder values) {
        this.values = values;
    }

    /** A store in the folder {@code path} of the real file system. */
    public static Builder at(Path path) {
        Path whole = path.toAbsolutePath().normalize();
        Path parent = whole.getParent();
        if (parent == null || whole.getFileName() == null) {
            throw new IllegalArgumentException("store=" + path + ": must be a folder, not the root");
        }
        return new Builder(new DiskStorage(parent), whole.getFileName().toString(), path.toString());
    }

    /** A store in a directory of some storage. */
    public static Builder in(Storage parent, String directory) {
        return new Builder(parent, directory, directory);
    }

    Storage parent() {
        return values.parent;
    }

    String directory() {
        return values.directory;
    }

    /** The store as its user named it, for messages. */
    public String displayName() {
        return values.displayName;
    }

    /** Bytes of the exception store of a new store. */
    public long capacityBytes() {
        return values.capacityBytes;
    }

    /** The block size of a new store. */
    public int blockSizeBytes() {
        return values.blockSizeBytes;
    }

    /** Options to be set, as text. */
    public Map<String, String> options() {
        return values.options;
    }

    InstantSource clock() {
        return values.clock;
    }

    LongSupplier nanoClock() {
        return values.nanoClock;
    }

    LongSupplier random() {
        return values.random;
    }

    boolean stepped() {
        return values.stepped;
    }

    Sabotage sabotage() {
        return values.sabotage;
    }

    /** A very small journal for tests, or 0. */
    int testSegmentBytes() {
        return values.testSegmentBytes;
    }

    /** Collects the values. */
    public static final class Builder {
        private final Storage parent;
        private final String directory;
        private final String displayName;
        private final Map<String, String> options = new TreeMap<>();
        private long capacityBytes = DEFAULT_CAPACITY_BYTES;
        private int blockSizeBytes = DEFAULT_BLOCK_BYTES;
        private InstantSource clock = InstantSource.system();
        private LongSupplier nanoClock = System::nanoTime;
        private LongSupplier random = new SecureRandom()::nextLong;
        private boolean stepped;
        private Sabotage sabotage = Sabotage.NONE;
        private int testSegmentBytes;

        private Builder(Storage parent, String directory, String displayName) {
            this.parent = parent;
            this.directory = directory;
            this.displayName = displayName;
        }

        /** For a new store: a multiple of the block size from 1 MiB to 256 TiB. */
        public Builder capacityBytes(long value) {
            capacityBytes = value;
            return this;
        }

        /** For a new store: a power of two from 4 KiB to 64 KiB. */
        public Builder blockSizeBytes(int value) {
            blockSizeBytes = value;
            return this;
        }

        /** Sets one of the store's options (see {@link StoreOptions}); it is stored with the store. */
        public Builder option(String key, String value) {
            options.put(Objects.requireNonNull(key), Objects.requireNonNull(value));
            return this;
        }

        /** Where the time of events comes from. */
        public Builder clock(InstantSource value) {
            clock = Objects.requireNonNull(value);
            return this;
        }

        /** Where intervals come from, in nanoseconds. */
        public Builder nanoClock(LongSupplier value) {
            nanoClock = Objects.requireNonNull(value);
            return this;
        }

        /** Where identities and salts come from; must be unpredictable to the clients of volumes. */
        public Builder random(LongSupplier value) {
            random = Objects.requireNonNull(value);
            return this;
        }

        /**
         * Runs the store without threads of its own: every request is carried out by the thread that sends it, with the
         * same operations on the storage each time. For crash tests; one thread at a time.
         */
        public Builder stepped(boolean value) {
            stepped = value;
            return this;
        }

        /** Breaks one rule on purpose, for tests that have to notice. */
        public Builder sabotage(Sabotage value) {
            sabotage = value;
            return this;
        }

        /** Journal segments of a size that no option allows, for tests that want many. */
        public Builder testSegmentBytes(int value) {
            testSegmentBytes = value;
            return this;
        }

        /**
         * Checks the values.
         *
         * @throws IllegalArgumentException as {@code name=value: why}
         */
        public StoreConfig build() {
            if (Integer.bitCount(blockSizeBytes) != 1 || blockSizeBytes < 4096 || blockSizeBytes > 65_536) {
                throw new IllegalArgumentException(
                        "block-size=" + blockSizeBytes + ": must be a power of two from 4K to 64K");
            }
            if (capacityBytes < MIN_CAPACITY_BYTES
                    || capacityBytes > MAX_CAPACITY_BYTES
                    || capacityBytes % blockSizeBytes != 0) {
                throw new IllegalArgumentException(
                        "capacity=" + capacityBytes + ": must be a multiple of the block size from 1M to 256T");
            }
            StoreOptions.DEFAULT.with(options);
            return new StoreConfig(this);
        }
    }
}
