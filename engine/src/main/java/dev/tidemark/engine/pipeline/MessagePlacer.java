package dev.tidemark.engine.pipeline;

import dev.tidemark.engine.checkpoint.MetadataFile;
import dev.tidemark.engine.exception.ExceptionStore;
import dev.tidemark.engine.mapping.PageTraffic;
import dev.tidemark.engine.mapping.PageUnreadableException;
import dev.tidemark.engine.message.ErrorCode;
import dev.tidemark.engine.message.Line;
import dev.tidemark.engine.message.Refusal;
import dev.tidemark.engine.message.Reply;
import dev.tidemark.engine.space.Allocator;
import dev.tidemark.engine.state.Decider;
import dev.tidemark.engine.state.Decision;
import dev.tidemark.engine.state.DecisionContext;
import dev.tidemark.engine.state.State;
import dev.tidemark.engine.state.StoreFacts;
import dev.tidemark.engine.state.Views;
import dev.tidemark.engine.volume.LiveVolume;
import dev.tidemark.storage.NoSpaceException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Messages: decided on the state as it is at their turn. PLACE only. */
final class MessagePlacer {
    private final PipelineParts parts;
    private final State state;
    private final ExceptionStore exceptions;
    private final EventSink sink;
    private final SpaceKeeper space;
    private final PartialBlocks partials;
    private final Views views;

    MessagePlacer(PipelineParts parts, EventSink sink, SpaceKeeper space, PartialBlocks partials) {
        this.parts = parts;
        this.state = parts.state();
        this.exceptions = parts.exceptions();
        this.sink = sink;
        this.space = space;
        this.partials = partials;
        this.views = new Views(parts.state());
    }

    /** What the answer waits for. */
    enum Wait {
        NOTHING,
        /** Clients of volumes that it takes by force are to be asked to go; then it is to be placed again. */
        CLIENTS,
        /** The state that it was decided on is durable. */
        FORCE,
        /** A checkpoint holds what was there before: the message itself changed nothing. */
        CHECKPOINT,
        /** A checkpoint holds what it changed. */
        CHECKPOINT_OF_CHANGE
    }

    /** Decides and applies a message; what its answer waits for. */
    Wait place(Request request, JournalRoom room) {
        try {
            return decide(request, room);
        } catch (PageUnreadableException e) {
            request.reply = refusal(ErrorCode.FAILED, "can't carry the message out: " + e.getMessage());
            return Wait.FORCE;
        }
    }

    private Wait decide(Request request, JournalRoom room) {
        DecisionContext context = new DecisionContext(parts.clock().millis(), request.actor, parts.openConnections());
        Decision decision = Decider.decide(state, request.message, context);
        if (decision instanceof Decision.Query query) {
            request.reply = views.answer(query.command(), facts());
            return Wait.NOTHING;
        }
        if (decision instanceof Decision.Apply apply && mustAsk(request, apply, room)) {
            return Wait.CLIENTS;
        }
        if (decision instanceof Decision.Apply apply) {
            request.reply = room.forCommands() ? apply(apply) : noJournalRoom(room);
        } else if (decision instanceof Decision.Answer answer) {
            request.reply = answer.reply();
        } else if (decision instanceof Decision.Refused refused) {
            request.reply = new Reply.Refused(refused.refusal());
        } else {
            request.reply = ((Decision.Repeat) decision).reply();
        }
        if (!asksForCheckpoint(decision) || !(request.reply instanceof Reply.Ok)) {
            return Wait.FORCE;
        }
        return decision instanceof Decision.Apply ? Wait.CHECKPOINT_OF_CHANGE : Wait.CHECKPOINT;
    }

    /**
     * Whether clients are to be asked to go that were not yet: only for a message that is not refused for something
     * else.
     */
    private boolean mustAsk(Request request, Decision.Apply decided, JournalRoom room) {
        boolean asked = request.forced() != null;
        if (decided.forced().isEmpty()) {
            return false;
        }
        request.forced(decided.forced());
        if (asked || !room.forCommands() || !sink.fits(decided.event())) {
            return false;
        }
        sink.bringInPages(decided.event());
        return true;
    }

    private static boolean asksForCheckpoint(Decision decision) {
        return (decision instanceof Decision.Apply apply && apply.checkpoint())
                || (decision instanceof Decision.Answer answer && answer.checkpoint());
    }

