package dev.tidemark.tools.bench;

import dev.tidemark.engine.Store;
import dev.tidemark.engine.StoreConfig;
import dev.tidemark.engine.StoreException;
import dev.tidemark.engine.Volume;
import dev.tidemark.storage.DiskStorage;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.HdrHistogram.Histogram;

/** A store without data, so that it can be larger than the disk; all its volumes hold zeros. */
final class ScaleStore implements AutoCloseable {
    static final int BLOCK_BYTES = 4096;
    static final String VOLUME = "disk";
    private static final long CAPACITY_BYTES = 64L << 40;

    private final Path folder;
    private final Map<String, String> options = new TreeMap<>();
    private NoDataStorage storage;
    private Store store;
    private long sequentialAt;

    ScaleStore(Path folder) {
        this.folder = folder;
    }

    /** For the next open. */
    ScaleStore option(String key, String value) {
        options.put(key, value);
        return this;
    }

    private StoreConfig config() throws Exception {
        storage = new NoDataStorage(new DiskStorage(folder));
        StoreConfig.Builder config = StoreConfig.in(storage, "scale").capacityBytes(CAPACITY_BYTES);
        options.forEach(config::option);
        return config.build();
    }

    void init() throws Exception {
        Store.init(config());
    }

    /** Opens it; returns how many nanoseconds that took. */
    long open() throws Exception {
        StoreConfig config = config();
        long start = System.nanoTime();
        store = Store.open(config);
        return System.nanoTime() - start;
    }

    /** Until it is closed, data is kept as {@link NoDataStorage#keepData} says. */
    void keepData(long bytes) {
        storage.keepData(bytes);
    }

    /** Bytes that checkpoints wrote since the last open. */
    long metadataBytes() {
        return storage.metadataBytes();
    }

    Store store() {
        return store;
    }

    /** Ends it as a crash of the process would: no closing checkpoint, nothing forced any more. */
    void crash() {
        storage.cut();
        try {
            store.close();
        } catch (StoreException e) {
            // it says that it could not force any more, which is what was wanted
        }
        store = null;
    }

    /** Closes it cleanly, with a last checkpoint, so that it can be opened again. */
    void shut() {
        if (store != null) {
            store.close();
            store = null;
        }
    }

    @Override
    public void close() {
        shut();
    }

    String send(String message) {
        String reply = store.send(message);
        if (!reply.startsWith("ok")) {
            throw new IllegalStateException(message + ": " + reply);
        }
        return reply;
    }

    /** A number that {@code status} tells. */
    long status(String key) {
        String line = send("status");
        int at = line.indexOf(" " + key + "=");
        if (at < 0) {
            throw new IllegalStateException("status does not tell " + key + ": " + line);
        }
        int end = line.indexOf(' ', at + 1);
        int newline = line.indexOf('\n', at + 1);
        end = end < 0 || (newline >= 0 && newline < end) ? newline : end;
        return Long.parseLong(line.substring(at + key.length() + 2, end < 0 ? line.length() : end));
    }

