package dev.tidemark.tools.nbd;

import static dev.tidemark.tools.nbd.NbdProtocol.CMD_BLOCK_STATUS;
import static dev.tidemark.tools.nbd.NbdProtocol.CMD_CACHE;
import static dev.tidemark.tools.nbd.NbdProtocol.CMD_DISC;
import static dev.tidemark.tools.nbd.NbdProtocol.CMD_FLAG_DF;
import static dev.tidemark.tools.nbd.NbdProtocol.CMD_FLAG_FAST_ZERO;
import static dev.tidemark.tools.nbd.NbdProtocol.CMD_FLAG_FUA;
import static dev.tidemark.tools.nbd.NbdProtocol.CMD_FLAG_NO_HOLE;
import static dev.tidemark.tools.nbd.NbdProtocol.CMD_FLAG_REQ_ONE;
import static dev.tidemark.tools.nbd.NbdProtocol.CMD_FLUSH;
import static dev.tidemark.tools.nbd.NbdProtocol.CMD_READ;
import static dev.tidemark.tools.nbd.NbdProtocol.CMD_TRIM;
import static dev.tidemark.tools.nbd.NbdProtocol.CMD_WRITE;
import static dev.tidemark.tools.nbd.NbdProtocol.CMD_WRITE_ZEROES;
import static dev.tidemark.tools.nbd.NbdProtocol.REQUEST_BYTES;

import dev.tidemark.engine.StoreException;
import dev.tidemark.engine.Volume;
import java.io.IOException;

/**
 * Takes requests apart, checks them, and carries them out or hands them to the store. One thing at a time:
 *
 * <pre>
 *                          +--> reading a large payload --+
 *   between requests ------+--> skipping a payload -------+--> between requests
 *          |               +--> streaming a large read ---+
 *          v               +--> filling with zeros -------+
 *     disconnected
 * </pre>
 *
 * A request is looked at anew, from its first byte, until all that it needs is there; only then it is taken.
 */
final class Requests {
    /** Replies are sent when that many bytes wait, so that the peer works on them while more are made. */
    private static final int SEND_EARLY_BYTES = 64 << 10;

    /** A write that is too large is skipped up to here and refused; beyond, its sender is not to be trusted. */
    private static final long MAX_SKIPPED_BYTES = 2L * Volume.MAX_REQUEST_BYTES;

    private final Received received;
    private final Session session;
    private final Replies replies;
    private final InFlight inFlight;
    private final WriteIntake writes;
    private final ZeroFill zeroFill;
    private final ReadStream reads;
    private final StatusQuery status;
    private final FlushHabit flushHabit = new FlushHabit();
    private final long maxBytesInFlight;

    private boolean served;
    private int takenCount;
    private boolean refusing;
    private boolean disconnected;
    private boolean afterLargeWrite;
    private long skipBytes;

    // The request at hand.
    private int flags;
    private NbdOperation kind = NbdOperation.UNKNOWN;
    private long handle;
    private long offset;
    private long length;
    private long startNanos;

    Requests(
            Received received,
            Session session,
            InFlight inFlight,
            WriteIntake writes,
            ZeroFill zeroFill,
            ReadStream reads,
            long maxBytesInFlight) {
        this.received = received;
        this.session = session;
        this.replies = session.replies();
        this.inFlight = inFlight;
        this.writes = writes;
        this.zeroFill = zeroFill;
        this.maxBytesInFlight = maxBytesInFlight;
        this.reads = reads;
        status = new StatusQuery(session);
    }

    /** Gives up what would take long; the requests after it are served. */
    void endLongWork() {
        if (zeroFill.isActive()) {
            zeroFill.stop();
        }
    }

    /** From now on every request is answered with ESHUTDOWN; what would take long is given up. */
    void refuse() {
        refusing = true;
        // A write whose payload has not come in can't be answered: the rest of it would be taken for a request.
        disconnected |= writes.isReceiving();
        writes.abandon();
        zeroFill.stop();
    }

    boolean isDisconnected() {
        return disconnected;
    }

    /** Returns whether a request is in the middle of being carried out by this thread. */
    boolean isBusy() {
        return reads.isActive() || zeroFill.isActive();
    }

    boolean isReceivingPayload() {
        return writes.isReceiving();
    }

