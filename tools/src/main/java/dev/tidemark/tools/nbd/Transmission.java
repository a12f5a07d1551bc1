package dev.tidemark.tools.nbd;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.YieldingIdleStrategy;

/**
 * The transmission phase of one connection, on its one thread. Each round takes what the store has completed, serves
 * every request that was received whole, sends all replies with one write, and receives more; a round in which nothing
 * happened is followed by a few that yield, then by a wait for the socket and the store at once.
 *
 * <pre>
 *   wire -> Received -> Requests -> (reads, on this thread) -----------------> Replies -> wire
 *                               \-> (writes, flushes, …) store -> InFlight ->/
 * </pre>
 *
 * The peer may go at any time: the phase then ends when the store has nothing of it in hand any more.
 */
final class Transmission {
    /**
     * Rounds without progress before the thread waits. A round costs two to three microseconds (it asks the socket), a
     * wait and its end some twenty: a store under load completes something within that time, and a client that waits
     * for each answer comes back.
     */
    private static final int IDLE_ROUNDS = 24;

    /** The same while the store forces something for this client: somewhat longer than that takes on a fast disk. */
    private static final int FORCE_ROUNDS = 100;

    /**
     * A yield that takes this long gave the processor to somebody else, who keeps it for a whole time slice; a thread
     * that waits instead gets it back as soon as there is something to do. So for a while it does.
     */
    private static final long CROWDED_NANOS = TimeUnit.MICROSECONDS.toNanos(200);

    private static final int CROWDED_WAITS = 256;

    /** After a large write little is received at first, so that the next large payload is not copied. */
    private static final int PEEK_BYTES = 512;

    /** More than the buffers of a socket hold: what the server still takes when it is to end. */
    private static final long DRAIN_BYTES = 8L << 20;

    private static final long STORE_RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long PACE_CHECK_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long NO_LIMIT_NANOS = TimeUnit.HOURS.toNanos(1);

    private final Wire wire;
    private final Received received;
    private final Replies replies;
    private final NbdConfig config;
    private final Ending ending;
    private final Session session;
    private final InFlight inFlight;
    private final ByteBudget.Ticket ticket;
    private final Requests requests;
    private final Gathering gathering = new Gathering();
    private final AtomicBoolean asleep = new AtomicBoolean();

    private Need need = Need.NOTHING;
    private boolean inputEnded;
    private boolean outputBroken;
    private int idleRounds;
    private int crowdedWaits;
    /** When the thread first waited since bytes last moved, and whether it has. */
    private long quietSinceNanos;

    private boolean quiet;
    private long sentSeen;
    private boolean endingSeen;
    /** Whether it ends, and what the peer had sent by then may not all have been taken yet. */
    private boolean draining;

    private long drainedBytes;
    /** Whether the last look at the wire found nothing. */
    private boolean emptied;

    private long endingDeadlineNanos;

    Transmission(Wire wire, Received received, Session session, Connection.Shared shared, Ending ending) {
        this.wire = wire;
        this.received = received;
        this.session = session;
        this.replies = session.replies();
        this.config = shared.config();
        this.ending = ending;
        inFlight = new InFlight(config.maxRequestsInFlight(), shared.requestsInFlight(), this::rouse);
        ticket = new ByteBudget.Ticket(this::rouse);
        WriteIntake writes = new WriteIntake(session, inFlight, shared.smallBudget(), shared.largeBudget(), ticket);
        ZeroFill zeroFill = new ZeroFill(session, inFlight, shared.largeBudget(), ticket);
        ReadStream reads = new ReadStream(session, inFlight, shared.readHelpers());
        requests = new Requests(received, session, inFlight, writes, zeroFill, reads, config.maxConnectionBytes());
    }

    /**
     * Serves until the connection is to be closed; nothing of it is in flight then.
     *
     * @return whether it was this server that ended it, so that the peer may still be sending
     * @throws PeerException when the peer breaks the protocol or a time limit
     */
    boolean run() throws IOException {
        try {
            while (!isOver()) {
                if (round()) {
                    idleRounds = 0;
                } else {
                    idle();
                }
            }
            return endingSeen && !outputBroken;
        } catch (PeerException e) {
            // What was answered before goes out, as far as the wire takes it at once.
            send();
            throw e;
        } finally {
            requests.abandon();
            awaitStore();
        }
    }

