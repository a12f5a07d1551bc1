package dev.tidemark.storage.sim;

import static dev.tidemark.storage.sim.SimTexts.durable;
import static dev.tidemark.storage.sim.SimTexts.outcomes;
import static dev.tidemark.storage.sim.SimTexts.run;
import static dev.tidemark.storage.sim.SimTexts.sampled;
import static dev.tidemark.storage.sim.SimTexts.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.storage.Storage.Mode;
import dev.tidemark.storage.StorageFile;
import java.io.IOException;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a power cut may leave of creations, renames and deletions. */
@Tag("quick")
class SimNamesTest {
    private final SimStorage storage = new SimStorage(2);

    @Test
    void shouldUndoACreationUntilItsDirectoryIsSynced() throws IOException {
        StorageFile file = storage.open("f", Mode.CREATE_NEW);
        file.write(0, run('a', 512));
        file.force();
        assertThat(outcomes(storage)).as("forced, but perhaps nameless").containsExactlyInAnyOrder("", "f=a512");
        storage.syncDirectory("");
        assertThat(outcomes(storage)).containsExactly("f=a512");
    }

    @Test
    void shouldLoseTheContentOfANameThatIsDurable() throws IOException {
        StorageFile file = storage.open("f", Mode.CREATE_NEW);
        file.write(0, run('a', 512));
        storage.syncDirectory("");
        assertThat(outcomes(storage)).containsExactlyInAnyOrder("f=", "f=.512", "f=a512");
    }

    @Test
    void shouldUndoEachChangeOnItsOwn() throws IOException {
        storage.open("a", Mode.CREATE_NEW).close();
        storage.open("b", Mode.CREATE_NEW).close();
        Set<String> all = Set.of("", "a=", "b=", "a= b=");
        assertThat(outcomes(storage)).isEqualTo(all);
        assertThat(sampled(storage, 300)).isEqualTo(all);
    }

    @Test
    void shouldUndoADeletion() throws IOException {
        durable(storage, "f", 'a', 10).close();
        storage.delete("f");
        assertThat(text(storage)).isEmpty();
        assertThat(outcomes(storage)).containsExactlyInAnyOrder("", "f=a10");
        storage.syncDirectory("");
        assertThat(outcomes(storage)).containsExactly("");
    }

    @Test
    void shouldKeepTheOldOrTheNewFileInARename() throws IOException {
        durable(storage, "f", 'o', 10).close();
        StorageFile fresh = storage.open("f.new", Mode.CREATE_NEW);
        fresh.write(0, run('n', 10));
        fresh.force();
        storage.rename("f.new", "f");
        assertThat(text(storage)).isEqualTo("f=n10");
        assertThat(outcomes(storage)).containsExactlyInAnyOrder("f=o10", "f=o10 f.new=n10", "f=n10");
        storage.syncDirectory("");
        assertThat(outcomes(storage)).containsExactly("f=n10");
    }

    @Test
    void shouldShowWhoeverRenamesWithoutForcing() throws IOException {
        durable(storage, "f", 'o', 10).close();
        StorageFile fresh = storage.open("f.new", Mode.CREATE_NEW);
        fresh.write(0, run('n', 10));
        storage.rename("f.new", "f");
        storage.syncDirectory("");
        assertThat(outcomes(storage))
                .as("the old content is gone")
                .contains("f=", "f=n10")
                .doesNotContain("f=o10");
    }

    @Test
    void shouldNeverGiveAFileTwoNames() throws IOException {
        durable(storage, "a", 'x', 10).close();
        storage.rename("a", "b");
        storage.rename("b", "c");
        assertThat(outcomes(storage)).containsExactlyInAnyOrder("a=x10", "b=x10", "c=x10");
        storage.syncDirectory("");
        assertThat(outcomes(storage)).containsExactly("c=x10");
    }

    @Test
    void shouldAskForBothDirectoriesOfARename() throws IOException {
        storage.createDirectory("d");
        storage.createDirectory("e");
        storage.syncDirectory("");
        durable(storage, "d/f", 'x', 10).close();
        storage.rename("d/f", "e/f");
        Set<String> either = Set.of("d/ d/f=x10 e/", "d/ e/ e/f=x10");
        assertThat(outcomes(storage)).isEqualTo(either);
        storage.syncDirectory("e");
        storage.syncDirectory("e");
        assertThat(outcomes(storage)).as("only one of the two is synced").isEqualTo(either);
        storage.syncDirectory("d");
        assertThat(outcomes(storage)).containsExactly("d/ e/ e/f=x10");
    }