    boolean isAfterLargeWrite() {
        return afterLargeWrite;
    }

    /** Returns whether the peer owes the rest of a request. */
    boolean isInsideRequest() {
        return received.available() > 0 || skipBytes > 0 || writes.isReceiving();
    }

    /** Returns whether the last {@link #serve} did something. */
    boolean hasServed() {
        return served;
    }

    /** Returns how many requests the last {@link #serve} took from what was received. */
    int takenCount() {
        return takenCount;
    }

    int receivePayload(Wire wire) throws IOException {
        return writes.receive(wire);
    }

    void checkPace(long now) throws PeerException {
        writes.checkPace(now);
    }

    /** Gives back what requests at hand hold; they are not answered. */
    void abandon() {
        writes.abandon();
        zeroFill.stop();
        reads.abandon();
    }

    /** Answers what the store has completed, as far as there is room; returns whether there was anything. */
    boolean takeCompleted() {
        inFlight.take();
        if (inFlight.firstTaken() < 0 || reads.isActive()) {
            // In the middle of a read's data there is no place for another reply.
            return false;
        }
        boolean progress = false;
        int slot;
        while ((slot = inFlight.firstTaken()) >= 0) {
            StoreException failure = inFlight.failure(slot);
            if (inFlight.isPart(slot)) {
                if (inFlight.kind(slot) == NbdOperation.ZEROES) {
                    zeroFill.pieceEnded(failure);
                }
            } else if (inFlight.kind(slot) == NbdOperation.READ) {
                if (!replies.reserve(ReadStream.roomFor((int) inFlight.bytes(slot)))) {
                    return progress;
                }
                reads.answerHandedOver(slot);
            } else if (!replies.reserve(Replies.ERROR_ROOM)) {
                return progress;
            } else if (failure == null) {
                session.success(
                        inFlight.handle(slot), inFlight.kind(slot), inFlight.bytes(slot), inFlight.startNanos(slot));
            } else {
                session.failure(
                        inFlight.handle(slot),
                        inFlight.kind(slot),
                        inFlight.bytes(slot),
                        inFlight.startNanos(slot),
                        failure);
            }
            inFlight.closeFirstTaken();
            progress = true;
        }
        return progress;
    }

    /** Closes the slots of what was completed, unanswered: there is nobody to answer. */
    void dropCompleted() {
        inFlight.take();
        int slot;
        while ((slot = inFlight.firstTaken()) >= 0) {
            reads.drop(slot);
            inFlight.closeFirstTaken();
        }
    }

    /** Serves until something is missing; returns what. */
    Need serve(Wire wire) throws IOException {
        served = false;
        takenCount = 0;
        startNanos = session.now();
        Need need = Need.NOTHING;
        while (need == Need.NOTHING && !disconnected) {
            need = step();
            served |= need == Need.NOTHING;
            if (replies.pendingBytes() >= SEND_EARLY_BYTES) {
                need = sendEarly(wire, need);
            }
        }
        return disconnected ? Need.NOTHING : need;
    }

    private Need sendEarly(Wire wire, Need need) {
        try {
            // Room that this makes is progress, too: nothing else would tell the caller to come again.
            served |= replies.send(wire);
        } catch (IOException e) {
            // The round's own send will find the same, and knows what it means.
            return need == Need.NOTHING ? Need.ROOM : need;
        }
        return need;
    }

    private Need step() throws IOException {
        if (reads.isActive()) {
            return reads.advance() ? Need.NOTHING : Need.ROOM;
        }
        if (zeroFill.isActive()) {
            return zeroFill.advance();
        }
        if (writes.isReceiving()) {
            return Need.INPUT;
        }
        if (skipBytes > 0) {
            int part = (int) Math.min(skipBytes, received.available());
            received.skip(part);
            skipBytes -= part;
            return part > 0 ? Need.NOTHING : Need.INPUT;
        }
        if (received.available() < REQUEST_BYTES) {
            return Need.INPUT;
        }
        if (!replies.reserve(Replies.ERROR_ROOM)) {
            return Need.ROOM;
        }
        Need missing = next();
        takenCount += missing == Need.NOTHING ? 1 : 0;
        return missing;
    }

