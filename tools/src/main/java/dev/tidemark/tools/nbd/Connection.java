package dev.tidemark.tools.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One peer, from its greeting to its end. Runs on a thread of its own. */
final class Connection implements Runnable {
    /** How long the peer's last requests are read and thrown away, so that they don't make the last replies vanish. */
    private static final long LINGER_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

    private final String name;
    private final Wire wire;
    private final Received received;
    private final Replies replies;
    private final Shared shared;
    private final Ending ending;

    /** What all connections of a server have in common. */
    record Shared(
            ExportSource exports,
            NbdMetrics metrics,
            NbdConfig config,
            ByteBudget smallBudget,
            ByteBudget largeBudget,
            ReadHelpers readHelpers,
            LongAdder requestsInFlight) {}

    /**
     * Takes the wire over.
     *
     * @param name for the log
     * @param receiveBuffer of {@link NbdConfig#RECEIVE_BUFFER_BYTES}; used until {@link #run} returns
     * @param sendBuffer of {@link NbdConfig#SEND_BUFFER_BYTES}; likewise
     */
    Connection(String name, Wire wire, ByteBuffer receiveBuffer, ByteBuffer sendBuffer, Shared shared) {
        this.name = name;
        this.wire = wire;
        this.shared = shared;
        received = new Received(receiveBuffer);
        replies = new Replies(sendBuffer);
        ending = new Ending(wire::wake);
    }

    /** Has it answer what it was asked, and end. Any thread; does not block. */
    void end() {
        ending.request();
    }

    /** Ends it at once. Any thread. */
    void cut() {
        ending.request();
        wire.close();
    }

    @Override
    public void run() {
        shared.metrics().connectionOpened();
        try (wire) {
            serve();
        } catch (PeerException e) {
            LOG.info("{}: closed: {}", name, e.getMessage());
            shared.metrics().connectionAborted();
        } catch (IOException e) {
            LOG.debug("{}: the peer has gone", name, e);
        } catch (RuntimeException | Error e) {
            LOG.error("{}: closed by an error of the server", name, e);
        } finally {
            shared.metrics().connectionClosed();
        }
    }

    /** Talks until the connection is to be closed. */
    void serve() throws IOException {
        Handshake handshake =
                new Handshake(wire, received, replies, shared.exports(), shared.metrics(), shared.config(), ending);
        Session session = handshake.negotiate();
        if (session == null) {
            return;
        }
        try (session) {
            LOG.debug("{}: opened volume {}", name, session.volume().name());
            boolean linger = new Transmission(wire, received, session, shared, ending).run();
            if (linger) {
                linger();
            }
        }
    }

    private void linger() throws IOException {
        wire.endOutput();
        long end = shared.config().clock().getAsLong() + LINGER_NANOS;
        while (true) {
            received.skip(received.available());
            int count = received.receive(wire, received.capacity());
            long left = end - shared.config().clock().getAsLong();
            if (count < 0 || left <= 0) {
                return;
            }
            if (count == 0) {
                wire.await(true, false, left);
            }
        }
    }
}
