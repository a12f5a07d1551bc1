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
import dev.tidemark.storage.StorageLock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The death of a process, which leaves the page cache as it is; and what the device holds against its users. */
@Tag("quick")
class SimProcessTest {
    private final SimStorage storage = new SimStorage(4);

    @Test
    void shouldShowTheNextProcessAllThatWasWrittenWithoutMakingItDurable() throws IOException {
        StorageFile file = durable(storage, "f", 'a', 512);
        file.write(0, run('b', 512));
        storage.open("g", Mode.CREATE_NEW).close();
        storage.killProcess();
        assertThatThrownBy(file::force).isInstanceOf(ProcessDeathException.class);
        assertThatThrownBy(() -> storage.list("")).isInstanceOf(ProcessDeathException.class);

        SimStorage next = storage.afterProcessDeath();
        assertThat(text(next)).isEqualTo("f=b512 g=");
        assertThat(outcomes(next)).containsExactlyInAnyOrder("f=a512", "f=b512", "f=a512 g=", "f=b512 g=");
        try (StorageFile again = next.open("f", Mode.WRITE)) {
            again.force();
        }
        next.syncDirectory("");
        assertThat(outcomes(next)).containsExactly("f=b512 g=");
        assertThat(outcomes(storage)).as("the dead one's moment stays").hasSize(4);
    }

    @Test
    void shouldShowTheNextProcessWhatAFailedForceLost() throws IOException {
        Set<String> durable = new HashSet<>();
        for (int seed = 0; seed < 30; seed++) {
            SimStorage device = new SimStorage(seed);
            StorageFile file = durable(device, "f", 'a', 512);
            file.write(0, run('b', 512));
            device.plan(Fault.ioError().in(Operation.FORCE));
            assertThatThrownBy(file::force).isInstanceOf(IOException.class);
            SimStorage next = device.afterProcessDeath();
            assertThat(text(next)).isEqualTo("f=b512");
            try (StorageFile again = next.open("f", Mode.WRITE)) {
                again.force(); // whoever trusts the cache is caught here
                durable.addAll(outcomes(next));
                again.write(0, run('b', 512)); // whoever writes it again is not
                again.force();
                assertThat(outcomes(next)).containsExactly("f=b512");
            }
        }
        assertThat(durable).containsExactlyInAnyOrder("f=a512", "f=b512");
    }

    @Test
    void shouldKillInTheMiddleOfAnOperation() throws IOException {
        Set<String> afterWrite = new HashSet<>();
        Set<Boolean> afterForce = new HashSet<>();
        Set<String> afterCreate = new HashSet<>();
        for (int seed = 0; seed < 60; seed++) {
            afterWrite.add(text(killedAt(seed, 3)));
            afterForce.add(sampled(killedAt(seed, 4), 20).size() == 1);
            afterCreate.add(text(killedAt(seed, 5)));
        }
        assertThat(afterWrite).containsExactlyInAnyOrder("f=a8192", "f=a100b3996a4096", "f=a100b8000a92");
        assertThat(afterForce).as("done or not").containsExactlyInAnyOrder(true, false);
        assertThat(afterCreate).containsExactlyInAnyOrder("f=a100b8000a92", "f=a100b8000a92 g=");
    }

    private static SimStorage killedAt(long seed, long number) throws IOException {
        SimStorage device = new SimStorage(seed);
        device.killProcessAt(number + 1); // durable() takes four: create, write, force, sync
        StorageFile file = durable(device, "f", 'a', 8192);
        try {
            file.write(100, run('b', 8000));
            file.force();
            device.open("g", Mode.CREATE_NEW);
            assertThat(device).as("should be dead").isNull();
        } catch (ProcessDeathException e) {
            assertThat(e).hasMessageContaining("operation");
        }
        return device.afterProcessDeath();
    }

    @Test
    void shouldReleaseLocksWithTheProcess() throws IOException {
        assertThat(storage.tryLock("lock")).isNotNull();
        assertThat(storage.tryLock("lock")).isNull();
        try (StorageLock lock = storage.afterProcessDeath().tryLock("lock")) {
            assertThat(lock).isNotNull();
        }
        storage.syncDirectory("");
        try (StorageLock lock = storage.afterPowerCut(0).tryLock("lock")) {
            assertThat(lock).isNotNull();
        }
    }

    @Test
    void shouldStartTheNumbersAnew() throws IOException {
        durable(storage, "f", 'a', 10).write(0, run('b', 10));
        SimStorage next = storage.afterProcessDeath();
        assertThat(next.operations()).isZero();
        next.cutPowerAt(0);
        assertThatThrownBy(() -> next.open("f", Mode.WRITE).write(0, run('c', 10)))
                .isInstanceOf(PowerCutException.class);
        assertThat(outcomes(next)).containsExactlyInAnyOrder("f=a10", "f=b10", "f=c10");
    }