    private boolean round() throws IOException {
        boolean progress = requests.takeCompleted();
        if (!endingSeen && ending.isRequested()) {
            endingSeen = true;
            endingDeadlineNanos = session.now() + config.shutdownNanos();
            requests.endLongWork();
            draining = true;
            emptied = false;
            progress = true;
        }
        need = requests.serve(wire);
        progress |= requests.hasServed();
        progress |= send();
        boolean pause = requests.takenCount() > 0 && gathering.served(requests.takenCount(), session.now());
        if (need == Need.INPUT && !inputEnded) {
            if (pause && replies.isEmpty() && !requests.isReceivingPayload() && !endingSeen) {
                wire.pause(Gathering.PAUSE_NANOS);
            }
            if (endingSeen && !draining) {
                // What had been received was answered; what comes now is not looked at.
                inputEnded = true;
                return true;
            }
            progress |= receive();
        }
        if (draining && isDrained()) {
            draining = false;
            requests.refuse();
            progress = true;
        }
        return progress;
    }

    /** Whether all was taken that the peer had sent, or so much that it would go on for ever. */
    private boolean isDrained() {
        return emptied || inputEnded || drainedBytes > DRAIN_BYTES || session.now() - endingDeadlineNanos >= 0;
    }

    private boolean isOver() {
        if (outputBroken) {
            return true;
        }
        boolean noMore = requests.isDisconnected() || (inputEnded && need == Need.INPUT);
        return noMore && !requests.isBusy() && inFlight.count() == 0 && replies.isEmpty();
    }

    private boolean send() {
        try {
            boolean sent = replies.send(wire);
            // Some may have been sent before, in the middle of serving.
            quiet &= replies.sentBytes() == sentSeen;
            sentSeen = replies.sentBytes();
            return sent;
        } catch (IOException e) {
            // The peer is gone, which it may be: there is nobody to answer.
            outputBroken = true;
            return true;
        }
    }

    private boolean receive() throws IOException {
        int count = requests.isReceivingPayload()
                ? requests.receivePayload(wire)
                : received.receive(wire, requests.isAfterLargeWrite() ? PEEK_BYTES : received.capacity());
        if (count < 0) {
            inputEnded = true;
            return true;
        }
        quiet &= count == 0;
        emptied = count == 0;
        drainedBytes += draining ? count : 0;
        return count > 0;
    }

    private void idle() throws IOException {
        if (crowdedWaits > 0) {
            crowdedWaits--;
        } else if (idleRounds < (inFlight.awaitsForce() ? FORCE_ROUNDS : IDLE_ROUNDS)) {
            idleRounds++;
            long before = session.now();
            YieldingIdleStrategy.INSTANCE.idle();
            if (session.now() - before > CROWDED_NANOS) {
                crowdedWaits = CROWDED_WAITS;
            }
            return;
        }
        asleep.set(true);
        // Whoever comes after the next line finds us asleep and wakes us.
        if (inFlight.hasCompleted() || ticket.isReady() || ending.isRequested() != endingSeen) {
            asleep.set(false);
            return;
        }
        try {
            wire.await(need == Need.INPUT && !inputEnded, !replies.isEmpty(), timeLeft());
        } finally {
            asleep.set(false);
        }
    }

    /** Wakes the connection's thread if it waits. Any thread. */
    void rouse() {
        if (asleep.get() && asleep.compareAndSet(true, false)) {
            wire.wake();
        }
    }

    /** How long to wait at most; throws when the peer's time is over. */
    private long timeLeft() throws PeerException {
        if (need == Need.STORE) {
            return STORE_RETRY_NANOS;
        }
        boolean waitsForPeer = !replies.isEmpty() || (need == Need.INPUT && requests.isInsideRequest());
        if (!waitsForPeer && !endingSeen) {
            return NO_LIMIT_NANOS;
        }
        long now = session.now();
        if (!quiet) {
            quiet = true;
            quietSinceNanos = now;
        }
        long left = waitsForPeer ? quietSinceNanos + config.stallNanos() - now : NO_LIMIT_NANOS;
        if (endingSeen && !replies.isEmpty()) {
            left = Math.min(left, endingDeadlineNanos - now);
        }
        if (left <= 0) {
            throw new PeerException("a peer that does not go on");
        }
        if (requests.isReceivingPayload()) {
            requests.checkPace(now);
            left = Math.min(left, PACE_CHECK_NANOS);
        }
        return left;
    }

    /** The volume stays attached, and the slots' budgets charged, until the store has ended everything. */
    private void awaitStore() {
        while (true) {
            requests.dropCompleted();
            if (inFlight.count() == 0) {
                return;
            }
            asleep.set(true);
            if (!inFlight.hasCompleted()) {
                try {
                    wire.await(false, false, PACE_CHECK_NANOS);
                } catch (IOException e) {
                    // Closed by force: nothing can wake us any more.
                    LockSupport.parkNanos(STORE_RETRY_NANOS);
                }
            }
            asleep.set(false);
        }
    }
}
