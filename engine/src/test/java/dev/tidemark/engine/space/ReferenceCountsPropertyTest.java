package dev.tidemark.engine.space;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.engine.mapping.PageStore;
import dev.tidemark.engine.mapping.TreeAudit;
import java.util.NavigableMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("quick")
class ReferenceCountsPropertyTest {
    private static final long[] BASES = {1, 1_000, 1_020, 262_100, 67_108_800, 1L << 33, (1L << 45) + 5};

    @Test
    void shouldCountLikeAPlainMap() {
        for (long seed = 1; seed <= 40; seed++) {
            try {
                play(seed);
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
            }
        }
    }

    private static void play(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        try (PageStore pages = new PageStore()) {
            Space space = new Space(pages);
            TreeMap<Long, Long> model = new TreeMap<>();
            int bases = 1 + random.nextInt(BASES.length);
            for (int step = 0; step < 1_500; step++) {
                long base = BASES[random.nextInt(bases)];
                long physical = base + random.nextInt(80);
                switch (random.nextInt(6)) {
                    case 0, 1 -> claim(space, model, physical, 1 + random.nextInt(60));
                    case 2 -> retain(space, model, physical);
                    case 3, 4 -> release(space, model, physical);
                    default -> releaseAll(space, model, base, random.nextInt(100));
                }
                if (random.nextInt(100) == 0) {
                    space = restored(pages, space);
                }
                space.counts().prefetch(physical, false);
                assertThat(space.references(physical)).isEqualTo(model.getOrDefault(physical, 0L));
                assertThat(space.usedBlocks()).isEqualTo(model.size());
            }
            check(pages, space, model);
            for (long base : BASES) {
                releaseAll(space, model, base, 200);
            }
            assertThat(model).isEmpty();
            assertThat(pages.livePages()).isZero();
        }
    }

    /** The same counts in another object, as from a checkpoint. */
    private static Space restored(PageStore pages, Space space) {
        Space other = new Space(pages);
        other.restore(space.counts().rootPage(), space.counts().height(), space.usedBlocks());
        return other;
    }

    @Test
    void shouldRefuseACheckpointThatContradictsItself() {
        try (PageStore pages = new PageStore()) {
            Space space = new Space(pages);
            assertThatThrownBy(() -> space.restore(1, 0, 1)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> space.restore(1, 1, 0)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> space.restore(0, 0, 1)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> space.restore(1, 7, 1)).isInstanceOf(IllegalArgumentException.class);
            space.restore(0, 0, 0);
            space.claim(1, 1);
            assertThatThrownBy(() -> space.restore(1, 1, 1)).isInstanceOf(IllegalStateException.class);
        }
    }

    private static void claim(Space space, NavigableMap<Long, Long> model, long start, int count) {
        Long used = model.ceilingKey(start);
        int free = used == null ? count : (int) Math.min(count, used - start);
        if (free == 0) {
            assertThatThrownBy(() -> space.claim(start, 1)).isInstanceOf(IllegalStateException.class);
            return;
        }
        space.claim(start, free);
        for (int i = 0; i < free; i++) {
            model.put(start + i, 1L);
        }
    }

    private static void retain(Space space, NavigableMap<Long, Long> model, long physical) {
        if (model.containsKey(physical)) {
            space.retain(new long[] {physical}, 1);
            model.merge(physical, 1L, Long::sum);
        } else {
            assertThatThrownBy(() -> space.retain(new long[] {physical}, 1)).isInstanceOf(IllegalStateException.class);
        }
    }

    private static void release(Space space, NavigableMap<Long, Long> model, long physical) {
        if (!model.containsKey(physical)) {
            assertThatThrownBy(() -> space.release(new long[] {physical}, 1)).isInstanceOf(IllegalStateException.class);
            return;
        }
        space.release(new long[] {physical}, 1);
        boolean last = model.get(physical) == 1;
        if (last) {
            model.remove(physical);
        } else {
            model.merge(physical, -1L, Long::sum);
        }
        assertThat(space.freed().blocks()).isEqualTo(last ? 1 : 0);
        if (last) {
            assertThat(space.freed().start(0)).isEqualTo(physical);
        }
        space.freed().clear();
    }

    private static void releaseAll(Space space, NavigableMap<Long, Long> model, long base, int count) {
        for (long physical = base; physical < base + count; physical++) {
            while (model.containsKey(physical)) {
                release(space, model, physical);
            }
        }
    }

    private static void check(PageStore pages, Space space, NavigableMap<Long, Long> model) {
        TreeMap<Long, Long> counts = new TreeMap<>();
        space.counts().forEach(counts::put);
        assertThat(counts).isEqualTo(model);
        TreeMap<Long, Boolean> inRuns = new TreeMap<>();
        space.counts().usedRuns((start, length) -> {
            for (long i = 0; i < length; i++) {
                assertThat(inRuns.put(start + i, true)).isNull();
            }
        });
        assertThat(inRuns.keySet()).isEqualTo(model.keySet());
        // No tree refers to these blocks, so of all findings only those about references may come.
        TreeAudit audit = new TreeAudit(pages);
        space.audit(audit);
        assertThat(audit.finish())
                .allSatisfy(finding -> assertThat(finding).containsAnyOf("entries refer", "referred to", "more"));
    }
}
