package dev.tidemark.engine.state;

import dev.tidemark.engine.job.ReclaimJob;
import dev.tidemark.engine.message.Command;
import dev.tidemark.engine.message.ErrorCode;
import dev.tidemark.engine.message.Message;
import dev.tidemark.engine.message.Refusal;
import dev.tidemark.engine.message.Reply;
import dev.tidemark.engine.message.ReplyParser;
import dev.tidemark.engine.volume.LiveVolume;

/**
 * Turns a message into a decision: an event, or a refusal, or an answer. Looks at the state and changes nothing. What
 * it
 * decides takes the same time whatever the number and the size of the volumes. Writer thread.
 */
public final class Decider {
    /**
     * The most mapped blocks that a discard may give back in its own event, about a millisecond's work; more are cut
     * out of
     * the tree at once and left to a job.
     */
    public static final long MAX_UNMAPPED_IN_EVENT = 8192;

    private Decider() {}

    /** Decides a message. Never throws for anything that a message can say. */
    public static Decision decide(State state, Message message, DecisionContext context) {
        String request = message.request();
        RequestRecord first = request == null ? null : state.requests().find(request);
        long textDigest = request == null ? 0 : RequestWindow.textDigest(message.toString());
        if (first != null) {
            return repeat(first, textDigest);
        }
        boolean isEvent = request != null || message.commands().stream().anyMatch(Decider::changesSomething);
        CommandDecider decider = new CommandDecider(state, context, state.seq() + (isEvent ? 1 : 0));
        int index = 0;
        try {
            for (Command command : message.commands()) {
                index++;
                checkIf(state, command.options().ifSeq());
                if (!command.isQuery()) {
                    decider.decide(command);
                }
            }
        } catch (RefusedException e) {
            return new Decision.Refused(
                    message.commands().size() > 1 ? e.refusal().at(index) : e.refusal());
        }
        if (message.query() != null) {
            return new Decision.Query(message.query());
        }
        Reply.Ok reply = new Reply.Ok(decider.lines());
        if (!isEvent) {
            return new Decision.Answer(reply, decider.asksForCheckpoint());
        }
        RequestRecord record = request == null ? null : new RequestRecord(request, textDigest, reply.toString());
        return new Decision.Apply(
                new CatalogueChanged(context.timeMs(), context.actor(), record, decider.changes()),
                reply,
                decider.boundaries(),
                decider.forced(),
                decider.asksForCheckpoint());
    }

    private static boolean changesSomething(Command command) {
        return !(command.isQuery() || command instanceof Command.Flush || command instanceof Command.Checkpoint);
    }

    private static Decision repeat(RequestRecord first, long textDigest) {
        if (first.textDigest() == textDigest) {
            return new Decision.Repeat((Reply.Ok) ReplyParser.parse(first.reply()));
        }
        return new Decision.Refused(Refusal.of(
                ErrorCode.BAD_MESSAGE,
                "the request id " + first.id() + " was used before, for another message: take a new id"));
    }

    private static void checkIf(State state, long ifSeq) {
        if (ifSeq >= 0 && state.catalogueSeq() > ifSeq) {
            throw new RefusedException(
                    ErrorCode.CHANGED,
                    "the catalogue has changed at seq " + state.catalogueSeq() + ", after " + ifSeq
                            + ": look again (list), then send it with if=" + state.seq(),
                    "seq",
                    state.seq(),
                    "changed_seq",
                    state.catalogueSeq());
        }
    }

    /**
     * Decides how a run of blocks is unmapped: in the event itself, or cut out for a job when there is much to give
     * back.
     *
     * @param firstBlock the first block, inside the volume
     * @param blocks how many, from 1
     * @param event filled in
     */
    public static BlocksUnmapped unmap(
            State state, LiveVolume volume, long timeMs, long firstBlock, long blocks, BlocksUnmapped event) {
        long most = Math.min(blocks, volume.root().mappedBlocks());
        long jobId = most > MAX_UNMAPPED_IN_EVENT ? state.jobs().nextJobId() : 0;
        return event.set(timeMs, volume.id(), firstBlock, blocks, jobId);
    }

    /**
     * The next event of a job: a step, or its completion.
     *
     * @param maxEntries the bound of a step, from 1
     */
    public static Event nextStep(ReclaimJob job, long timeMs, int maxEntries) {
        return job.isFinished()
                ? new Event.JobCompleted(timeMs, job.id())
                : new Event.JobStepped(timeMs, job.id(), maxEntries);
    }
}
