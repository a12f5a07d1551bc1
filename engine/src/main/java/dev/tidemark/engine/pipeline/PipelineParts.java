package dev.tidemark.engine.pipeline;

import dev.tidemark.engine.checkpoint.CheckpointWriter;
import dev.tidemark.engine.exception.ExceptionStore;
import dev.tidemark.engine.read.BlockReader;
import dev.tidemark.engine.read.EpochTable;
import dev.tidemark.engine.recovery.Sabotage;
import dev.tidemark.engine.space.Allocator;
import dev.tidemark.engine.state.State;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.LongToIntFunction;

/**
 * What a pipeline is put together from.
 *
 * @param state as recovery left it
 * @param exceptions the file of physical blocks
 * @param log where frames go
 * @param reader the read path, for the rest of partly written blocks
 * @param epochs what readers pin
 * @param allocator as recovery built it
 * @param policy when to force
 * @param progress how far the stages are; begins where recovery ended
 * @param failStop the one of the store
 * @param answer who tells the callers
 * @param openConnections how many clients have the volume with that id open; any thread
 * @param listener told of each event but I/O and steps of jobs, once it is durable
 * @param lowSpacePercents levels at which to warn, descending
 * @param options the store's options as text, for {@code status}
 * @param checkpoints who writes checkpoints
 * @param checkpointPolicy when to take one
 * @param journalSegmentBytes the length of new journal segments, which the journal's reserves follow
 * @param clock wall-clock time, for the events
 * @param nanoClock for intervals
 * @param sabotage {@link Sabotage#NONE} but in tests that must fail
 */
public record PipelineParts(
        State state,
        ExceptionStore exceptions,
        FrameLog log,
        BlockReader reader,
        EpochTable epochs,
        Allocator allocator,
        ForcePolicy policy,
        Progress progress,
        FailStop failStop,
        RequestAnswer answer,
        LongToIntFunction openConnections,
        EventListener listener,
        List<Integer> lowSpacePercents,
        Map<String, String> options,
        CheckpointWriter checkpoints,
        CheckpointPolicy checkpointPolicy,
        int journalSegmentBytes,
        InstantSource clock,
        LongSupplier nanoClock,
        Sabotage sabotage) {}