    @Test
    void shouldReportUseAfterClose() throws IOException {
        StorageFile file = durable(storage, "f", 'a', 10);
        file.close();
        assertThat(storage.violations()).isEmpty();
        assertThatThrownBy(file::force).isInstanceOf(IOException.class);
        assertThat(storage.violations()).singleElement().asString().contains("f: force: the file is closed");
        assertThatThrownBy(storage::checkUsers)
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("the file is closed")
                .hasMessageContaining("sync_directory"); // the log comes along
    }

    @Test
    void shouldReportWhatIsLeftOpen() throws IOException {
        StorageFile file = durable(storage, "f", 'a', 10);
        StorageLock lock = storage.tryLock("lock");
        assertThat(storage.leaks()).containsExactly("held lock: lock", "open file: f");
        assertThatThrownBy(storage::checkUsers).isInstanceOf(AssertionError.class);
        lock.close();
        file.close();
        storage.checkUsers();
    }

    @Test
    void shouldReportReadsOfBytesNeverWritten() throws IOException {
        StorageFile file = durable(storage, "f", 'a', 1000);
        file.write(8000, run('b', 100));
        file.preallocate(20_000, 10_000);
        storage.refuseUnwrittenReads();
        file.read(0, ByteBuffer.allocate(1000));
        file.read(8000, ByteBuffer.allocate(100));
        file.read(20_000, ByteBuffer.allocate(20_000));
        assertThatThrownBy(() -> file.read(900, ByteBuffer.allocate(200)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("never written");
        assertThatThrownBy(() -> file.read(4096, ByteBuffer.allocate(1))).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> file.read(19_950, ByteBuffer.allocate(100))).isInstanceOf(IOException.class);
        assertThat(storage.violations()).hasSize(3);
    }

    @Test
    void shouldReportReadsOfWhatWasCutOrGivenBack() throws IOException {
        StorageFile file = durable(storage, "f", 'a', 5000);
        file.truncate(1024);
        file.truncate(5000);
        storage.refuseUnwrittenReads();
        file.read(0, ByteBuffer.allocate(1024));
        assertThatThrownBy(() -> file.read(1024, ByteBuffer.allocate(1))).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> file.read(4999, ByteBuffer.allocate(1))).isInstanceOf(IOException.class);
    }

    @Test
    void shouldPartTheLivesOfACopyAndItsOriginal() throws IOException {
        StorageFile file = durable(storage, "f", 'a', 512);
        file.write(0, run('b', 10));
        SimStorage copy = storage.afterProcessDeath();
        file.write(0, run('c', 5));
        try (StorageFile other = copy.open("f", Mode.WRITE)) {
            other.write(5, run('d', 5));
        }
        storage.createDirectory("original");
        copy.createDirectory("copy");
        assertThat(text(storage)).isEqualTo("f=c5b5a502 original/");
        assertThat(text(copy)).isEqualTo("copy/ f=b5d5a502");
    }

    @Test
    void shouldHoldLargeSparseFiles() throws IOException {
        StorageFile file = storage.open("f", Mode.CREATE_NEW);
        file.truncate(1L << 40);
        file.write((1L << 40) - 5, run('x', 10));
        for (int i = 0; i < 1000; i++) {
            file.write(i * (1L << 30), run('y', 10));
        }
        assertThat(file.size()).isEqualTo((1L << 40) + 5);
        assertThat(storage.afterProcessDeath().fingerprint()).isEqualTo(storage.fingerprint());
        ByteBuffer back = ByteBuffer.allocate(100);
        assertThat(file.read((1L << 40) - 7, back)).isEqualTo(12);
        assertThatThrownBy(() -> file.write(1L << 44, run('x', 1)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("too large");
    }

    @Test
    void shouldLogTheLatestOperations() throws IOException {
        StorageFile file = durable(storage, "f", 'a', 10);
        storage.plan(Fault.ioError().in(Operation.FORCE));
        file.write(3, run('b', 4));
        assertThatThrownBy(file::force).isInstanceOf(IOException.class);
        storage.rename("f", "g");
        assertThat(storage.log()).isEqualTo("""
                        seed 4
                             0 create f
                             1 write f @0 +10
                             2 force f
                             3 sync_directory .
                             4 write f @3 +4
                             5 force f   IO_ERROR
                             6 rename f   to g
                        """);
        for (int i = 0; i < OperationLog.CAPACITY; i++) {
            file.force();
        }
        assertThat(storage.log()).startsWith("seed 4\n... 7 earlier ones\n     7 force f\n");
    }
}
