package dev.tidemark.engine.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.engine.exception.ExceptionStore;
import dev.tidemark.storage.DiskStorage;
import dev.tidemark.storage.Storage;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("quick")
@Timeout(120)
class SpaceAheadTest {
    private static final int BLOCK = 4096;
    private static final int CAPACITY = 20_000;

    @TempDir
    Path folder;

    @Test
    void shouldNeverTouchWhatWasGivenOutNorWriteBeyondTheCapacity() throws Exception {
        for (long seed = 1; seed <= 4; seed++) {
            grow(seed);
        }
    }

    @SuppressWarnings("ThreadPriorityCheck") // only stirs the two threads' order
    private void grow(long seed) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        try (DiskStorage storage = new DiskStorage(folder);
                ExceptionStore exceptions =
                        new ExceptionStore(storage.open("data" + seed, Storage.Mode.CREATE), BLOCK)) {
            ByteBuffer one = ByteBuffer.allocateDirect(BLOCK);
            long block = 1;
            try (SpaceAhead ahead = new SpaceAhead(exceptions, CAPACITY, new FailStop())) {
                while (block < CAPACITY) {
                    boolean small = random.nextInt(50) != 0;
                    long end = Math.min(CAPACITY, block + 1 + random.nextInt(small ? 16 : 2000));
                    ahead.taken(end, small);
                    ahead.ran(1 + random.nextInt(16));
                    for (; block < end; block++) {
                        exceptions.write(block, one.clear().putLong(0, block));
                    }
                    if (random.nextInt(200) == 0) {
                        Thread.yield();
                    }
                }
            }
            assertThat(exceptions.sizeBytes()).isEqualTo((long) CAPACITY * BLOCK);
            for (long each = 1; each < CAPACITY; each++) {
                exceptions.read(each, one.clear());
                assertThat(one.getLong(0)).as("seed %d block %d", seed, each).isEqualTo(each);
            }
        }
    }

    @Test
    void shouldLeaveRunsOfManyToPlace() throws Exception {
        try (DiskStorage storage = new DiskStorage(folder);
                ExceptionStore exceptions = new ExceptionStore(storage.open("data", Storage.Mode.CREATE), BLOCK);
                SpaceAhead ahead = new SpaceAhead(exceptions, CAPACITY, new FailStop())) {
            ahead.ran(SpaceAhead.MANY_REQUESTS);
            ahead.taken(100, true);
            assertThat(ahead.isWanted()).isFalse();

            ahead.ran(SpaceAhead.MANY_REQUESTS - 1);
            ahead.ran(1);
            ahead.taken(101, true);
            assertThat(ahead.isWanted()).isTrue();
            Awaitility.await().until(() -> exceptions.sizeBytes() > 101L * BLOCK);
        }
    }
}
