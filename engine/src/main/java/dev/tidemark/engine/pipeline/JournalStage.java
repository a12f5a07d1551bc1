package dev.tidemark.engine.pipeline;

import dev.tidemark.engine.codec.FrameTypes;
import dev.tidemark.engine.exception.ExceptionStore;
import dev.tidemark.engine.recovery.Sabotage;
import dev.tidemark.journal.JournalFullException;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.agrona.MutableDirectBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * JOURNAL and COMPLETE: puts the events that PLACE published into frames, forces them when anything asks for it, and
 * answers what waited.
 *
 * <p>Invariants:
 *
 * <ol>
 *   <li>A frame is appended only when the data of its events is forced or is in the frame.
 *   <li>Nothing is answered that was decided on a state that is not durable (G1), and nothing at all after the first
 *       failure (G9), but with that failure.
 *   <li>{@code provenSeq} is what a forced frame says to be durable: what was durable before that frame was appended.
 * </ol>
 *
 * <p>One thread at a time; it knows no Disruptor, so that the crash tests can drive it step by step.
 */
final class JournalStage {
    private static final Logger LOG = LoggerFactory.getLogger(JournalStage.class);
    /** The longest length prefix of an event. */
    static final int MAX_PREFIX_BYTES = 5;

    private final EventRing events;
    private final StagingRing staging;
    private final DurableEvents durable;
    private final ExceptionStore exceptions;
    private final FrameLog log;
    private final JournalRoom room;
    private final ForcePolicy policy;
    private final Progress progress;
    private final FailStop failStop;
    private final RequestAnswer answer;
    private final LongSupplier nanoClock;
    private final Sabotage sabotage;
    private final Checkpointer checkpoints;
    private final List<Request> waiting = new ArrayList<>();

    private long carriedSinceHomeForceBytes;

    // what is pending, as the first pass over it finds
    private int pendingEvents;
    private long pendingDataBytes;
    private boolean pendingStaged;
    private int framesAppended;
    private boolean provenForPlace;

    JournalStage(
            EventRing events,
            StagingRing staging,
            DurableEvents durable,
            JournalRoom room,
            Checkpointer checkpoints,
            PipelineParts parts) {
        this.checkpoints = checkpoints;
        this.durable = durable;
        this.events = events;
        this.staging = staging;
        this.exceptions = parts.exceptions();
        this.log = parts.log();
        this.room = room;
        this.policy = parts.policy();
        this.progress = parts.progress();
        this.failStop = parts.failStop();
        this.answer = parts.answer();
        this.nanoClock = parts.nanoClock();
        this.sabotage = parts.sabotage();
    }

    /** A request that PLACE has finished and that is answered only once all before it is durable. */
    void await(Request request) {
        waiting.add(request);
    }

    /** Whether anybody waits for a force. */
    boolean isAwaited() {
        return !waiting.isEmpty();
    }

    /** Whether something that nobody waits for is to be forced. */
    boolean wantsForce() {
        return !failStop.failed() && (forceIsDue() || progress.proofWanted() || checkpoints.wantsForce());
    }

    /**
     * PLACE: whether this stage should look at what PLACE has done, though nobody waits for it. So that the time of the
     * oldest event that is not durable is known, also when the first comes after a force.
     */
    boolean isWanted() {
        if (failStop.failed()) {
            return false;
        }
        return (events.head() != events.tail()
                        && (progress.waitingSinceNanos() == Progress.NOTHING_WAITS
                                || forceIsDueAt(nanoClock.getAsLong())))
                || progress.proofWanted()
                || checkpoints.wantsForce();
    }

    /** Everything that PLACE finished so far was handed over: force if anything asks for it, and answer. */
    void endOfBatch() {
        if (!failStop.failed()) {
            try {
                noteBoundary();
                if (!waiting.isEmpty() || forceIsDue() || checkpoints.wantsForce()) {
                    journalPending();
                }
                if (progress.proofWanted()) {
                    journalPending();
                    prove();
                }
            } catch (IOException | RuntimeException | Error e) {
                failStop.fail(e);
            }
        }
        answerWaiting();
    }

    /** Nothing came for a while: what is old is forced, and what is durable is proven and brought home. */
    void tick() {
        if (failStop.failed()) {
            answerWaiting();
            return;
        }
        try {
            noteBoundary();
            if (forceIsDue() || progress.proofWanted() || checkpoints.wantsForce()) {
                journalPending();
                if (progress.proofWanted()) {
                    prove();
                }
            } else if (events.head() == events.tail()) {
                settle();
            }
        } catch (IOException | RuntimeException | Error e) {
            failStop.fail(e);
        }
    }

