package dev.tidemark.engine.mapping;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("quick")
class PageDirectoryTest {
    private final PageDirectory directory = new PageDirectory();

    @Test
    void shouldFindWhatWasPutOverTheWholeRangeOfIds() {
        long empty = directory.memoryBytes();
        TreeMap<Long, Long> model = new TreeMap<>();
        SplittableRandom random = new SplittableRandom(11);
        long lastId = 0;
        for (int i = 0; i < 20_000; i++) {
            if (model.isEmpty() || random.nextInt(5) > 1) {
                // Now and then a great leap, up to 2^40.
                lastId += 1 + (random.nextInt(100) == 0 ? random.nextLong(1L << (4 + random.nextInt(29))) : 0);
                directory.put(lastId, lastId * 16, i);
                model.put(lastId, (long) i);
            } else {
                Long id = model.ceilingKey(random.nextLong(lastId + 1));
                id = id == null ? model.firstKey() : id;
                assertThat(directory.remove(id)).isEqualTo(id * 16);
                model.remove(id);
            }
            long probe = random.nextLong(lastId + 2);
            assertThat(directory.address(probe)).isEqualTo(model.containsKey(probe) ? probe * 16 : 0);
            assertThat(state(probe)).isEqualTo(model.getOrDefault(probe, 0L));
        }
        model.forEach((id, word) -> {
            assertThat(directory.address(id)).isEqualTo(id * 16);
            assertThat(state(id)).isEqualTo(word);
        });
        long last = lastId;
        model.keySet().forEach(directory::remove);
        directory.put(last + 64, 16, 1);
        directory.put(last + 128, 16, 1);
        directory.remove(last + 64);
        directory.remove(last + 128);
        directory.put(last + 192, 16, 1);
        // Left are one page's leaf and branches, and the array at the top, which covers 2^26 ids with each of its
        // places.
        assertThat(directory.memoryBytes() - empty).isLessThan(16_384 + 8 * (1 + (last >>> 26)));
        assertThat(directory.address(last)).isZero();
        assertThat(directory.address(PageStore.MAX_ID)).isZero();
    }

    private long state(long id) {
        long[] chunk = directory.chunk(id);
        return chunk == null ? 0 : chunk[PageDirectory.slot(id) + PageDirectory.STATE];
    }
}
