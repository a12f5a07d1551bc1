package dev.tidemark.engine.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.engine.exception.ExceptionStore;
import dev.tidemark.engine.mapping.MappingReader;
import dev.tidemark.engine.mapping.MappingRoot;
import dev.tidemark.engine.state.State;
import dev.tidemark.engine.volume.LiveVolume;
import dev.tidemark.engine.volume.VolumeKind;
import dev.tidemark.storage.Storage;
import dev.tidemark.storage.sim.SimStorage;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Pins of readers, and who is let in. */
@Tag("quick")
class EpochTableTest {
    private final EpochTable epochs = new EpochTable();

    /** A read inside a walk over extents ended the walk's own pin, and its pages could go under it. */
    @Test
    void shouldStayPinnedUntilTheOutermostExit() {
        EpochTable.Pin outer = epochs.enter();
        long pinned = epochs.current();
        epochs.advance();
        EpochTable.Pin inner = epochs.enter();
        epochs.advance();
        assertThat(epochs.safeEpoch()).isEqualTo(pinned);
        inner.exit();
        epochs.advance();
        assertThat(epochs.safeEpoch()).isEqualTo(pinned);
        outer.exit();
        assertThat(epochs.safeEpoch()).isEqualTo(epochs.current());
        epochs.enter().exit();
        assertThat(epochs.safeEpoch()).isEqualTo(epochs.current());
    }

    @Test
    void shouldCountThePinsOfEveryThread() throws Exception {
        long before = epochs.current();
        EpochTable.Pin[] pin = new EpochTable.Pin[1];
        Thread other = new Thread(() -> pin[0] = epochs.enter());
        other.start();
        other.join();
        epochs.advance();
        assertThat(epochs.safeEpoch()).isEqualTo(before);
        pin[0].exit();
        assertThat(epochs.safeEpoch()).isEqualTo(epochs.current());
    }

    /** It was asked before the pin: between the two a volume could end, and the store close, under the reader. */
    @Test
    void shouldLetNobodyInWhoComesTooLateAndLeaveNoPinBehind() throws Exception {
        try (State state = new State(4096);
                ExceptionStore exceptions =
                        new ExceptionStore(new SimStorage(1).open("data", Storage.Mode.CREATE_NEW), 4096)) {
            BlockReader reader = new BlockReader(exceptions, new MappingReader(state.pages()), epochs, state::seq);
            LiveVolume volume = new LiveVolume(1, "v", VolumeKind.ORIGIN, 4096, false, 0, 1, 1, 0, new MappingRoot());
            state.catalogue().add(volume);
            reader.read(volume, 0, ByteBuffer.allocate(4096));
            state.catalogue().end(volume, 1, 0, 0);
            assertThatThrownBy(() -> reader.read(volume, 0, ByteBuffer.allocate(1)))
                    .isInstanceOf(VolumeGoneException.class);
            epochs.advance();
            assertThat(epochs.safeEpoch()).isEqualTo(epochs.current());
            reader.close();
            assertThatThrownBy(() -> reader.read(volume, 0, ByteBuffer.allocate(1)))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("closed");
            epochs.advance();
            assertThat(epochs.safeEpoch()).isEqualTo(epochs.current());
        }
    }
}