    /** The last force: everything durable, at home and proven, so that the next open has nothing to do. */
    void close() {
        if (failStop.failed()) {
            return;
        }
        try {
            journalPending();
            settle();
        } catch (IOException | RuntimeException | Error e) {
            failStop.fail(e);
        }
    }

    /** Whether a proof that PLACE asked for was made since the last call: it may want a turn. */
    boolean hasProven() {
        boolean proven = provenForPlace;
        provenForPlace = false;
        return proven;
    }

    /** Nothing is pending: the journal ends with what is durable. */
    private void noteBoundary() {
        if (events.head() == events.tail()) {
            checkpoints.appended(progress.durableSeq(), log.appendedOffset());
        }
    }

    private void settle() throws IOException {
        countFromNow();
        if (progress.homeDurableSeq() < progress.durableSeq()) {
            forceHome(progress.durableSeq());
        }
        prove();
        if (events.head() == events.tail()) {
            progress.waitingSinceNanos(Progress.NOTHING_WAITS);
        }
    }

    /**
     * Before anything that may take long: what PLACE publishes and answers meanwhile is at most as old as this, and is
     * held back when it gets too old (G2).
     */
    private long countFromNow() {
        long now = nanoClock.getAsLong();
        if (progress.waitingSinceNanos() == Progress.NOTHING_WAITS) {
            progress.waitingSinceNanos(now);
        }
        return now;
    }

    private void prove() throws IOException {
        provenForPlace |= progress.takeProofWanted();
        if (progress.provenSeq() < progress.durableSeq()) {
            try {
                log.mark();
                progress.provenSeq(progress.durableSeq());
            } catch (JournalFullException e) {
                LOG.warn("no room for a marker: {}", e.getMessage()); // blocks stay freed until there is
            }
        }
    }

    private boolean forceIsDue() {
        if (events.head() == events.tail()) {
            progress.waitingSinceNanos(Progress.NOTHING_WAITS);
            return false;
        }
        long now = nanoClock.getAsLong();
        if (progress.waitingSinceNanos() == Progress.NOTHING_WAITS) {
            progress.waitingSinceNanos(now);
        }
        return forceIsDueAt(now);
    }

    private boolean forceIsDueAt(long now) {
        return now - progress.waitingSinceNanos() >= policy.intervalNanos() / 2
                || progress.waitingDataBytes() >= policy.forceBytes()
                || events.pendingBytes() >= events.capacity() / 2
                || !events.hasRoom()
                || !room.covers(events.pendingBytes());
    }

    private void journalPending() throws IOException {
        long from = events.tail();
        long upTo = events.head();
        if (from == upTo) {
            return;
        }
        long begun = countFromNow();
        survey(from, upTo);
        long firstSeq = progress.durableSeq() + 1;
        checkpoints.appended(firstSeq - 1, log.appendedOffset());
        long lastSeq = firstSeq + pendingEvents - 1;
        boolean carry = pendingDataBytes > 0
                && pendingStaged
                && pendingDataBytes <= room.inlineBytes()
                && carriedSinceHomeForceBytes + pendingDataBytes <= policy.homeLagBytes();
        if (sabotage == Sabotage.FRAME_BEFORE_DATA || sabotage == Sabotage.JOURNAL_FORCE_ONLY) {
            carry = false;
            progress.homeDurableSeq(lastSeq);
        } else if (pendingDataBytes > 0 && !carry) {
            forceHome(lastSeq);
        }
        framesAppended = 0;
        appendFrames(from, upTo, firstSeq, lastSeq, carry);
        log.force();
        if (sabotage == Sabotage.FRAME_BEFORE_DATA) {
            forceHome(lastSeq);
        }
        progress.provenSeq(progress.durableSeq());
        progress.durableSeq(lastSeq);
        progress.forced(pendingDataBytes, framesAppended, pendingEvents, waiting.size());
        events.consume(upTo);
        progress.waitingSinceNanos(events.head() == upTo ? Progress.NOTHING_WAITS : begun);
        durable.tell(lastSeq);
        checkpoints.durable(lastSeq);
    }

    private void forceHome(long throughSeq) throws IOException {
        exceptions.force();
        carriedSinceHomeForceBytes = 0;
        progress.homeDurableSeq(throughSeq);
    }

