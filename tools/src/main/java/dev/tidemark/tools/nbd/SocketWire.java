package dev.tidemark.tools.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A socket with a selector of its own: the one way in Java to wait for the socket and for the store's completions at
 * the same time. One of each for every connection, so no thread serves two peers.
 */
final class SocketWire implements Wire {
    private static final Logger LOG = LoggerFactory.getLogger(SocketWire.class);
    private final SocketChannel channel;
    private final Selector selector;
    private final SelectionKey key;
    // The variant of select() that takes an action puts nothing into a set, so it allocates nothing.
    private final Consumer<SelectionKey> noted = this::note;
    private int interest;

    /** Takes the channel over and makes it non-blocking. Closes it when that fails. */
    SocketWire(SocketChannel channel) throws IOException {
        this.channel = channel;
        Selector made = null;
        try {
            channel.configureBlocking(false);
            made = Selector.open();
            key = channel.register(made, 0);
        } catch (IOException e) {
            channel.close();
            if (made != null) {
                made.close();
            }
            throw e;
        }
        selector = made;
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        return channel.read(target);
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        return channel.write(source);
    }

    @Override
    public void await(boolean readable, boolean writable, long timeoutNanos) throws IOException {
        int wanted = (readable ? SelectionKey.OP_READ : 0) | (writable ? SelectionKey.OP_WRITE : 0);
        try {
            if (wanted != interest) {
                key.interestOps(wanted);
                interest = wanted;
            }
            // Zero means "for ever" to select(), and less than a millisecond can't be asked for.
            selector.select(noted, Math.max(1, TimeUnit.NANOSECONDS.toMillis(timeoutNanos)));
        } catch (ClosedSelectorException | CancelledKeyException e) {
            throw new IOException("the connection was closed", e);
        }
    }

    /** What is ready shows in the next read or write. */
    private void note(SelectionKey ready) {
        LOG.trace("{} is ready", ready);
    }

    @Override
    public void pause(long nanos) {
        long start = System.nanoTime();
        while (System.nanoTime() - start < nanos) {
            Thread.onSpinWait();
        }
    }

    @Override
    public void wake() {
        selector.wakeup();
    }

    @Override
    public void endOutput() throws IOException {
        channel.shutdownOutput();
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.debug("Closing a connection failed", e);
        }
        try {
            selector.close();
        } catch (IOException e) {
            LOG.debug("Closing a selector failed", e);
        }
    }
}