    private Need next() throws PeerException {
        int magic = received.intAt(0);
        if (magic != NbdProtocol.REQUEST_MAGIC) {
            throw new PeerException("no request where one must be: 0x" + Integer.toHexString(magic));
        }
        flags = received.unsignedShortAt(4);
        int type = received.unsignedShortAt(6);
        handle = received.longAt(8);
        offset = received.longAt(16);
        length = received.intAt(24) & 0xFFFFFFFFL;
        if (type == CMD_DISC) {
            received.skip(REQUEST_BYTES);
            disconnected = true;
            return Need.NOTHING;
        }
        kind = kindOf(type);
        int error = check();
        if (error != NbdError.NONE) {
            return refuse(error);
        }
        afterLargeWrite = false;
        return switch (kind) {
            case READ -> read();
            case WRITE -> write();
            case CACHE -> cache();
            case STATUS -> status();
            default -> submit();
        };
    }

    private static NbdOperation kindOf(int type) {
        return switch (type) {
            case CMD_READ -> NbdOperation.READ;
            case CMD_WRITE -> NbdOperation.WRITE;
            case CMD_FLUSH -> NbdOperation.FLUSH;
            case CMD_TRIM -> NbdOperation.TRIM;
            case CMD_CACHE -> NbdOperation.CACHE;
            case CMD_WRITE_ZEROES -> NbdOperation.ZEROES;
            case CMD_BLOCK_STATUS -> NbdOperation.STATUS;
            default -> NbdOperation.UNKNOWN;
        };
    }

    /** Returns the error that the request deserves before anything is done for it. */
    private int check() {
        if (refusing) {
            return NbdError.ESHUTDOWN;
        }
        if (kind == NbdOperation.UNKNOWN) {
            return NbdError.EINVAL;
        }
        boolean modifies = kind == NbdOperation.WRITE || kind == NbdOperation.TRIM || kind == NbdOperation.ZEROES;
        int allowed = CMD_FLAG_FUA
                | switch (kind) {
                    case READ -> session.isStructured() ? CMD_FLAG_DF : 0;
                    case ZEROES -> CMD_FLAG_NO_HOLE | CMD_FLAG_FAST_ZERO;
                    case STATUS -> CMD_FLAG_REQ_ONE;
                    default -> 0;
                };
        if ((flags & ~allowed) != 0) {
            return NbdError.EINVAL;
        }
        if (modifies && session.volume().readOnly()) {
            return NbdError.EPERM;
        }
        if (kind == NbdOperation.FLUSH) {
            return offset == 0 && length == 0 ? NbdError.NONE : NbdError.EINVAL;
        }
        if (length > Volume.MAX_REQUEST_BYTES && (kind == NbdOperation.READ || kind == NbdOperation.WRITE)) {
            return NbdError.EINVAL;
        }
        if (kind == NbdOperation.STATUS && (length == 0 || !session.hasAllocation())) {
            return NbdError.EINVAL;
        }
        return session.contains(offset, length) ? NbdError.NONE : NbdError.outside(kind);
    }

    private Need refuse(int error) throws PeerException {
        received.skip(REQUEST_BYTES);
        if (kind == NbdOperation.WRITE) {
            skipBytes = length;
        }
        session.error(handle, kind, length, startNanos, error, why(error));
        if (skipBytes > MAX_SKIPPED_BYTES) {
            throw new PeerException("a write of " + length + " bytes");
        }
        return Need.NOTHING;
    }

    private String why(int error) {
        return switch (error) {
            case NbdError.ESHUTDOWN -> NbdError.ending().getMessage();
            case NbdError.EPERM -> "the volume is read-only";
            default ->
                session.contains(offset, length)
                        ? "this request, or a flag of it, is not valid here"
                        : "the range lies outside the volume of "
                                + session.volume().sizeBytes() + " bytes";
        };
    }