    @Test
    void shouldNotBringBackWhatWasDeletedForGood() throws IOException {
        storage.createDirectory("d");
        storage.syncDirectory("");
        storage.open("f", Mode.CREATE_NEW).close();
        storage.rename("f", "d/f");
        storage.delete("d/f");
        storage.syncDirectory("d"); // neither the creation nor the rename is synced, but the deletion is
        assertThat(outcomes(storage)).containsExactly("d/");
    }

    @Test
    void shouldNeedTheParentsNameToo() throws IOException {
        storage.createDirectory("d");
        durable(storage, "d/f", 'x', 10).close(); // syncs d only
        assertThat(outcomes(storage)).containsExactlyInAnyOrder("", "d/ d/f=x10");
        storage.syncDirectory("");
        assertThat(outcomes(storage)).containsExactly("d/ d/f=x10");
    }

    @Test
    void shouldRenameAFolderThatWasBuiltAside() throws IOException {
        storage.createDirectory("aside");
        durable(storage, "aside/f", 'x', 10).close();
        storage.syncDirectory("");
        storage.rename("aside", "store");
        assertThat(outcomes(storage)).containsExactlyInAnyOrder("aside/ aside/f=x10", "store/ store/f=x10");
        storage.syncDirectory("");
        try (StorageFile file = storage.open("store/f", Mode.WRITE)) {
            file.write(0, run('y', 5));
            file.force();
        }
        assertThat(outcomes(storage)).containsExactly("store/ store/f=y5x5");
    }

    @Test
    void shouldReuseANameThatWasDeleted() throws IOException {
        durable(storage, "f", 'o', 10).close();
        storage.delete("f");
        StorageFile file = storage.open("f", Mode.CREATE_NEW);
        file.write(0, run('n', 10));
        file.force();
        assertThat(outcomes(storage)).containsExactlyInAnyOrder("", "f=o10", "f=n10");
        storage.syncDirectory("");
        assertThat(outcomes(storage)).containsExactly("f=n10");
    }

    @Test
    void shouldForgetDeletedFilesButNotThoseInUse() throws IOException {
        StorageFile open = durable(storage, "open", 'x', 10);
        for (int i = 0; i < 100; i++) {
            durable(storage, "f", 'x', 10).close();
            storage.delete("f");
            if (i == 50) {
                storage.delete("open");
            }
            storage.syncDirectory("");
        }
        assertThat(SimTexts.content(open)).isEqualTo("x10");
        open.write(0, run('y', 5));
        open.force();
        assertThat(SimTexts.content(open)).isEqualTo("y5x5");
        assertThat(outcomes(storage)).containsExactly("");
    }

    @Test
    void shouldLeaveASyncThatFailedInDoubtForGood() throws IOException {
        boolean kept = false;
        boolean lost = false;
        for (int seed = 0; seed < 40; seed++) {
            SimStorage device = new SimStorage(seed);
            device.plan(Fault.ioError().in(Operation.SYNC_DIRECTORY));
            device.open("f", Mode.CREATE_NEW).close();
            try {
                device.syncDirectory("");
                assertThat(device).as("the sync should have failed").isNull();
            } catch (IOException e) {
                assertThat(e).hasMessageContaining("sync directory");
            }
            assertThat(text(device)).isEqualTo("f=");
            device.syncDirectory("");
            assertThat(outcomes(device)).hasSize(1).isSubsetOf("", "f=");
            kept |= outcomes(device).contains("f=");
            lost |= outcomes(device).contains("");
        }
        assertThat(kept && lost).isTrue();
    }

    @Test
    void shouldLieAboutASync() throws IOException {
        storage.plan(Fault.lie().in(Operation.SYNC_DIRECTORY));
        storage.open("f", Mode.CREATE_NEW).close();
        storage.syncDirectory("");
        assertThat(outcomes(storage)).containsExactlyInAnyOrder("", "f=");
        storage.syncDirectory("");
        assertThat(outcomes(storage)).containsExactly("f=");
    }
}
