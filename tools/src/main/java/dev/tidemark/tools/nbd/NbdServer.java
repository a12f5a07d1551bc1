package dev.tidemark.tools.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The NBD server: listens, serves each peer on a thread of its own, and ends in order.
 *
 * <p>Use: {@link #open} it, {@link #listen} on one address or more, {@link #close} it before the store that it serves.
 * All methods may be called from any thread.
 */
public final class NbdServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NbdServer.class);

    private final Connection.Shared shared;
    private final BufferPool receiveBuffers = new BufferPool(NbdConfig.RECEIVE_BUFFER_BYTES);
    private final BufferPool sendBuffers = new BufferPool(NbdConfig.SEND_BUFFER_BYTES);
    private final List<Listener> listeners = new ArrayList<>();
    private final Set<Serving> serving = ConcurrentHashMap.newKeySet();
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicLong admitted = new AtomicLong();
    private volatile boolean closed;

    private record Serving(Connection connection, Thread thread) {}

    private NbdServer(Connection.Shared shared) {
        this.shared = shared;
    }

    /** Makes a server that listens nowhere yet. */
    public static NbdServer open(NbdConfig config, ExportSource exports, NbdMetrics metrics) {
        ByteBudget small = new ByteBudget(config.maxBytesInFlight() / 2);
        ByteBudget large = new ByteBudget(config.maxBytesInFlight() / 2);
        return new NbdServer(new Connection.Shared(
                exports, metrics, config, small, large, ReadHelpers.withThreads(), new LongAdder()));
    }

    /**
     * Listens on one more address.
     *
     * <p>A Unix socket's file that nobody listens on is left over from a process that died, and replaced; so the caller
     * holds a lock that keeps a second server of the same path out.
     *
     * @return the address, with the port that was taken where 0 was asked for
     * @throws IOException with a message that says what is wrong: the path too long or taken, the port taken, no
     *     permission
     */
    public NbdAddress listen(NbdAddress address) throws IOException {
        synchronized (listeners) {
            if (closed) {
                throw new IOException("the server is closed");
            }
            Listener listener = Listener.open(address, this::admit);
            listeners.add(listener);
            LOG.info("NBD on {}", listener.address());
            return listener.address();
        }
    }

    /** Returns where it listens. */
    public List<NbdAddress> addresses() {
        synchronized (listeners) {
            return listeners.stream().map(Listener::address).toList();
        }
    }

    /** Returns how many peers are connected. */
    public int connectionCount() {
        return connections.get();
    }

    /** Returns how many requests of all connections the store works on. */
    public long requestsInFlight() {
        return shared.requestsInFlight().sum();
    }

    /** Returns the bytes of writes that the connections have in flight. */
    public long bytesInFlight() {
        return shared.smallBudget().used() + shared.largeBudget().used();
    }

    /**
     * Ends: nobody new is admitted, what was asked is answered, then the connections are closed. Returns when all have
     * ended, or were cut off because they did not in twice the time that the configuration gives them. A connection
     * whose requests the store does not end is left behind. Calling it again does nothing.
     */
    @Override
    public void close() {
        synchronized (listeners) {
            if (closed) {
                return;
            }
            closed = true;
            listeners.forEach(Listener::close);
        }
        serving.forEach(one -> one.connection().end());
        awaitAll(2 * shared.config().shutdownNanos());
        if (!serving.isEmpty()) {
            LOG.warn("{} NBD connections did not end in time and are cut off", serving.size());
            serving.forEach(one -> one.connection().cut());
            awaitAll(shared.config().shutdownNanos());
        }
        shared.readHelpers().close();
    }

    private void admit(SocketChannel channel, String listenerName) throws IOException {
        if (connections.incrementAndGet() > shared.config().maxConnections()) {
            connections.decrementAndGet();
            shared.metrics().connectionRefused();
            LOG.warn("A peer was turned away: there are {} connections", connections.get());
            channel.close();
            return;
        }
        boolean started = false;
        try {
            String name = "nbd-" + listenerName + "-" + admitted.incrementAndGet();
            ByteBuffer receiveBuffer = receiveBuffers.take();
            ByteBuffer sendBuffer = sendBuffers.take();
            Connection connection = new Connection(name, new SocketWire(channel), receiveBuffer, sendBuffer, shared);
            Thread thread = new Thread(() -> serve(connection, receiveBuffer, sendBuffer), name);
            thread.setDaemon(true);
            Serving one = new Serving(connection, thread);
            serving.add(one);
            try {
                thread.start();
                started = true;
            } finally {
                if (!started) {
                    serving.remove(one);
                }
            }
            if (closed) {
                // It may have come in after close() went through the connections.
                connection.end();
            }
        } finally {
            if (!started) {
                connections.decrementAndGet();
                channel.close();
            }
        }
    }

    private void serve(Connection connection, ByteBuffer receiveBuffer, ByteBuffer sendBuffer) {
        try {
            connection.run();
        } finally {
            receiveBuffers.give(receiveBuffer);
            sendBuffers.give(sendBuffer);
            connections.decrementAndGet();
            serving.removeIf(one -> one.connection() == connection);
        }
    }

    private void awaitAll(long nanos) {
        long end = System.nanoTime() + nanos;
        boolean interrupted = false;
        for (Serving one : serving) {
            long millis = (end - System.nanoTime()) / 1_000_000;
            if (millis <= 0 || interrupted) {
                break;
            }
            try {
                one.thread().join(millis);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
