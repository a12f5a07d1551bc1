package dev.tidemark.tools.serve;

import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.StringJoiner;

/** A connection to a server's control socket. For one thread. */
public final class ControlClient implements AutoCloseable {
    /** The longest line is the row of a volume with all the labels that it can have: a quarter of this. */
    private static final int MAX_LINE_BYTES = 1 << 20;

    private final SocketChannel channel;
    private final LineReader lines;

    private ControlClient(SocketChannel channel) {
        this.channel = channel;
        this.lines = new LineReader(channel, MAX_LINE_BYTES);
    }

    /**
     * Connects to the server of the store in that folder.
     *
     * @return the connection, or null when no server listens there
     * @throws IOException when there is one and it can't be reached, for lack of permission
     */
    public static ControlClient connect(Path store) throws IOException {
        Path path = store.resolve(ControlServer.FILE_NAME);
        if (!Files.exists(path)) {
            return null;
        }
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        boolean connected = false;
        try {
            UnixSockets.reach(path, channel::connect);
            connected = true;
            return new ControlClient(channel);
        } catch (ConnectException e) {
            return null; // left behind by a server that died
        } catch (IOException e) {
            if (!Files.exists(path)) {
                return null; // it has just ended
            }
            throw new IOException("cannot reach the server through " + path + ": " + e.getMessage(), e);
        } finally {
            if (!connected) {
                channel.close();
            }
        }
    }

    /**
     * Sends a message and waits for its reply, whose lines have newlines between them.
     *
     * @throws IllegalArgumentException for a text with a newline: that would be several messages
     * @throws IOException when the server went away before it had answered: whether the message was carried out is not
     *     known then
     */
    public String send(String message) throws IOException {
        if (message.indexOf('\n') >= 0) {
            throw new IllegalArgumentException("a message is one line");
        }
        try {
            ByteBuffer bytes = ByteBuffer.wrap((message + "\n").getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            StringJoiner reply = new StringJoiner("\n");
            for (String line = lines.next(); ; line = lines.next()) {
                if (line == null) {
                    throw new EOFException("the connection ended");
                }
                if (line.isEmpty()) {
                    return reply.toString();
                }
                reply.add(line);
            }
        } catch (IOException e) {
            throw new IOException("the server went away before it answered (" + e.getMessage() + ")", e);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
