package dev.tidemark.engine;

import dev.tidemark.storage.sim.SimStorage;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** A store with a checkpoint and a journal behind it, left by a process that died: for tests that damage it. */
final class DamagedMetadata {
    static final String STORE = "store";
    static final String SUPERBLOCK = STORE + "/superblock";
    static final String METADATA = STORE + "/metadata.data";
    static final int SLOT_BYTES = 4096;
    static final int BLOCK = 4096;
    static final int BLOCKS = 40;
    static final List<String> VOLUMES = List.of("disk", "other", "snap", "late");

    /** As the process left it. */
    final SimStorage device;
    /** Of the state as it should be. */
    final String digest;

    private final List<byte[]> contents = new ArrayList<>();

    DamagedMetadata(String retention) throws Exception {
        SimStorage live = new SimStorage(11);
        SplittableRandom random = new SplittableRandom(11);
        Store.init(config(live, retention));
        try (Store store = Store.open(config(live, retention))) {
            store.send("create disk size=1G; create other size=1G");
            for (int i = 0; i < BLOCKS; i++) {
                write(store, "disk", i, random);
                write(store, "other", i, random);
                if (i == BLOCKS / 4) {
                    store.send("checkpoint");
                }
            }
            store.send("create snap origin=disk");
            store.send("checkpoint");
            for (int i = 0; i < BLOCKS / 8; i++) {
                write(store, "disk", i * 2, random);
            }
            store.send("create late origin=other");
            store.volume("disk").flush();
            device = live.afterProcessDeath();
            digest = Hooks.digest(store);
            for (String name : VOLUMES) {
                contents.add(read(store, name));
            }
        }
    }

    static StoreConfig config(SimStorage device, String retention) {
        return config(device, retention, "inline-limit", "8K");
    }

    static StoreConfig config(SimStorage device, String retention, String key, String value) {
        return StoreConfig.in(device, STORE)
                .capacityBytes(8L << 20)
                .option("retention", retention)
                .option(key, value)
                .stepped(true)
                .testSegmentBytes(64 << 10)
                .clock(() -> Instant.ofEpochMilli(1_767_225_600_000L))
                .nanoClock(() -> 0)
                .random(new SplittableRandom(5)::nextLong)
                .build();
    }

    static StoreConfig config(SimStorage device) {
        return StoreConfig.in(device, STORE)
                .stepped(true)
                .testSegmentBytes(64 << 10)
                .clock(() -> Instant.ofEpochMilli(1_767_225_600_000L))
                .nanoClock(() -> 0)
                .random(new SplittableRandom(6)::nextLong)
                .build();
    }

    private static long offset(int block) {
        return (long) block * 1000 * BLOCK; // far from each other: many pages
    }

    private static void write(Store store, String name, int block, SplittableRandom random) {
        byte[] bytes = new byte[BLOCK];
        random.nextBytes(bytes);
        store.volume(name).write(offset(block), ByteBuffer.wrap(bytes));
        store.volume(name).flush(); // so that the journal carries it, and has several segments
    }

    private static byte[] read(Store store, String name) {
        ByteBuffer all = ByteBuffer.allocate(BLOCKS * BLOCK);
        for (int i = 0; i < BLOCKS; i++) {
            store.volume(name).read(offset(i), all.slice(i * BLOCK, BLOCK));
        }
        return all.array();
    }

    /** Reads all blocks; throws when one is wrong, returns the texts of what failed. */
    List<String> readAll(Store store) {
        List<String> failures = new ArrayList<>();
        for (int v = 0; v < VOLUMES.size(); v++) {
            for (int i = 0; i < BLOCKS; i++) {
                ByteBuffer block = ByteBuffer.allocate(BLOCK);
                try {
                    store.volume(VOLUMES.get(v)).read(offset(i), block);
                } catch (StoreException e) {
                    failures.add(e.getMessage());
                    continue;
                }
                if (!Arrays.equals(block.array(), Arrays.copyOfRange(contents.get(v), i * BLOCK, (i + 1) * BLOCK))) {
                    throw new AssertionError(VOLUMES.get(v) + ": block " + i + " is wrong");
                }
            }
        }
        return failures;
    }
}
