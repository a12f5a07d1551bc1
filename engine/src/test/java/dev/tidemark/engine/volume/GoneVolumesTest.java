package dev.tidemark.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What was gone at a moment stays the same for another thread, while more volumes go. */
@Tag("quick")
class GoneVolumesTest {
    private static final int VOLUMES = 30_000;
    private static final int EVERY = 97;

    private static DeadVolume volume(long id) {
        String name = "v" + id + "-".repeat((int) (id % 100));
        return new DeadVolume(
                id, name, VolumeKind.SNAPSHOT, id / 2 + 1, 1, id * 3, id * 1000, id * 5, id * 1001, id % 7);
    }

    private static long read(GoneVolumes gone) {
        long[] seen = {0};
        gone.forEach(found -> assertThat(found).isEqualTo(volume(++seen[0])));
        assertThat(seen[0]).isEqualTo(gone.count());
        return seen[0];
    }

    @Test
    void shouldStayTheSameWhileMoreVolumesGo() throws Exception {
        BlockingQueue<GoneVolumes> images = new ArrayBlockingQueue<>(VOLUMES);
        CompletableFuture<Long> reader = CompletableFuture.supplyAsync(() -> {
            long most = 0;
            try {
                while (most < VOLUMES) {
                    GoneVolumes image = images.take();
                    if (image.count() >= most + most / 8 || image.count() == VOLUMES) { // not all of them: a square
                        most = read(image);
                    }
                }
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            return most;
        });
        DeadVolumes volumes = new DeadVolumes();
        GoneVolumes first = null;
        for (long id = 1; id <= VOLUMES; id++) {
            volumes.add(volume(id));
            if (id % EVERY == 0 || id == VOLUMES) {
                images.put(volumes.soFar());
                first = first == null ? volumes.soFar() : first;
            }
        }
        assertThat(reader.get(1, TimeUnit.MINUTES)).isEqualTo(VOLUMES);
        assertThat(read(first)).isEqualTo(EVERY);
        assertThat(volumes.find(EVERY + 1)).isEqualTo(volume(EVERY + 1));
        assertThat(first.packedBytes()).isLessThan(volumes.soFar().packedBytes());
    }
}
