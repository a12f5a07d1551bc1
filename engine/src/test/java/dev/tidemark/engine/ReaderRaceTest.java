package dev.tidemark.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Readers on threads of their own, while blocks are rewritten, trimmed, snapshotted, deleted, merged and used again:
 * each
 * block that is read must have been in that volume at some moment of the read.
 *
 * <p>Every block carries its family, its number and a version that only grows in its origin; a snapshot's blocks lie
 * between
 * the versions at its taking.
 */
class ReaderRaceTest {
    private static final int BLOCK = 4096;
    private static final int BLOCKS = 64;
    private static final int FAMILIES = 3;
    private static final int READERS = 3;
    private static final int ROUNDS = Integer.getInteger("tidemark.test.race.rounds", 300);

    @TempDir
    Path folder;

    private final ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();
    private final AtomicLong checked = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();

    /**
     * One origin and what is known of its blocks: the version that was written last for sure, and the one begun last.
     */
    private static final class Family {
        final int number;
        final Volume volume;
        final AtomicLongArray done = new AtomicLongArray(BLOCKS);
        final AtomicLongArray begun = new AtomicLongArray(BLOCKS);
        /** Snapshots that readers may look at, with the version of each block that they hold. */
        final ConcurrentHashMap<String, long[]> snapshots = new ConcurrentHashMap<>();
        /** Merges go back to old versions: then only what was ever written can be said. */
        volatile boolean merged;

        Family(int number, Volume volume) {
            this.number = number;
            this.volume = volume;
        }
    }

    private static ByteBuffer content(int family, int block, long version) {
        ByteBuffer bytes = ByteBuffer.allocate(BLOCK);
        while (bytes.hasRemaining()) {
            bytes.putLong(family).putLong(block).putLong(version).putLong(family * 31L + block * 17L + version);
        }
        return bytes.flip();
    }

    /** The version in a block, 0 for zeros; notes it when the block is not of that family and place, or is torn. */
    private long version(Family family, int block, ByteBuffer bytes) {
        long version = bytes.getLong(16);
        ByteBuffer expected = version == 0 ? ByteBuffer.allocate(BLOCK) : content(family.number, block, version);
        if (!expected.equals(bytes.duplicate().position(0).limit(BLOCK))) {
            wrong.add("family " + family.number + " block " + block + " holds family " + bytes.getLong(0) + " block "
                    + bytes.getLong(8) + " version " + version);
        }
        return version;
    }

    private void readOrigin(Family family, int block) {
        long before = family.done.get(block);
        boolean mayBeOld = family.merged;
        ByteBuffer target = ByteBuffer.allocate(BLOCK);
        family.volume.read((long) block * BLOCK, target);
        long version = version(family, block, target);
        long after = family.begun.get(block);
        if (version > after || (version < before && version != 0 && !mayBeOld && !family.merged)) {
            wrong.add("family " + family.number + " block " + block + ": version " + version + " outside " + before
                    + " to " + after);
        }
        checked.incrementAndGet();
    }

    private void readSnapshot(Store store, Family family, int block) {
        for (var snapshot : family.snapshots.entrySet()) {
            ByteBuffer target = ByteBuffer.allocate(BLOCK);
            try {
                store.volume(snapshot.getKey()).read((long) block * BLOCK, target);
            } catch (StoreException e) {
                if (!e.code().equals(StoreException.NO_SUCH_VOLUME)) {
                    wrong.add("read of a snapshot: " + e);
                }
                refused.incrementAndGet();
                continue;
            }
            long version = version(family, block, target);
            if (version != snapshot.getValue()[block]) {
                wrong.add(snapshot.getKey() + " block " + block + ": version " + version + ", not "
                        + snapshot.getValue()[block]);
            }
            checked.incrementAndGet();
        }
    }

