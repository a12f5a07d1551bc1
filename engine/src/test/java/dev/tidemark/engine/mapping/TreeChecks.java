package dev.tidemark.engine.mapping;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.engine.mapping.TreeWorld.Place;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/** Compares the answers about ranges with a plain map. */
final class TreeChecks {
    private static final int WINDOW = 700;

    private TreeChecks() {}

    static void checkRuns(MappingReader reader, MappingRoot root, NavigableMap<Long, Place> model) {
        MappedRun run = new MappedRun(300);
        Long start = model.isEmpty() ? Long.valueOf(5) : model.firstKey();
        while (start != null) {
            long end = start + WINDOW;
            long block = Math.max(0, start - 3);
            while (block < end) {
                int max = (int) Math.min(end - block, 1 + (block * 7 + 400) % 500);
                int count = reader.lookupRun(root, block, max, run);
                assertThat(count).isEqualTo(run.count()).isBetween(1, max);
                assertThat(run.block()).isEqualTo(block);
                assertThat(count).isEqualTo(longestRun(model, block, Math.min(max, 300), max));
                for (int i = 0; i < count; i++) {
                    Place place = model.get(block + i);
                    assertThat(run.isMapped()).isEqualTo(place != null);
                    if (place != null) {
                        assertThat(new Place(run.physical() + i, run.checksum(i)))
                                .isEqualTo(place);
                    }
                }
                block += count;
            }
            start = model.ceilingKey(end);
        }
    }

    private static int longestRun(NavigableMap<Long, Place> model, long block, int maxMapped, int maxUnmapped) {
        Place first = model.get(block);
        int count = 1;
        if (first == null) {
            while (count < maxUnmapped && model.get(block + count) == null) {
                count++;
            }
            return count;
        }
        while (count < maxMapped
                && model.get(block + count) != null
                && model.get(block + count).physical() == first.physical() + count) {
            count++;
        }
        return count;
    }

    static void checkExtents(MappingReader reader, MappingRoot root, NavigableMap<Long, Place> model) {
        TreeMap<Long, Long> mapped = new TreeMap<>();
        long[] next = {0};
        boolean[] last = {false};
        long size = 1L << 34;
        reader.extents(root, 0, size, (first, count, isMapped) -> {
            assertThat(first).isEqualTo(next[0]);
            assertThat(count).isPositive();
            assertThat(first == 0 || isMapped != last[0]).isTrue();
            if (isMapped) {
                mapped.put(first, count);
            }
            last[0] = isMapped;
            next[0] = first + count;
            return true;
        });
        assertThat(next[0]).isEqualTo(size);
        TreeMap<Long, Long> expected = new TreeMap<>();
        long runStart = -1;
        long runEnd = -1;
        for (long block : model.keySet()) {
            if (block != runEnd) {
                runStart = block;
            }
            runEnd = block + 1;
            expected.put(runStart, runEnd - runStart);
        }
        assertThat(mapped).isEqualTo(expected);
    }

    /** What a volume says to own alone, nobody else may hold; the other way round is not promised. */
    static void checkAlone(TreeWorld world, TreeWorld.Volume volume, Map<Long, Integer> holders) {
        volume.model.forEach((block, place) -> {
            if (world.trees.ownsAlone(volume.root, block, 1)) {
                assertThat(holders.get(place.physical())).isEqualTo(1);
            }
        });
        if (world.volumes.size() == 1 && world.jobs.isEmpty() && world.volumes.get(0) == volume) {
            volume.model
                    .keySet()
                    .forEach(block -> assertThat(world.trees.ownsAlone(volume.root, block, 1))
                            .isTrue());
        }
    }
}