    private Need read() {
        int bytes = (int) length;
        boolean alone = received.available() == REQUEST_BYTES && inFlight.count() == 0;
        if (!alone && reads.shouldHandOver(bytes)) {
            if (inFlight.isFull()) {
                return Need.COMPLETION;
            }
            if (reads.handOver(handle, offset, bytes, startNanos)) {
                received.skip(REQUEST_BYTES);
                return Need.NOTHING;
            }
        }
        if (reads.fits(bytes)) {
            if (!replies.reserve(ReadStream.roomFor(bytes))) {
                return Need.ROOM;
            }
            received.skip(REQUEST_BYTES);
            reads.readWhole(handle, offset, bytes, startNanos);
            return Need.NOTHING;
        }
        if (!replies.isEmpty()) {
            return Need.ROOM;
        }
        received.skip(REQUEST_BYTES);
        reads.begin(handle, offset, bytes, startNanos);
        return Need.NOTHING;
    }

    private Need write() {
        int bytes = (int) length;
        if (bytes == 0) {
            received.skip(REQUEST_BYTES);
            session.success(handle, kind, 0, startNanos);
            return Need.NOTHING;
        }
        boolean small = WriteIntake.isSmall(bytes);
        if (small && received.available() < REQUEST_BYTES + bytes) {
            return Need.INPUT;
        }
        long charged = inFlight.chargedBytes();
        if (inFlight.isFull() || (charged > 0 && charged + bytes > maxBytesInFlight)) {
            return Need.COMPLETION;
        }
        boolean fua = (flags & CMD_FLAG_FUA) != 0;
        boolean idle = inFlight.count() == 0;
        Need need;
        try {
            need = writes.take(received, handle, offset, bytes, fua, startNanos);
        } catch (StoreException e) {
            received.skip(REQUEST_BYTES);
            skipBytes = bytes;
            session.failure(handle, kind, bytes, startNanos, e);
            return Need.NOTHING;
        }
        if (need == Need.NOTHING) {
            afterLargeWrite = !small;
            if (flushHabit.wrote(idle && small && !fua && received.available() == 0)) {
                beginForce();
            }
        }
        return need;
    }

    /** Has the store begin the force that the client is going to ask for. */
    private void beginForce() {
        if (!inFlight.isFull()) {
            int slot = inFlight.openPart(NbdOperation.FLUSH, 0, null);
            inFlight.expectForce(slot);
            session.volume().submitFlush(inFlight, slot);
        }
    }

    private Need cache() {
        received.skip(REQUEST_BYTES);
        try {
            // A hint: more than a request may have is not worth holding the other requests up.
            reads.prefetch(offset, Math.min(length, Volume.MAX_REQUEST_BYTES));
            session.success(handle, kind, length, startNanos);
        } catch (StoreException e) {
            session.failure(handle, kind, length, startNanos, e);
        }
        return Need.NOTHING;
    }

    private Need status() {
        if (!replies.reserve(StatusQuery.ROOM)) {
            return Need.ROOM;
        }
        received.skip(REQUEST_BYTES);
        status.answer(handle, offset, length, (flags & CMD_FLAG_REQ_ONE) != 0, startNanos);
        return Need.NOTHING;
    }

    /** Flushes, discards and zeroes. */
    private Need submit() {
        if (kind != NbdOperation.FLUSH && length == 0) {
            received.skip(REQUEST_BYTES);
            session.success(handle, kind, 0, startNanos);
            return Need.NOTHING;
        }
        boolean fua = (flags & CMD_FLAG_FUA) != 0;
        if ((flags & CMD_FLAG_NO_HOLE) != 0) {
            received.skip(REQUEST_BYTES);
            if ((flags & CMD_FLAG_FAST_ZERO) != 0) {
                session.error(
                        handle, kind, length, startNanos, NbdError.ENOTSUP, "zeros without holes are not fast here");
            } else {
                zeroFill.begin(handle, offset, length, fua, startNanos);
            }
            return Need.NOTHING;
        }
        if (inFlight.isFull()) {
            return Need.COMPLETION;
        }
        received.skip(REQUEST_BYTES);
        int slot = inFlight.open(handle, kind, length, startNanos, null);
        if (fua || kind == NbdOperation.FLUSH) {
            inFlight.expectForce(slot);
        }
        Volume volume = session.volume();
        if (kind == NbdOperation.FLUSH) {
            flushHabit.flushed();
            volume.submitFlush(inFlight, slot);
        } else if (kind == NbdOperation.TRIM) {
            volume.submitDiscard(offset, length, fua, inFlight, slot);
        } else {
            volume.submitZeroes(offset, length, fua, inFlight, slot);
        }
        return Need.NOTHING;
    }
}
