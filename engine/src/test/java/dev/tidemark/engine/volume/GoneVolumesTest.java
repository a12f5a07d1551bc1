package dev.tidemark.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.engine.mapping.PageStore;
import dev.tidemark.engine.mapping.TreeAudit;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The table of volumes that are gone, against a list. */
@Tag("quick")
class GoneVolumesTest {
    private static final int VOLUMES = 20_000;

    private static DeadVolume volume(long id, SplittableRandom random) {
        String name = "v" + id + "-".repeat(random.nextInt(100));
        long created = random.nextLong(1L << random.nextInt(1, 62));
        return new DeadVolume(
                id,
                name,
                random.nextBoolean() ? VolumeKind.SNAPSHOT : VolumeKind.ORIGIN,
                random.nextLong(1L << 40),
                random.nextLong(1L << 40),
                created,
                random.nextLong(),
                created + random.nextLong(1000),
                random.nextLong(),
                random.nextInt(3));
    }

    private static void requireSame(GoneVolumes table, List<DeadVolume> expected, PageStore pages) {
        List<DeadVolume> all = new ArrayList<>();
        table.forEach(all::add);
        assertThat(all).isEqualTo(expected);
        assertThat(table.count()).isEqualTo(expected.size());
        for (DeadVolume volume : expected) {
            assertThat(table.find(volume.id())).isEqualTo(volume);
        }
        TreeAudit audit = new TreeAudit(pages);
        table.audit(audit);
        assertThat(audit.finish()).isEmpty();
    }

    @Test
    void shouldRememberAllInOrderAndById() {
        for (int spread : new int[] {1, 3, 5_000, 1 << 24}) {
            SplittableRandom random = new SplittableRandom(spread);
            try (PageStore pages = new PageStore()) {
                GoneVolumes table = new GoneVolumes(pages);
                List<DeadVolume> expected = new ArrayList<>();
                for (long i = 0; i < VOLUMES; i++) {
                    // in another order than that of ids, and each once
                    long id = 1 + ((i ^ 0x155) * spread);
                    expected.add(volume(id, random));
                    table.add(expected.get(expected.size() - 1));
                }
                requireSame(table, expected, pages);
                assertThat(table.find(0)).isNull();
                assertThat(table.find(2L + 40_000L * spread)).isNull();
                assertThat(table.find(Long.MAX_VALUE >>> 8)).isNull();

                GoneVolumes restored = new GoneVolumes(pages);
                restored.restore(table.roots());
                assertThat(restored.roots()).isEqualTo(table.roots());
                for (long id = Long.MAX_VALUE >>> 24; id < (Long.MAX_VALUE >>> 24) + 100; id++) {
                    expected.add(volume(id, random));
                    restored.add(expected.get(expected.size() - 1));
                }
                requireSame(restored, expected, pages);
            }
        }
    }

    @Test
    void shouldTakeTheLongestRecord() {
        try (PageStore pages = new PageStore()) {
            GoneVolumes table = new GoneVolumes(pages);
            List<DeadVolume> expected = new ArrayList<>();
            for (long id = 1; id <= 40; id++) {
                expected.add(new DeadVolume(
                        id, "n".repeat(128), VolumeKind.SNAPSHOT, -1, -1, Long.MAX_VALUE, -1, Long.MIN_VALUE, -1, -1));
                table.add(expected.get(expected.size() - 1));
            }
            requireSame(table, expected, pages);
        }
    }

    @Test
    void shouldRefuseRootsThatContradictEachOther() {
        for (GoneVolumes.Roots roots : List.of(
                new GoneVolumes.Roots(-1, 0, 0, 0, 0, 0),
                new GoneVolumes.Roots(0, 5, 0, 0, 0, 0),
                new GoneVolumes.Roots(0, 0, 1, 1, 0, 0),
                new GoneVolumes.Roots(3, 35, 1, 1, 2, 1),
                new GoneVolumes.Roots(1, 4097, 1, 1, 2, 1),
                new GoneVolumes.Roots(1, 4096, 1, 2, 2, 1),
                new GoneVolumes.Roots(1, 1L << 50, 1, 3, 2, 1),
                new GoneVolumes.Roots(1, 1L << 62, 1, 6, 2, 1),
                new GoneVolumes.Roots(1, Long.MAX_VALUE, 1, 6, 2, 1),
                new GoneVolumes.Roots(1, 50, 0, 0, 2, 1),
                new GoneVolumes.Roots(1, 50, 1, 1, 0, 0),
                new GoneVolumes.Roots(1, 50, 1, 0, 2, 1),
                new GoneVolumes.Roots(1, 50, 1, 7, 2, 1),
                new GoneVolumes.Roots(1, 50, 1, 1, 2, -1),
                new GoneVolumes.Roots(1, 50, 1L << 48, 1, 2, 1))) {
            try (PageStore pages = new PageStore()) {
                GoneVolumes table = new GoneVolumes(pages);
                assertThatThrownBy(() -> table.restore(roots))
                        .as(roots.toString())
                        .isInstanceOf(IllegalArgumentException.class);
            }
        }
    }
}
