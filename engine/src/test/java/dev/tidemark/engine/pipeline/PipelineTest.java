package dev.tidemark.engine.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.engine.checkpoint.CheckpointLoader;
import dev.tidemark.engine.checkpoint.Superblock;
import dev.tidemark.engine.exception.ExceptionStore;
import dev.tidemark.engine.mapping.MappingReader;
import dev.tidemark.engine.mapping.MappingRoot;
import dev.tidemark.engine.message.ErrorCode;
import dev.tidemark.engine.read.BlockReader;
import dev.tidemark.engine.read.EpochTable;
import dev.tidemark.engine.recovery.Sabotage;
import dev.tidemark.engine.space.Allocator;
import dev.tidemark.engine.state.State;
import dev.tidemark.engine.volume.LiveVolume;
import dev.tidemark.engine.volume.VolumeKind;
import dev.tidemark.journal.Journal;
import dev.tidemark.journal.JournalConfig;
import dev.tidemark.storage.Storage;
import dev.tidemark.storage.sim.SimStorage;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Requests that can't be carried out: each is answered once, with what is wrong at its turn, and its buffer is free.
 */
@Tag("quick")
class PipelineTest {
    private static final int BLOCK = 4096;
    private static final long SIZE = 64 << 10;

    private final SimStorage device = new SimStorage(1);
    private final WriteBuffers buffers = new WriteBuffers(BLOCK, 32 << 20);
    private final List<String> answers = new ArrayList<>();
    private CheckpointLoader.Loaded loaded;
    private State state;
    private final FailStop failStop = new FailStop();
    private Journal journal;
    private Pipeline pipeline;

    @BeforeEach
    void open() throws Exception {
        Superblock superblock = new Superblock(1, new UUID(1, 2), BLOCK, 1000 * BLOCK, 0, Map.of());
        loaded = CheckpointLoader.load(device, superblock, 64 << 20);
        loaded.writer().makeRoom(1000, 1000);
        state = loaded.state();
        JournalConfig config = JournalConfig.builder().helperThread(false).build();
        journal = Journal.create(device, config, new UUID(1, 2), new byte[0]);
        ExceptionStore exceptions = new ExceptionStore(device.open("data", Storage.Mode.CREATE_NEW), BLOCK);
        EpochTable epochs = new EpochTable();
        RequestAnswer answer = request -> {
            answers.add(request.cookie() + " " + request.error() + " " + request.errorText());
            pipeline.recycle(request);
        };
        pipeline = Pipeline.stepped(
                new PipelineParts(
                        state,
                        exceptions,
                        new JournalFrameLog(journal, config.maxPayloadBytes()),
                        new BlockReader(exceptions, new MappingReader(state.pages()), epochs, state::seq, false),
                        epochs,
                        Allocator.over(state.space().counts(), 1000, 10),
                        ForcePolicy.DEFAULT,
                        new Progress(0),
                        failStop,
                        answer,
                        new Nobody(),
                        (event, seq) -> {},
                        List.of(),
                        Map.of(),
                        loaded.writer(),
                        new CheckpointPolicy(1 << 30, 1 << 20, Long.MAX_VALUE, 100, 100),
                        config.segmentBytes(),
                        InstantSource.system(),
                        System::nanoTime,
                        Sabotage.NONE),
                buffers);
    }

    @AfterEach
    void nothingIsLeft() throws Exception {
        assertThat(failStop.cause()).isNull();
        assertThat(buffers.inFlightBytes()).isZero();
        pipeline.close();
        journal.close();
        loaded.close();
    }

    private static final class Nobody implements OpenConnections {
        @Override
        public void requestClose(long volumeId) {}

        @Override
        public int applyAsInt(long volumeId) {
            return 0;
        }

        @Override
        public Object gate() {
            return this;
        }
    }

    private static LiveVolume volume(MappingRoot root) {
        return new LiveVolume(1, "v", VolumeKind.ORIGIN, SIZE, false, 0, 1, 1, 0, root);
    }

    private void writePart(LiveVolume volume, long cookie) {
        Request request = pipeline.acquire().write(volume, 100, buffers.claim(50), false);
        pipeline.submit(request.callback("caller", cookie));
    }

    /** The caller got the exception, or nobody did, and waited for an answer. */
    @Test
    void shouldAnswerAWriteThatADefectKeepsFromBeingPrepared() {
        writePart(volume(null), 7);
        assertThat(answers).hasSize(1);
        assertThat(answers.get(0)).startsWith("7 " + ErrorCode.FAILED).contains("can't prepare the request");
        pipeline.step(10);
        assertThat(answers).hasSize(1);
    }

    /** The submitter's reading ahead said "failed" already, before its turn and with the wrong code. */
    @Test
    void shouldSayAtItsTurnThatAPartialWritesVolumeIsGone() {
        LiveVolume volume = volume(new MappingRoot());
        state.catalogue().add(volume);
        state.catalogue().end(volume, 1, 0, 0);
        writePart(volume, 8);
        assertThat(answers).isEmpty();
        pipeline.step(10);
        assertThat(answers).hasSize(1);
        assertThat(answers.get(0)).startsWith("8 " + ErrorCode.NO_SUCH_VOLUME);
    }

    @Test
    void shouldAnswerWhatComesAfterItWasClosed() {
        pipeline.close();
        writePart(volume(new MappingRoot()), 9);
        assertThat(answers).hasSize(1);
        assertThat(answers.get(0)).startsWith("9 " + ErrorCode.FAILED).contains("closed");
    }
}
