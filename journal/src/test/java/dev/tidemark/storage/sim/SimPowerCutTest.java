package dev.tidemark.storage.sim;

import static dev.tidemark.storage.sim.SimTexts.durable;
import static dev.tidemark.storage.sim.SimTexts.outcomes;
import static dev.tidemark.storage.sim.SimTexts.run;
import static dev.tidemark.storage.sim.SimTexts.sampled;
import static dev.tidemark.storage.sim.SimTexts.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.storage.Storage.Mode;
import dev.tidemark.storage.StorageFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a power cut may leave of the content of files. */
@Tag("quick")
class SimPowerCutTest {
    private final SimStorage storage = new SimStorage(1);

    @Test
    void shouldKeepWhatWasForced() throws IOException {
        StorageFile file = durable(storage, "f", 'a', 3000);
        file.write(100, run('b', 10));
        file.truncate(2000);
        file.force();
        assertThat(outcomes(storage)).containsExactly("f=a100b10a1890");
        assertThat(sampled(storage, 50)).containsExactly("f=a100b10a1890");
    }

    @Test
    void shouldTearAWriteAtSectors() throws IOException {
        StorageFile file = durable(storage, "f", 'a', 1024);
        file.write(0, run('b', 1024));
        assertThat(text(storage)).as("seen at once").isEqualTo("f=b1024");
        assertThat(outcomes(storage)).containsExactlyInAnyOrder("f=a1024", "f=b512a512", "f=a512b512", "f=b1024");
    }

    @Test
    void shouldTearAtSectorsOfTheFileNotOfTheWrite() throws IOException {
        StorageFile file = durable(storage, "f", 'a', 1024);
        file.write(500, run('b', 24));
        assertThat(outcomes(storage))
                .containsExactlyInAnyOrder("f=a1024", "f=a500b12a512", "f=a512b12a500", "f=a500b24a500");
    }

    /** Two writes that overlap, the second beyond the end: 2 x 3 x 3 outcomes, the size without its data among them. */
    @Test
    void shouldDecideEachSectorOfEachWriteOnItsOwn() throws IOException {
        StorageFile file = durable(storage, "f", 'a', 1024);
        file.write(0, run('b', 1024));
        file.write(512, run('c', 1024));
        Set<String> expected = new HashSet<>();
        for (String first : List.of("a512", "b512")) {
            for (String second : List.of("a512", "b512", "c512")) {
                for (String third : List.of("", ".512", "c512")) {
                    expected.add(merged("f=" + first + second + third));
                }
            }
        }
        assertThat(outcomes(storage)).isEqualTo(expected);
        assertThat(sampled(storage, 3000)).as("a random cut finds them all").isEqualTo(expected);
    }

    private static String merged(String text) {
        return text.replace("a512a512", "a1024").replace("b512b512", "b1024").replace("c512c512", "c1024");
    }

    @Test
    void shouldDecideAboutAllFilesTogether() throws IOException {
        StorageFile f = durable(storage, "f", 'a', 512);
        StorageFile g = durable(storage, "g", 'a', 512);
        f.write(0, run('b', 512));
        g.write(0, run('b', 512));
        Set<String> all = Set.of("f=a512 g=a512", "f=a512 g=b512", "f=b512 g=a512", "f=b512 g=b512");
        assertThat(outcomes(storage)).isEqualTo(all);
        assertThat(sampled(storage, 500)).isEqualTo(all);
        f.force();
        assertThat(outcomes(storage)).containsExactlyInAnyOrder("f=b512 g=a512", "f=b512 g=b512");
    }

    @Test
    void shouldUndoSizes() throws IOException {
        StorageFile file = durable(storage, "f", 'a', 1024);
        file.truncate(600);
        file.truncate(700);
        // Each of the two on its own: neither, the cut, the growth alone (which only cuts), both.
        assertThat(outcomes(storage)).containsExactlyInAnyOrder("f=a1024", "f=a600", "f=a700", "f=a600.100");
    }

    @Test
    void shouldUndoPreallocationAndHoles() throws IOException {
        StorageFile file = durable(storage, "f", 'a', 512);
        file.preallocate(512, 512);
        assertThat(outcomes(storage)).containsExactlyInAnyOrder("f=a512", "f=a512.512");
        file.force();
        assertThat(outcomes(storage)).containsExactly("f=a512.512");

        String before = text(storage);
        while (text(storage).equals(before)) { // the device may do nothing
            file.deallocate(0, 512);
        }
        assertThat(outcomes(storage)).containsExactlyInAnyOrder("f=a512.512", "f=.1024");
        file.force();
        assertThat(outcomes(storage)).containsExactly("f=.1024");
    }

    @Test
    void shouldEnumerateByWholeWritesWhereThatIsEnough() throws IOException {
        StorageFile file = durable(storage, "f", 'a', 4096);
        file.write(0, run('b', 4096));
        file.write(0, run('c', 2048));
        List<String> texts = new ArrayList<>();
        for (SimStorage outcome : storage.allPowerCuts(4, Granularity.WRITES)) {
            texts.add(text(outcome));
        }
        assertThat(texts).containsExactlyInAnyOrder("f=a4096", "f=b4096", "f=c2048a2048", "f=c2048b2048");
        assertThatThrownBy(() -> storage.allPowerCuts(3, Granularity.WRITES).forEach(SimStorage::seed))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("more than 3");
    }

