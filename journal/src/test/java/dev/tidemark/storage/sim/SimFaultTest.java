package dev.tidemark.storage.sim;

import static dev.tidemark.storage.sim.SimTexts.durable;
import static dev.tidemark.storage.sim.SimTexts.outcomes;
import static dev.tidemark.storage.sim.SimTexts.run;
import static dev.tidemark.storage.sim.SimTexts.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.tidemark.storage.NoSpaceException;
import dev.tidemark.storage.Storage.Mode;
import dev.tidemark.storage.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Planned faults, and damage at rest. */
@Tag("quick")
class SimFaultTest {
    private final SimStorage storage = new SimStorage(3);

    @Test
    void shouldLoseForGoodWhatAFailedForceDidNotWrite() throws IOException {
        Set<String> states = new TreeSet<>();
        for (int seed = 0; seed < 100; seed++) {
            SimStorage device = new SimStorage(seed);
            StorageFile file = durable(device, "f", 'a', 1024);
            file.write(0, run('b', 1024));
            device.plan(Fault.ioError().in(Operation.FORCE));
            assertThatThrownBy(file::force).isInstanceOf(IOException.class).hasMessageContaining("f: force");
            assertThat(text(device)).as("reads see it in the cache").isEqualTo("f=b1024");

            file.force(); // says that all is well
            assertThat(text(device)).isEqualTo("f=b1024");
            assertThat(outcomes(device)).as("yet it was decided when it failed").hasSize(1);
            states.addAll(outcomes(device));

            file.write(0, run('c', 512));
            file.force();
            assertThat(outcomes(device)).hasSize(1).isSubsetOf("f=c512a512", "f=c512b512");
        }
        assertThat(states).containsExactly("f=a1024", "f=a512b512", "f=b1024", "f=b512a512");
    }

    @Test
    void shouldFailTheForceAfterAFailureInTheBackground() throws IOException {
        StorageFile f = durable(storage, "f", 'a', 512);
        durable(storage, "g", 'a', 512).force();
        f.write(0, run('b', 512));
        storage.failWriteback("f");
        assertThatThrownBy(f::force).isInstanceOf(IOException.class).hasMessageContaining("f: force");
        f.force();
        assertThat(outcomes(storage)).hasSize(1);

        f.write(0, run('c', 512));
        storage.failWriteback("f");
        try (StorageFile next = storage.afterProcessDeath().open("f", Mode.WRITE)) {
            assertThatThrownBy(next::force).as("the next process is told").isInstanceOf(IOException.class);
        }
    }

    @Test
    void shouldLieAboutAForce() throws IOException {
        StorageFile file = durable(storage, "f", 'a', 512);
        storage.plan(Fault.lie().in(Operation.FORCE).nth(2));
        file.force();
        file.write(0, run('b', 512));
        file.force();
        assertThat(outcomes(storage)).containsExactlyInAnyOrder("f=a512", "f=b512");
        file.force();
        assertThat(outcomes(storage)).containsExactly("f=b512");
    }

    @Test
    void shouldLoseAWriteThatItPretendedToMake() throws IOException {
        StorageFile file = durable(storage, "f", 'a', 512);
        storage.plan(Fault.lie().in(Operation.WRITE));
        file.write(0, run('b', 1024));
        file.force();
        assertThat(text(storage)).isEqualTo("f=b1024");
        assertThat(outcomes(storage)).containsExactly("f=a512");
        storage.dropCaches();
        assertThat(text(storage)).isEqualTo("f=a512");
    }

    @Test
    void shouldMisdirectAWrite() throws IOException {
        StorageFile file = durable(storage, "f", 'a', 16 * 512);
        storage.plan(Fault.misdirect());
        file.write(8 * 512, run('b', 512));
        file.force();
        assertThat(text(storage)).isEqualTo("f=a4096b512a3584");
        storage.dropCaches();
        assertThat(text(storage)).isNotEqualTo("f=a4096b512a3584").containsPattern("b512");
        file.write(8 * 512, run('c', 512));
        assertThat(text(storage)).contains("c512").contains("b512");
    }

