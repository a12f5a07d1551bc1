package dev.tidemark.tools.serve;

import dev.tidemark.tools.serve.ControlConnection.Sender;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control socket: messages as lines, replies as lines and an empty one, one thread for each connection.
 *
 * <p>Bounded: at most {@link #MAX_CONNECTIONS}; for one more, the connection that has been idle longest is closed, and
 * when all are at work the new one is turned away. The caller holds the store's lock, so that a socket file that is
 * there already belongs to nobody.
 */
public final class ControlServer implements AutoCloseable {
    /** The socket's name in the store's folder. */
    public static final String FILE_NAME = "control.sock";
    /** Operators and scripts, not clients of volumes: each costs a thread. */
    static final int MAX_CONNECTIONS = 64;

    private static final Logger LOG = LoggerFactory.getLogger(ControlServer.class);
    private static final int BACKLOG = 64;
    /** After an accept that failed: no file descriptor was free, most likely. */
    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    /** How long replies under way may take when the server ends. */
    private static final long SHUTDOWN_MS = 10_000;

    private final Path path;
    private final ServerSocketChannel channel;
    private final Sender sender;
    private final Set<ControlConnection> connections = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    private ControlServer(Path path, ServerSocketChannel channel, Sender sender) {
        this.path = path;
        this.channel = channel;
        this.sender = sender;
    }

    /**
     * Listens on {@code path}, mode 0600.
     *
     * @throws IOException with a text that says what is wrong
     */
    public static ControlServer open(Path path, Sender sender) throws IOException {
        removeStale(path);
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            UnixSockets.reach(path, address -> channel.bind(address, BACKLOG));
            // The store's folder has mode 0700, so nobody else came in between.
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
        } catch (IOException e) {
            channel.close();
            throw new IOException("cannot make the control socket " + path + ": " + e.getMessage(), e);
        }
        ControlServer server = new ControlServer(path, channel, sender);
        Thread thread = new Thread(server::accept, "control-accept");
        thread.setDaemon(true);
        thread.start();
        return server;
    }

    private static void removeStale(Path path) throws IOException {
        if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)
                || Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)
                || Files.isSymbolicLink(path)) {
            throw new IOException(
                    "the socket path is taken: " + path + " is a file, folder or link; remove it and start again");
        }
        if (Files.deleteIfExists(path)) {
            LOG.info("Removed {}, which a server left behind", path);
        }
    }

    /** Where it listens. */
    public Path path() {
        return path;
    }

    /** How many peers are connected. */
    public int connectionCount() {
        return connections.size();
    }

    /** Takes nobody any more, lets the messages under way be answered, then closes all connections. */
    @Override
    public void close() {
        closed = true;
        try {
            channel.close();
            Files.deleteIfExists(path);
        } catch (IOException e) {
            LOG.warn("closing {} failed: {}", path, e.toString());
        }
        // All first, so that whoever sees one connection closed knows that none begins another message.
        connections.forEach(ControlConnection::takeNoMore);
        connections.forEach(ControlConnection::end);
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(SHUTDOWN_MS);
        for (ControlConnection connection : connections) {
            connection.awaitEnd(end);
        }
        connections.forEach(ControlConnection::cut);
    }

    private void accept() {
        while (!closed) {
            SocketChannel peer = null;
            try {
                peer = channel.accept();
                admit(peer);
            } catch (ClosedChannelException e) {
                ControlConnection.closeQuietly(peer);
                if (!channel.isOpen()) {
                    return;
                }
            } catch (IOException | RuntimeException | OutOfMemoryError e) {
                ControlConnection.closeQuietly(peer);
                LOG.warn("a connection to the control socket could not be accepted: {}", e.toString());
                LockSupport.parkNanos(RETRY_NANOS);
            }
        }
    }

    private void admit(SocketChannel peer) throws IOException {
        if (connections.size() >= MAX_CONNECTIONS) {
            connections.stream()
                    .filter(ControlConnection::isIdle)
                    .min(Comparator.comparingLong(ControlConnection::activeNanos))
                    .ifPresent(this::evict);
        }
        ControlConnection connection = new ControlConnection(peer, sender, connections::remove);
        if (connections.size() >= MAX_CONNECTIONS) {
            connection.turnAway(MAX_CONNECTIONS);
            return;
        }
        connections.add(connection);
        boolean started = false;
        try {
            connection.start();
            started = true;
        } finally {
            if (!started) {
                connections.remove(connection);
            }
        }
        if (closed) {
            connection.end(); // it may have come in after close() went through them
        }
    }

    private void evict(ControlConnection idle) {
        LOG.info("the longest idle connection to the control socket makes room for a new one");
        connections.remove(idle);
        idle.cut();
    }
}