    @Test
    void shouldOnlyShowWhatWasInThatVolumeAtThatTime() throws Exception {
        StoreConfig config = StoreConfig.at(folder.resolve("store"))
                .capacityBytes(8L << 20)
                .option("force-interval", "10")
                .build();
        Store.init(config);
        try (Store store = Store.open(config)) {
            List<Family> families = new ArrayList<>();
            for (int i = 1; i <= FAMILIES; i++) {
                store.send("create disk" + i + " size=" + BLOCKS * BLOCK);
                families.add(new Family(i, store.volume("disk" + i)));
            }
            AtomicReference<Throwable> failure = new AtomicReference<>();
            List<Thread> writers = new ArrayList<>();
            for (Family family : families) {
                writers.add(start(failure, () -> write(store, family)));
            }
            List<Thread> readers = new ArrayList<>();
            for (int i = 0; i < READERS; i++) {
                SplittableRandom random = new SplittableRandom(100 + i);
                readers.add(start(failure, () -> {
                    while (writers.stream().anyMatch(Thread::isAlive) && wrong.isEmpty()) {
                        Family family = families.get(random.nextInt(FAMILIES));
                        readOrigin(family, random.nextInt(BLOCKS));
                        readSnapshot(store, family, random.nextInt(BLOCKS));
                        if (random.nextInt(50) == 0) {
                            Thread.currentThread().interrupt(); // an embedder's interrupt of its own thread
                            readOrigin(family, random.nextInt(BLOCKS));
                            assertThat(Thread.interrupted()).isTrue();
                        }
                    }
                }));
            }
            for (Thread thread : writers) {
                thread.join();
            }
            for (Thread thread : readers) {
                thread.join();
            }
            System.out.println("reader races: " + checked + " blocks read, " + refused + " volumes gone meanwhile");
            assertThat(failure.get()).isNull();
            assertThat(wrong).isEmpty();
            assertThat(store.failure()).isNull();
            assertThat(store.status().checksumErrors()).isZero();
            assertThat(checked.get()).isPositive();
        }
        try (Store store = Store.open(config)) {
            assertThat(Hooks.check(store)).isEmpty();
        }
    }

    private static Thread start(AtomicReference<Throwable> failure, Runnable work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (RuntimeException | Error e) {
                failure.compareAndSet(null, e);
            }
        });
        thread.start();
        return thread;
    }

    private void write(Store store, Family family) {
        SplittableRandom random = new SplittableRandom(family.number);
        long version = 0;
        for (int round = 0; round < ROUNDS && wrong.isEmpty(); round++) {
            int block = random.nextInt(BLOCKS);
            int choice = random.nextInt(100);
            if (choice < 80) {
                version++;
                family.begun.set(block, version);
                family.volume.write((long) block * BLOCK, content(family.number, block, version));
                family.done.set(block, version);
            } else if (choice < 88) {
                family.done.set(block, 0);
                family.volume.discard((long) block * BLOCK, BLOCK);
            } else {
                catalogue(store, family, round, random);
            }
        }
    }

    /**
     * Takes a snapshot, deletes one, or merges one: only this thread writes the family, so it knows what each holds.
     */
    private void catalogue(Store store, Family family, int round, SplittableRandom random) {
        if (family.snapshots.size() < 4) {
            String name = "s" + family.number + "." + round;
            expectOk(store.send("create " + name + " origin=disk" + family.number));
            long[] versions = new long[BLOCKS];
            for (int i = 0; i < BLOCKS; i++) {
                versions[i] = family.done.get(i);
            }
            family.snapshots.put(name, versions);
            return;
        }
        String victim = family.snapshots.keySet().iterator().next();
        if (random.nextInt(3) > 0) {
            expectOk(store.send("delete " + victim));
            family.snapshots.remove(victim);
            return;
        }
        family.merged = true;
        long[] versions = family.snapshots.get(victim);
        expectOk(store.send("merge " + victim));
        family.snapshots.remove(victim);
        for (int i = 0; i < BLOCKS; i++) {
            family.done.set(i, versions[i]);
        }
    }

    private void expectOk(String reply) {
        if (!reply.startsWith("ok")) {
            wrong.add(reply);
        }
    }
}