    private void survey(long from, long upTo) {
        pendingEvents = 0;
        pendingDataBytes = 0;
        pendingStaged = true;
        for (long at = events.skipWrap(from, upTo); at < upTo; at = events.skipWrap(events.next(at), upTo)) {
            pendingEvents++;
            pendingDataBytes += events.dataBytes(at);
            pendingStaged &= events.isStaged(at) || events.dataBytes(at) == 0;
        }
    }

    private void appendFrames(long from, long upTo, long firstSeq, long lastSeq, boolean carryWanted)
            throws IOException {
        boolean carry = carryWanted;
        long at = events.skipWrap(from, upTo);
        long seq = firstSeq;
        long boundary = checkpoints.boundary();
        while (at < upTo) {
            long end = endOfFrame(at, upTo, carry, boundary < seq ? Long.MAX_VALUE : boundary - seq + 1);
            int count = appendFrame(at, end, upTo, seq, carry);
            if (count < 0) {
                // PLACE wrote over the data meanwhile: it is in the file, so force it there
                carry = false;
                forceHome(lastSeq);
                continue;
            }
            seq += count;
            at = end;
            checkpoints.appended(seq - 1, log.appendedOffset());
        }
    }

    /** The end of the longest row of events from {@code at} on that fits one frame; at least one event fits. */
    private long endOfFrame(long at, long upTo, boolean carry, long mostEvents) {
        long bytes = FrameTypes.HEADER_BYTES;
        long end = at;
        long count = 0;
        while (end < upTo && count++ < mostEvents) {
            bytes += MAX_PREFIX_BYTES + events.eventLength(end) + (carry ? events.dataBytes(end) : 0);
            if (bytes > log.maxPayloadBytes() && end != at) {
                break;
            }
            end = events.skipWrap(events.next(end), upTo);
        }
        return end;
    }

    /** Appends one frame; the number of its events, or -1 when data that it should carry was no longer there. */
    private int appendFrame(long from, long end, long upTo, long firstSeq, boolean carry) throws IOException {
        long most = FrameTypes.HEADER_BYTES;
        long dataBytes = 0;
        int count = 0;
        for (long at = from; at < end; at = events.skipWrap(events.next(at), upTo)) {
            most += MAX_PREFIX_BYTES + events.eventLength(at);
            dataBytes += events.dataBytes(at);
            count++;
        }
        boolean withData = carry && dataBytes > 0;
        most += withData ? dataBytes : 0;
        MutableDirectBuffer target = log.claim(firstSeq, count, withData, progress.homeDurableSeq(), (int) most);
        int start = log.index();
        int index = start + FrameTypes.HEADER_BYTES;
        for (long at = from; at < end; at = events.skipWrap(events.next(at), upTo)) {
            int length = events.eventLength(at);
            index = putVarint(target, index, length);
            target.putBytes(index, events.buffer(), events.eventIndex(at), length);
            index += length;
        }
        target.putInt(start, index - start - FrameTypes.HEADER_BYTES, ByteOrder.LITTLE_ENDIAN);
        if (withData) {
            index = copyData(from, end, upTo, target, index);
            if (index < 0) {
                log.abort();
                return -1;
            }
            carriedSinceHomeForceBytes += dataBytes;
        }
        log.commit(index - start);
        framesAppended++;
        return count;
    }

    private int copyData(long from, long end, long upTo, MutableDirectBuffer target, int start) {
        int index = start;
        for (long at = from; at < end; at = events.skipWrap(events.next(at), upTo)) {
            int length = (int) events.dataBytes(at);
            if (length > 0) {
                staging.copy(events.dataPosition(at), length, target, index);
                if (!staging.isIntact(events.dataPosition(at))) {
                    return -1;
                }
                index += length;
            }
        }
        return index;
    }

    private static int putVarint(MutableDirectBuffer target, int index, int value) {
        int at = index;
        int rest = value;
        while ((rest & ~0x7F) != 0) {
            target.putByte(at++, (byte) ((rest & 0x7F) | 0x80));
            rest >>>= 7;
        }
        target.putByte(at++, (byte) rest);
        return at;
    }

    private void answerWaiting() {
        if (waiting.isEmpty()) {
            return;
        }
        for (int i = 0; i < waiting.size(); i++) {
            Request request = waiting.get(i);
            if (failStop.failed()) {
                request.failed(failStop.cause());
            }
            answer.answer(request);
        }
        waiting.clear();
    }
}
