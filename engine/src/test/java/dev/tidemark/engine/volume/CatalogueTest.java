package dev.tidemark.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.engine.mapping.MappingRoot;
import dev.tidemark.engine.mapping.PageStore;
import dev.tidemark.engine.message.VolumeRef;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("quick")
class CatalogueTest {
    private final Catalogue catalogue = new Catalogue(new PageStore());

    @Test
    void shouldFindVolumesByNameAndId() {
        LiveVolume disk = add(1, "disk", 0);
        LiveVolume snap = add(2, "snap", 1);
        assertThat(catalogue.find(VolumeRef.parse("disk"))).isSameAs(disk);
        assertThat(catalogue.find(VolumeRef.parse("#2"))).isSameAs(snap);
        catalogue.rename(disk, "root");
        assertThat(catalogue.byName("disk")).isNull();
        assertThat(catalogue.byName("root")).isSameAs(disk);
        catalogue.end(disk, 9, 900, 0);
        assertThat(catalogue.find(VolumeRef.parse("id:1"))).isNull();
        assertThat(disk.alive()).isFalse();
        assertThat(catalogue.volumes()).containsExactly(snap);
        assertThat(catalogue.origins()).isZero();
        assertThat(catalogue.audit()).isEmpty();
    }

    @Test
    void shouldNeverGiveAnIdOrANameTwice() {
        LiveVolume disk = add(1, "disk", 0);
        assertThatThrownBy(() -> add(1, "other", 0)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> add(2, "disk", 0)).isInstanceOf(IllegalStateException.class);
        catalogue.end(disk, 5, 5, 0);
        assertThatThrownBy(() -> add(1, "disk", 0)).isInstanceOf(IllegalStateException.class);
        assertThat(catalogue.nextVolumeId()).isEqualTo(2);
    }

    @Test
    void shouldRememberTheGoneForGood() {
        List<DeadVolume> expected = new ArrayList<>();
        long last = 20_000;
        for (long id = 1; id <= last; id++) {
            LiveVolume volume = add(id, "v" + "x".repeat((int) (id % 128)) + "_" + id % 10, id % 3 == 1 ? 0 : 1);
            if (id % 5 != 0) {
                long into = id % 7 == 0 ? id - 1 : 0;
                catalogue.end(volume, id + 100, 1L << 40 | id, into);
                expected.add(new DeadVolume(
                        id,
                        volume.name(),
                        volume.kind(),
                        volume.sourceId(),
                        volume.familyId(),
                        volume.createdSeq(),
                        volume.createdMs(),
                        id + 100,
                        1L << 40 | id,
                        into));
            } else {
                catalogue.rename(volume, "alive" + id);
            }
        }
        List<DeadVolume> actual = new ArrayList<>();
        catalogue.forEachDead(actual::add);
        assertThat(actual).isEqualTo(expected);
        for (DeadVolume dead : expected) {
            assertThat(catalogue.dead(dead.id())).isEqualTo(dead);
        }
        assertThat(catalogue.dead(5)).isNull();
        assertThat(catalogue.dead(last + 5000)).isNull();
        assertThat(catalogue.audit()).isEmpty();
    }

    @Test
    void shouldFindWhatIsWrongWithLineage() {
        add(1, "disk", 0);
        catalogue.add(new LiveVolume(2, "lost", VolumeKind.SNAPSHOT, 4096, false, 7, 1, 2, 2, new MappingRoot()));
        catalogue.add(new LiveVolume(3, "stranger", VolumeKind.SNAPSHOT, 4096, false, 1, 2, 3, 3, new MappingRoot()));
        catalogue.add(new LiveVolume(4, "odd", VolumeKind.ORIGIN, 4096, false, 1, 1, 4, 4, new MappingRoot()));
        catalogue.add(new LiveVolume(6, "late", VolumeKind.ORIGIN, 4096, false, 0, 6, 5, 5, new MappingRoot()));
        assertThat(catalogue.audit())
                .containsExactly(
                        "volume #2 lost: its source #7 is unknown",
                        "volume #3 stranger: is older than its source #1, or of another family",
                        "volume #4 odd: an origin with source #1 and family #1",
                        "catalogue: 5 volumes and 0 gone, but the next id is 7");
    }

    private LiveVolume add(long id, String name, long source) {
        LiveVolume volume = new LiveVolume(
                id,
                name,
                source == 0 ? VolumeKind.ORIGIN : VolumeKind.SNAPSHOT,
                4096,
                false,
                source,
                source == 0 ? id : 1,
                id,
                id * 1000,
                new MappingRoot());
        catalogue.add(volume);
        return volume;
    }
}