    @Test
    void shouldFlipABit() throws IOException {
        StorageFile file = durable(storage, "f", 'a', 512);
        storage.plan(Fault.flipBit().in(Operation.READ), Fault.flipBit().in(Operation.WRITE));
        assertThat(text(storage)).as("once").isNotEqualTo("f=a512");
        assertThat(text(storage)).as("not the second time").isEqualTo("f=a512");
        file.write(0, run('b', 512));
        file.force();
        assertThat(text(storage)).isEqualTo("f=b512");
        storage.dropCaches();
        assertThat(flippedBits(file, 'b')).isEqualTo(1);
    }

    private static int flippedBits(StorageFile file, char expected) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate((int) file.size());
        file.read(0, bytes);
        int flipped = 0;
        for (byte value : bytes.array()) {
            flipped += Integer.bitCount((value ^ expected) & 0xff);
        }
        return flipped;
    }

    @Test
    void shouldWriteAnyPartOfAWriteThatFails() throws IOException {
        Set<String> states = new HashSet<>();
        for (int seed = 0; seed < 60; seed++) {
            SimStorage device = new SimStorage(seed);
            StorageFile file = durable(device, "f", 'a', 1024);
            device.plan(Fault.ioError().in(Operation.WRITE));
            assertThatThrownBy(() -> file.write(0, run('b', 1024)))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("f: write at 0");
            states.add(text(device));
        }
        assertThat(states).hasSizeGreaterThan(20).contains("f=a1024", "f=b1024");
    }

    @Test
    void shouldCutAWriteShort() throws IOException {
        Set<String> states = new HashSet<>();
        for (int seed = 0; seed < 60; seed++) {
            SimStorage device = new SimStorage(seed);
            StorageFile file = durable(device, "f", 'a', 1536);
            device.plan(Fault.shortWrite());
            assertThatThrownBy(() -> file.write(100, run('b', 1400))).isInstanceOf(IOException.class);
            states.add(text(device));
        }
        assertThat(states).containsExactlyInAnyOrder("f=a1536", "f=a100b412a1024", "f=a100b924a512");
    }

    @Test
    void shouldGiveNothingWhenAReadFails() throws IOException {
        StorageFile file = durable(storage, "f", 'a', 512);
        storage.plan(Fault.ioError().in(Operation.READ).on("f").nth(2));
        assertThat(text(storage)).isEqualTo("f=a512");
        assertThatThrownBy(() -> file.read(7, ByteBuffer.allocate(1)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("f: read at 7");
        assertThat(text(storage)).isEqualTo("f=a512");
    }

    @Test
    void shouldFailWhatWasPlannedAndNothingElse() throws IOException {
        storage.plan(
                Fault.ioError().in(Operation.WRITE).on("g").nth(2),
                Fault.noSpace().onNames(name -> name.equals("f")).at(4));
        StorageFile f = storage.open("f", Mode.CREATE_NEW); // 0
        StorageFile g = storage.open("g", Mode.CREATE_NEW); // 1
        f.write(0, run('a', 10)); // 2
        g.write(0, run('a', 10)); // 3
        assertThatThrownBy(f::force).isInstanceOf(NoSpaceException.class); // 4
        f.force(); // 5
        assertThatThrownBy(() -> g.write(0, run('a', 10))).isInstanceOf(IOException.class); // 6
        g.write(0, run('a', 10)); // 7
        assertThat(storage.operations()).isEqualTo(8);
        assertThat(storage.operations(Operation.WRITE)).isEqualTo(4);

        storage.plan(Fault.ioError().in(Operation.FORCE).from(2));
        f.force();
        assertThatThrownBy(g::force).isInstanceOf(IOException.class);
        assertThatThrownBy(f::force).isInstanceOf(IOException.class);
        storage.clearPlan();
        f.force();
    }

    @Test
    void shouldFailAnyOperationWithoutDoingIt() throws IOException {
        storage.createDirectory("d");
        durable(storage, "f", 'a', 10).close();
        String before = text(storage);
        List<org.assertj.core.api.ThrowableAssert.ThrowingCallable> calls = List.of(
                () -> storage.open("g", Mode.CREATE),
                () -> storage.createDirectory("e"),
                () -> storage.rename("f", "g"),
                () -> storage.delete("f"),
                () -> storage.tryLock("lock"));
        for (org.assertj.core.api.ThrowableAssert.ThrowingCallable call : calls) {
            storage.plan(Fault.ioError().at(storage.operations()));
            assertThatThrownBy(call).isInstanceOf(IOException.class).hasMessageContaining("Input/output error");
            storage.plan(Fault.noSpace().at(storage.operations()));
            assertThatThrownBy(call).isInstanceOf(NoSpaceException.class);
            assertThat(text(storage)).isEqualTo(before);
        }
        storage.plan(Fault.ioError().in(Operation.OPEN));
        assertThatThrownBy(() -> storage.open("f", Mode.READ)).isInstanceOf(IOException.class);
        try (StorageFile file = storage.open("f", Mode.WRITE)) {
            storage.plan(Fault.ioError().in(Operation.TRUNCATE), Fault.ioError().in(Operation.DEALLOCATE));
            assertThatThrownBy(() -> file.truncate(1)).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> file.deallocate(0, 5)).isInstanceOf(IOException.class);
        }
        assertThat(text(storage)).isEqualTo(before);
    }

    @Test
    void shouldRunOutOfSpace() throws IOException {
        storage.limitCapacity(10 * 4096);
        StorageFile f = storage.open("f", Mode.CREATE_NEW);
        StorageFile g = storage.open("g", Mode.CREATE_NEW);
        assertThat(storage.usableBytes()).isEqualTo(10 * 4096);
        f.preallocate(0, 6 * 4096);
        g.write(100 * 4096, run('g', 4096));
        assertThat(storage.usableBytes()).isEqualTo(3 * 4096);
        Throwable failure = catchThrowable(() -> f.write(5 * 4096 + 10, run('f', 5 * 4096)));
        assertThat(failure).isInstanceOf(NoSpaceException.class).hasMessageContaining("f: write at");
        assertThat(f.size()).as("written as far as there was room").isEqualTo(9 * 4096);
        assertThat(storage.usableBytes()).isZero();
        assertThatThrownBy(() -> g.preallocate(0, 1)).isInstanceOf(NoSpaceException.class);
        f.write(0, run('x', 9 * 4096)); // room that was taken before stays usable

        storage.delete("g");
        assertThat(storage.usableBytes()).as("still open").isZero();
        g.close();
        assertThat(storage.usableBytes()).isEqualTo(4096);
        f.truncate(4096);
        assertThat(storage.usableBytes()).isEqualTo(9 * 4096);
        assertThat(storage.afterProcessDeath().usableBytes())
                .as("the device is as small")
                .isEqualTo(9 * 4096);
    }

    @Test
    void shouldDamageWhatIsAtRest() throws IOException {
        StorageFile file = durable(storage, "f", 'a', 2048);
        storage.flipBit("f", 700, 1);
        assertThat(text(storage)).isEqualTo("f=a700c1a1347");
        storage.zeroSector("f", 700);
        assertThat(text(storage)).isEqualTo("f=a512.512a1024");
        storage.copySector("f", 600, 2047);
        assertThat(text(storage)).isEqualTo("f=a512.512a512.512");
        storage.damage("f", 0, new byte[] {'x', 'y'});
        assertThat(outcomes(storage)).as("on the device, too").containsExactly("f=x1y1a510.512a512.512");
        file.write(2, run('z', 1));
        storage.flipBit("f", 2, 0);
        assertThat(text(storage)).isEqualTo("f=x1y1{1a509.512a512.512");
        assertThat(storage.operations(Operation.WRITE)).isEqualTo(2);
        assertThatThrownBy(() -> storage.flipBit("none", 0, 0)).isInstanceOf(IOException.class);
    }
}