    private static Reply noJournalRoom(JournalRoom room) {
        return refusal(ErrorCode.OUT_OF_SPACE, room.refusal("send it again"));
    }

    private static Reply refusal(ErrorCode code, String text) {
        return new Reply.Refused(Refusal.of(code, text));
    }

    private Reply apply(Decision.Apply decided) {
        if (!sink.fits(decided.event())) {
            return refusal(
                    ErrorCode.BAD_MESSAGE,
                    "the message is too large for one atomic event: send its "
                            + decided.event().changes().size() + " commands in several messages");
        }
        List<Long> placed = new ArrayList<>();
        try {
            Decision.Apply apply = placeBoundaries(decided, placed);
            sink.bringInPages(apply.event());
            sink.apply(apply.event(), false, 0, (long) placed.size() * exceptions.blockSizeBytes());
            return apply.reply();
        } catch (IOException | PageUnreadableException e) {
            placed.forEach(physical -> space.unallocate(physical, 1));
            if (e instanceof NoSpaceException) {
                placed.forEach(space::cannotGrow); // whoever tries again gets blocks that were freed
            }
            return refusal(
                    e instanceof NoSpaceException ? ErrorCode.OUT_OF_SPACE : ErrorCode.FAILED,
                    "can't carry the message out: " + e.getMessage());
        }
    }

    /** Rewrites the blocks in which volumes end from now on; tells which blocks it took, also when it fails. */
    private Decision.Apply placeBoundaries(Decision.Apply decided, List<Long> placed) throws IOException {
        Decision.Apply apply = decided;
        for (Decision.Boundary boundary : decided.boundaries()) {
            LiveVolume volume = state.catalogue().byId(boundary.baseVolumeId());
            int room = space.roomFor(volume.root(), boundary.block(), 1);
            long run = room == 0 ? space.allocate(1, true) : space.allocate(1, room == 2);
            if (run == 0) {
                throw new NoSpaceException("the store is full: no block is free for the volume's new end");
            }
            placed.add(Allocator.start(run));
            ByteBuffer content = partials.readBlock(volume, boundary.block());
            int checksum = partials.zero(boundary.keepBytes(), exceptions.blockSizeBytes());
            exceptions.write(Allocator.start(run), content);
            apply = apply.fulfil(boundary, Allocator.start(run), checksum);
        }
        return apply;
    }

    private StoreFacts facts() {
        long block = exceptions.blockSizeBytes();
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("capacity", Long.toString(space.capacityBlocks() * block));
        fields.put("free_bytes", Long.toString(space.freeBlocks() * block));
        fields.put("waiting_bytes", Long.toString(space.waitingBlocks() * block));
        fields.put("reserve_bytes", Long.toString(space.reserveBlocks() * block));
        fields.put("file_bytes", Long.toString(space.highWaterBlocks() * block));
        fields.put("journal_room_bytes", Long.toString(parts.log().roomBytes()));
        fields.put("forces", Long.toString(parts.progress().forces()));
        PageTraffic pages = state.pages().traffic();
        fields.put("page_faults", Long.toString(pages.faults()));
        fields.put("page_evictions", Long.toString(pages.evictions()));
        fields.put("dirty_pages", Long.toString(state.pages().dirtyPages()));
        fields.put(
                "checkpoint_seq",
                Long.toString(parts.checkpoints().superblock().checkpoint().seq()));
        fields.put("checkpoints", Long.toString(parts.checkpoints().checkpoints()));
        fields.put(
                "checkpoint_bytes",
                Long.toString(parts.checkpoints().imagesWritten() * (long) MetadataFile.SLOT_BYTES));
        fields.put("metadata_file_bytes", Long.toString(parts.checkpoints().fileBytes()));
        fields.put("checksum_errors", Long.toString(parts.reader().checksumErrors()));
        if (parts.progress().parkedJobs() > 0) {
            fields.put("parked_jobs", Integer.toString(parts.progress().parkedJobs()));
        }
        return new StoreFacts(parts.progress().durableSeq(), fields, optionRows());
    }

    private List<Line> optionRows() {
        List<Line> rows = new ArrayList<>();
        parts.options().forEach((key, value) -> rows.add(Line.of("row", "option", "name", key, "value", value)));
        return rows;
    }
}
