package dev.tidemark.engine.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.storage.Storage;
import dev.tidemark.storage.sim.PowerCutException;
import dev.tidemark.storage.sim.SimStorage;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Checkpoints through power cuts at every operation: what the superblock then leads to is whole, and is the last
 * checkpoint that was finished, or the one after it. And again for the checkpoint that comes after the recovery.
 */
@Tag("quick")
class CheckpointFilesCrashTest {
    private static final int CHECKPOINTS = 4;
    private static final int SURVIVALS = 6;
    /** Few, so that slots are used again at once. */
    private static final int SLOTS = 40;

    /** What stood where in each checkpoint, by its number and its root stream's checksum. */
    private final Map<String, Map<Integer, String>> contents = new HashMap<>();

    private long finished;

    private static String key(CheckpointPlace place) {
        return place.number() + " " + place.checksum();
    }

    private void create(SimStorage storage) throws IOException {
        MetadataFile.create(storage).close();
        SuperblockFile.write(storage, new Superblock(1, new UUID(1, 2), 4096, 1 << 30, 0, Map.of()));
        storage.syncDirectory("");
        finished = 0;
    }

    /** Opens as a store does, and takes checkpoints. */
    private void work(SimStorage storage, int checkpoints, long seed) throws IOException {
        SuperblockFile.Found found = SuperblockFile.read(storage);
        Superblock superblock = found.superblock();
        SuperblockFile.renew(storage, found, superblock);
        CheckpointPlace place = superblock.checkpoint();
        Random random = new Random(seed);
        try (MetadataFile file = MetadataFile.open(storage, Storage.Mode.WRITE, place.exists() ? SLOTS : 0)) {
            Map<Integer, String> content = place.exists() ? contents.get(key(place)) : Map.of();
            TableOnDisk table = new TableOnDisk(file, place, content, random.nextLong());
            file.extendTo(SLOTS);
            table.map.extend(SLOTS);
            for (int i = 0; i < checkpoints; i++) {
                place = table.write(
                        10_000, random.longs(5, 1, 10_000).distinct().sorted().toArray());
                contents.put(key(place), Map.copyOf(table.content));
                file.force();
                superblock = superblock.withCheckpoint(place);
                SuperblockFile.write(storage, superblock);
                finished = place.number();
            }
        }
    }

    /** Returns the number of the checkpoint that is there. */
    private long check(SimStorage storage) throws IOException {
        CheckpointPlace place = SuperblockFile.read(storage).superblock().checkpoint();
        assertThat(place.number()).isBetween(finished, finished + 1);
        if (place.exists()) {
            try (MetadataFile file = MetadataFile.open(storage, Storage.Mode.READ, 0)) {
                assertThat(MetadataCheck.run(file, place, (read, total) -> {}).lines())
                        .as("checkpoint %s of %s", place, storage)
                        .isEmpty();
            }
        }
        return place.number();
    }

    @Test
    void shouldLeadToAWholeCheckpointAfterEveryCut() throws IOException {
        SimStorage model = new SimStorage(1);
        create(model);
        long from = model.operations();
        work(model, CHECKPOINTS, 9);
        long operations = model.operations() - from;
        assertThat(operations).isGreaterThan(60);
        Set<Long> states = new HashSet<>();
        Set<Long> numbers = new HashSet<>();
        for (long cut = 0; cut < operations; cut++) {
            SimStorage storage = new SimStorage(1);
            create(storage);
            storage.cutPowerAt(storage.operations() + cut);
            run(storage, CHECKPOINTS, 9);
            for (long survival = 0; survival < SURVIVALS; survival++) {
                SimStorage after = storage.afterPowerCut(survival);
                states.add(after.fingerprint());
                long last = finished;
                numbers.add(check(after));
                cutAgain(after, cut * SURVIVALS + survival);
                finished = last;
            }
        }
        assertThat(numbers).hasSize(CHECKPOINTS + 1);
        assertThat(states.size()).as("distinct states").isGreaterThan(100);
    }

    /** One more checkpoint after the recovery, cut somewhere; then one that is not. */
    private void cutAgain(SimStorage storage, long draw) throws IOException {
        long before = SuperblockFile.read(storage).superblock().checkpoint().number();
        finished = before;
        storage.cutPowerAt(storage.operations() + draw % 23);
        run(storage, 1, draw);
        SimStorage after = storage.afterPowerCut(draw);
        check(after);
        long seen = SuperblockFile.read(after).superblock().checkpoint().number();
        work(after, 1, draw + 1);
        assertThat(check(after.afterPowerCut(draw))).isEqualTo(seen + 1);
        after.checkUsers();
    }

    private void run(SimStorage storage, int checkpoints, long seed) throws IOException {
        try {
            work(storage, checkpoints, seed);
        } catch (PowerCutException expected) {
            assertThat(storage.isDead()).isTrue();
        }
    }
}