    void awaitJobs() {
        while (!send("jobs").contains(" rows=0")) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
        }
    }

    /** Writes every block of a volume in order. */
    void fill(String name, long bytes) {
        Volume volume = store.volume(name);
        Window window = new Window();
        int piece = Volume.MAX_REQUEST_BYTES;
        for (long at = 0; at < bytes; at += piece) {
            write(volume, window, at, (int) Math.min(piece, bytes - at), 1);
        }
        window.drain();
        volume.flush();
    }

    /** Writes that are zeros already: the store's buffers are made of zeros, and nothing else is ever put into them. */
    private static void write(Volume volume, Window window, long at, int length, int depth) {
        window.enter(depth);
        volume.submitWrite(at, volume.claim(length), false, window, 0);
    }

    /** Every block once in a random order. */
    void fillAtRandom(String name, long bytes) {
        Volume volume = store.volume(name);
        Window window = new Window();
        long blocks = bytes / BLOCK_BYTES;
        long at = 0;
        long step = blocks * 618 / 1000 | 1; // odd, and blocks a power of two: every block comes once
        for (long i = 0; i < blocks; i++) {
            write(volume, window, at * BLOCK_BYTES, BLOCK_BYTES, 64);
            at = (at + step) % blocks;
        }
        window.drain();
        volume.flush();
    }

    /** Random 4 KiB writes at depth 32 for some time. */
    Speed randomWrites(String name, long nanos, long seed) throws Exception {
        Volume volume = store.volume(name);
        Window window = new Window();
        SplittableRandom random = new SplittableRandom(seed);
        long blocks = volume.sizeBytes() / BLOCK_BYTES;
        return Speed.of(
                nanos,
                () -> write(volume, window, random.nextLong(blocks) * BLOCK_BYTES, BLOCK_BYTES, 32),
                window::drain);
    }

    /** So many of them, all in the first {@code bytes} of the volume. */
    void scatter(String name, long bytes, long count, long seed) {
        Volume volume = store.volume(name);
        Window window = new Window();
        SplittableRandom random = new SplittableRandom(seed);
        for (long i = 0; i < count; i++) {
            write(volume, window, random.nextLong(bytes / BLOCK_BYTES) * BLOCK_BYTES, BLOCK_BYTES, 32);
        }
        window.drain();
    }

    /** The first block of so many pieces of the volume, evenly spread. */
    void oneBlockOfEach(String name, long pieceBytes, int count) {
        Volume volume = store.volume(name);
        Window window = new Window();
        long step = volume.sizeBytes() / pieceBytes / count;
        for (int i = 0; i < count; i++) {
            write(volume, window, i * step * pieceBytes, BLOCK_BYTES, 32);
        }
        window.drain();
    }

    /** Random 4 KiB writes at a depth, for their latencies, as long as {@code goOn} says; one at a time at least. */
    Speed timedWrites(String name, int depth, BooleanSupplier goOn, long seed, Histogram latencies) {
        Volume volume = store.volume(name);
        TimedWindow window = new TimedWindow(latencies);
        SplittableRandom random = new SplittableRandom(seed);
        long blocks = volume.sizeBytes() / BLOCK_BYTES;
        long start = System.nanoTime();
        long count = 0;
        do {
            long cookie = window.enter(depth);
            volume.submitWrite(random.nextLong(blocks) * BLOCK_BYTES, volume.claim(BLOCK_BYTES), false, window, cookie);
            count++;
        } while (goOn.getAsBoolean());
        window.drain();
        return new Speed(count, System.nanoTime() - start);
    }

    /** The same by a caller that waits for each. */
    Speed timedCalls(String name, BooleanSupplier goOn, long seed, Histogram latencies) {
        Volume volume = store.volume(name);
        SplittableRandom random = new SplittableRandom(seed);
        long blocks = volume.sizeBytes() / BLOCK_BYTES;
        ByteBuffer zeros = ByteBuffer.allocateDirect(BLOCK_BYTES);
        long start = System.nanoTime();
        long before = start;
        long count = 0;
        do {
            volume.write(random.nextLong(blocks) * BLOCK_BYTES, zeros.clear());
            long now = System.nanoTime();
            latencies.recordValue(Math.min(now - before, latencies.getHighestTrackableValue()));
            before = now;
            count++;
        } while (goOn.getAsBoolean());
        return new Speed(count, before - start);
    }

    /** Random 4 KiB reads for some time. */
    Speed randomReads(String name, long nanos, long seed) throws Exception {
        Volume volume = store.volume(name);
        SplittableRandom random = new SplittableRandom(seed);
        long blocks = volume.sizeBytes() / BLOCK_BYTES;
        ByteBuffer target = ByteBuffer.allocateDirect(BLOCK_BYTES);
        return Speed.of(nanos, () -> volume.read(random.nextLong(blocks) * BLOCK_BYTES, target.clear()), () -> {});
    }

    /** 1 MiB requests in order, from where the last such ended: of as much metadata that was not used just now. */
    Speed sequential(String name, long nanos, boolean writes) throws Exception {
        Volume volume = store.volume(name);
        Window window = new Window();
        ByteBuffer target = ByteBuffer.allocateDirect(1 << 20);
        return Speed.of(
                nanos,
                () -> {
                    sequentialAt = sequentialAt + (2 << 20) > volume.sizeBytes() ? 0 : sequentialAt + (1 << 20);
                    if (writes) {
                        write(volume, window, sequentialAt, 1 << 20, 4);
                    } else {
                        volume.read(sequentialAt, target.clear());
                    }
                },
                window::drain);
    }

    static String size(long bytes) {
        return bytes >= 1L << 40
                ? String.format(Locale.ROOT, "%d TiB", bytes >> 40)
                : String.format(Locale.ROOT, "%d GiB", bytes >> 30);
    }
}
