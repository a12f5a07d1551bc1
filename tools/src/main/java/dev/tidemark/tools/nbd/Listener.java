package dev.tidemark.tools.nbd;

import java.io.Closeable;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One address: a thread that accepts peers and hands them on. */
final class Listener implements Closeable {
    /** Peers that wait to be accepted; the same as for the servers that clients are used to. */
    private static final int BACKLOG = 128;

    /** Half of a large read goes out before its reader has to be waited for. The system may allow less. */
    private static final int UNIX_SEND_BYTES = 512 << 10;

    /** After an accept that failed: the process is out of file descriptors, most likely, and that takes time. */
    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private static final Logger LOG = LoggerFactory.getLogger(Listener.class);

    /** Takes accepted peers. */
    interface Admission {
        /** Takes the channel over, whatever happens. */
        void admit(SocketChannel channel, String listenerName) throws IOException;
    }

    private final NbdAddress address;
    private final ServerSocketChannel channel;
    private final Admission admission;
    private volatile boolean closed;

    private Listener(NbdAddress address, ServerSocketChannel channel, Admission admission) {
        this.address = address;
        this.channel = channel;
        this.admission = admission;
    }

    static Listener open(NbdAddress address, Admission admission) throws IOException {
        Listener listener = address.isUnix() ? openUnix(address, admission) : openTcp(address, admission);
        Thread thread = new Thread(listener::accept, "nbd-accept-" + listener.kind());
        thread.setDaemon(true);
        thread.start();
        return listener;
    }

    /** Returns the address, with the port that was really taken. */
    NbdAddress address() {
        return address;
    }

    @Override
    public void close() {
        closed = true;
        try {
            channel.close();
            if (address.isUnix()) {
                Files.deleteIfExists(address.unixPath());
            }
        } catch (IOException e) {
            LOG.warn("Closing {} failed", address, e);
        }
    }

    private String kind() {
        return address.isUnix() ? "unix" : "tcp";
    }

    private static Listener openUnix(NbdAddress address, Admission admission) throws IOException {
        String problem = address.pathProblem();
        if (problem != null) {
            throw new IOException(problem);
        }
        removeStale(address.unixPath());
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.bind(address.socketAddress(), BACKLOG);
        } catch (IOException e) {
            channel.close();
            throw new IOException("cannot make the socket " + address.unixPath() + ": " + unixReason(address, e), e);
        }
        return new Listener(address, channel, admission);
    }

    private static String unixReason(NbdAddress address, IOException e) {
        Path folder = address.unixPath().getParent();
        if (folder != null && !Files.isDirectory(folder)) {
            return "there is no folder " + folder;
        }
        if (folder != null && !Files.isWritable(folder)) {
            return "no permission to write in " + folder;
        }
        return e.getMessage();
    }

    /** Removes a socket that nobody listens on; refuses when somebody does, or when it is another kind of file. */
    private static void removeStale(Path path) throws IOException {
        BasicFileAttributes attributes;
        try {
            attributes = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException e) {
            return;
        }
        if (!attributes.isOther()) {
            throw new IOException(
                    "the socket path is taken: " + path + " is a file, folder or link; remove it or use another");
        }
        if (isAnswered(path)) {
            throw new IOException("the socket path is taken: a server listens on " + path + "; stop it or use another");
        }
        LOG.info("Removing {}, which a server left behind", path);
        Files.deleteIfExists(path);
    }

    private static boolean isAnswered(Path path) {
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            probe.configureBlocking(false);
            probe.connect(UnixDomainSocketAddress.of(path));
            return true;
        } catch (IOException e) {
            // A full backlog would say "try again", which a stale socket never does.
            return e.getMessage() != null && e.getMessage().contains("temporarily unavailable");
        }
    }

    private static Listener openTcp(NbdAddress address, Admission admission) throws IOException {
        ServerSocketChannel channel = ServerSocketChannel.open();
        try {
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            channel.bind(address.socketAddress(), BACKLOG);
            int port = ((InetSocketAddress) channel.getLocalAddress()).getPort();
            return new Listener(NbdAddress.tcp(address.host(), port), channel, admission);
        } catch (UnresolvedAddressException e) {
            channel.close();
            throw new IOException("cannot listen on " + address + ": there is no host " + address.host(), e);
        } catch (BindException e) {
            channel.close();
            throw new IOException("cannot listen on " + address + ": " + e.getMessage(), e);
        } catch (IOException e) {
            channel.close();
            throw new IOException("cannot listen on " + address + ": " + e.getMessage(), e);
        }
    }

    private void accept() {
        while (!closed) {
            SocketChannel peer = null;
            try {
                peer = channel.accept();
                if (address.isUnix()) {
                    // TCP sizes its buffers by itself; a Unix socket keeps what the system gives it.
                    peer.setOption(StandardSocketOptions.SO_SNDBUF, UNIX_SEND_BYTES);
                } else {
                    peer.setOption(StandardSocketOptions.TCP_NODELAY, true);
                    peer.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
                }
                SocketChannel admitted = peer;
                peer = null;
                admission.admit(admitted, kind());
            } catch (ClosedChannelException e) {
                closeQuietly(peer);
                if (!channel.isOpen()) {
                    return;
                }
            } catch (IOException | RuntimeException | OutOfMemoryError e) {
                closeQuietly(peer);
                LOG.warn("A peer could not be accepted on {}", address, e);
                LockSupport.parkNanos(RETRY_NANOS);
            }
        }
    }

    private static void closeQuietly(SocketChannel peer) {
        if (peer != null) {
            try {
                peer.close();
            } catch (IOException e) {
                LOG.debug("Closing a peer failed", e);
            }
        }
    }
}
