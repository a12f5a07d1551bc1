package dev.tidemark.tools.bench;

import dev.tidemark.engine.Store;
import dev.tidemark.engine.StoreConfig;
import dev.tidemark.engine.StoreOpenException;
import dev.tidemark.engine.Volume;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A store of the benchmark's own, in a folder that goes with it. */
final class BenchStore implements AutoCloseable {
    /** The name of the volume that is measured. */
    static final String VOLUME = "disk";

    private static final long JOBS_LIMIT_NANOS = TimeUnit.MINUTES.toNanos(5);
    /** A small job ends sooner; and whatever comes after a rest, be it of a millisecond, takes the half longer. */
    private static final long RESTLESS_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private final Path folder;
    private final Store store;

    private BenchStore(Path folder, long capacityBytes) throws StoreOpenException {
        this.folder = folder;
        StoreConfig config = StoreConfig.at(folder.resolve("store"))
                .capacityBytes(capacityBytes)
                .build();
        Store.init(config);
        store = Store.open(config);
    }

    /** A store without volumes. */
    static BenchStore empty(Path parent, long capacityBytes) throws Exception {
        return new BenchStore(Files.createTempDirectory(parent, "case-"), capacityBytes);
    }

    /** A store with room for eight times its one volume, every block of which was written. */
    static BenchStore filled(Path parent, long volumeBytes) throws Exception {
        BenchStore made = empty(parent, Math.max(1L << 30, 8 * volumeBytes));
        made.send("create " + VOLUME + " size=" + volumeBytes);
        made.load(0).fill();
        return made;
    }

    Store store() {
        return store;
    }

    Volume volume(String name) {
        return store.volume(name);
    }

    VolumeLoad load(long seed) {
        return new VolumeLoad(store.volume(VOLUME), seed);
    }

    /** A place for something that goes when the store goes. */
    Path besides(String name) {
        return folder.resolve(name);
    }

    /** The file whose pages reads come from. */
    Path exceptions() {
        return folder.resolve("store").resolve("exceptions.data");
    }

    /** Sends a message that must succeed. */
    String send(String message) {
        String reply = store.send(message);
        if (!reply.startsWith("ok")) {
            throw new IllegalStateException(message + ": " + reply);
        }
        return reply;
    }

    /** Waits until no job is left. */
    @SuppressWarnings("ThreadPriorityCheck") // where the scheduler ignores a yield, this spins, which serves as well
    void awaitJobs() {
        long start = System.nanoTime();
        while (!send("jobs").contains(" rows=0")) {
            if (System.nanoTime() - start > JOBS_LIMIT_NANOS) {
                throw new IllegalStateException("jobs don't end: " + send("jobs"));
            }
            if (System.nanoTime() - start < RESTLESS_NANOS) {
                Thread.yield();
            } else {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
            }
        }
    }

    @Override
    public void close() {
        try {
            store.close();
        } finally {
            BenchFolders.remove(folder);
        }
    }
}