    @Test
    void shouldEnumerateTheMomentItWasAskedAt() throws IOException {
        StorageFile file = durable(storage, "f", 'a', 512);
        file.write(0, run('b', 512));
        Iterable<SimStorage> cuts = storage.allPowerCuts(10, Granularity.SECTORS);
        file.write(0, run('c', 512));
        file.force();
        Set<String> texts = new HashSet<>();
        for (SimStorage outcome : cuts) {
            texts.add(text(outcome));
        }
        assertThat(texts).containsExactlyInAnyOrder("f=a512", "f=b512");
    }

    @Test
    void shouldTearLargeWritesToo() throws IOException {
        StorageFile file = durable(storage, "f", 'a', 512);
        file.preallocate(0, 8 << 20);
        Set<Long> states = new HashSet<>();
        for (int seed = 0; seed < 200; seed++) {
            SimStorage after = storage.afterPowerCut(seed);
            try (StorageFile read = after.open("f", Mode.READ)) {
                assertThat(read.size()).isBetween(512L, 8L << 20);
                states.add(read.size());
            }
        }
        assertThat(states).hasSizeGreaterThan(10);
    }

    @Test
    void shouldLeaveTheDeviceAsItIsWhenAnOutcomeIsTaken() throws IOException {
        StorageFile file = durable(storage, "f", 'a', 1024);
        file.write(0, run('b', 1024));
        SimStorage outcome = storage.afterPowerCut(1);
        try (StorageFile other = outcome.open("f", Mode.WRITE)) {
            other.write(0, run('x', 1024));
            other.force();
        }
        file.write(512, run('c', 10));
        assertThat(text(storage)).isEqualTo("f=b512c10b502");
        assertThat(text(outcome)).isEqualTo("f=x1024");
        assertThat(outcomes(storage))
                .contains("f=a1024", "f=a512c10a502", "f=b512c10b502")
                .hasSize(8);
    }

    @Test
    void shouldCutAtTheOperationThatWasAskedFor() throws IOException {
        for (int cut = 0; cut <= 6; cut++) {
            SimStorage device = new SimStorage(5);
            device.cutPowerAt(cut);
            int done = 0;
            try {
                StorageFile file = device.open("f", Mode.CREATE_NEW);
                done++;
                device.syncDirectory("");
                done++;
                file.write(0, run('a', 512));
                done++;
                file.force();
                done++;
                file.write(0, run('b', 512));
                done++;
                file.force();
                done++;
            } catch (PowerCutException e) {
                assertThat(e).hasMessageContaining("operation " + cut);
            }
            assertThat(done).isEqualTo(cut);
            assertThat(device.operations()).isEqualTo(Math.min(6, cut + 1));
            assertThat(outcomes(device)).isEqualTo(expectedAfter(cut));
            if (cut < 6) {
                assertThatThrownBy(() -> device.exists("f")).isInstanceOf(PowerCutException.class);
                assertThatThrownBy(() -> device.open("f", Mode.READ)).isInstanceOf(PowerCutException.class);
                assertThat(device.isDead()).isTrue();
                device.checkUsers(); // nobody can close anything any more
            }
        }
    }

    private static Set<String> expectedAfter(int cut) {
        return switch (cut) {
            case 0, 1 -> Set.of("", "f=");
            case 2, 3 -> Set.of("f=", "f=.512", "f=a512");
            case 4, 5 -> Set.of("f=a512", "f=b512");
            default -> Set.of("f=b512");
        };
    }

    @Test
    void shouldYieldAllCutsOfOneRunToAnObserver() throws IOException {
        List<Set<String>> observed = new ArrayList<>();
        storage.observe((device, number, kind, name) -> {
            assertThat(number).isEqualTo(observed.size());
            try {
                observed.add(outcomes(device));
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        StorageFile file = storage.open("f", Mode.CREATE_NEW);
        storage.syncDirectory("");
        file.write(0, run('a', 512));
        file.force();
        file.write(0, run('b', 512));
        file.force();
        storage.observe(null);
        assertThat(observed)
                .containsExactly(
                        Set.of(""),
                        Set.of("", "f="),
                        Set.of("f="),
                        expectedAfter(3),
                        Set.of("f=a512"),
                        expectedAfter(5));
    }

    @Test
    void shouldBeReproducedBySeedAndCut() throws IOException {
        for (int cut = 0; cut < 60; cut++) {
            SimStorage one = workload(9, cut);
            SimStorage two = workload(9, cut);
            assertThat(one.log()).isEqualTo(two.log());
            for (int seed = 0; seed < 5; seed++) {
                assertThat(one.afterPowerCut(seed).fingerprint())
                        .isEqualTo(two.afterPowerCut(seed).fingerprint());
            }
        }
        Set<Long> states = new HashSet<>();
        for (int seed = 0; seed < 20; seed++) {
            states.add(workload(seed, 60).afterPowerCut(0).fingerprint());
        }
        assertThat(states).as("the seed of the device matters").hasSizeGreaterThan(10);
    }

    private static SimStorage workload(long seed, int cut) {
        SimStorage device = new SimStorage(seed);
        device.plan(Fault.ioError().in(Operation.FORCE).nth(4));
        device.cutPowerAt(cut);
        SplitMix random = new SplitMix(3);
        try {
            StorageFile file = device.open("f", Mode.CREATE_NEW);
            device.syncDirectory("");
            while (true) {
                file.write(random.below(5000), run((char) ('a' + random.below(26)), 1 + random.below(2000)));
                if (random.chance(20)) {
                    forceTwice(file);
                }
                file.deallocate(random.below(5000), 700);
            }
        } catch (IOException e) {
            assertThat(e).isInstanceOf(PowerCutException.class);
            return device;
        }
    }

    private static void forceTwice(StorageFile file) throws IOException {
        try {
            file.force();
        } catch (PowerCutException e) {
            throw e;
        } catch (IOException e) {
            file.force();
        }
    }
}
