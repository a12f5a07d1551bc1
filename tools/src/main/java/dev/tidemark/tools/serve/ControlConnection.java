package dev.tidemark.tools.serve;

import dev.tidemark.engine.message.ErrorCode;
import dev.tidemark.engine.message.MessageParser;
import dev.tidemark.engine.message.Refusal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import jdk.net.ExtendedSocketOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One peer of the control socket: reads a line, has it carried out, writes the reply, on a thread of its own. */
final class ControlConnection {
    /** Carries messages out; called from many threads. */
    @FunctionalInterface
    interface Sender {
        /** Answers a message with lines that have newlines between them; must not throw. */
        String send(String text, String actor);
    }

    private enum Phase {
        /** Waits for a line: ends at once when it is to end. */
        READING,
        /** The message is being carried out: nobody cuts it off to make room. */
        WORKING,
        /** Writes the reply: makes room for others when its peer does not take it. */
        WRITING
    }

    private static final Logger LOG = LoggerFactory.getLogger(ControlConnection.class);

    private final SocketChannel peer;
    private final Sender sender;
    private final Consumer<ControlConnection> onEnd;
    private final Thread thread;
    private final String actor;
    private Phase phase = Phase.READING;
    private boolean ending;
    private volatile long activeNanos = System.nanoTime();

    ControlConnection(SocketChannel peer, Sender sender, Consumer<ControlConnection> onEnd) {
        this.peer = peer;
        this.sender = sender;
        this.onEnd = onEnd;
        this.actor = actorOf(peer);
        this.thread = new Thread(this::run, "control");
        thread.setDaemon(true);
    }

    /** Who it is, as the kernel says. */
    private static String actorOf(SocketChannel peer) {
        try {
            return "control user="
                    + peer.getOption(ExtendedSocketOptions.SO_PEERCRED).user().getName();
        } catch (IOException | RuntimeException e) {
            return "control";
        }
    }

    void start() {
        thread.start();
    }

    /** Whether no message of it is being carried out. */
    synchronized boolean isIdle() {
        return phase != Phase.WORKING;
    }

    /** When it last sent or took something, in {@link System#nanoTime}. */
    long activeNanos() {
        return activeNanos;
    }

    /** Begins no message any more; the one under way is answered. */
    synchronized void takeNoMore() {
        ending = true;
    }

    /** Closes it once the message under way is answered. */
    void end() {
        synchronized (this) {
            ending = true;
            if (phase != Phase.READING) {
                return;
            }
        }
        cut();
    }

    /** Closes it at once. */
    void cut() {
        closeQuietly(peer);
    }

    /** Waits for its end until a time of {@link System#nanoTime}. */
    void awaitEnd(long untilNanos) {
        long millis = TimeUnit.NANOSECONDS.toMillis(untilNanos - System.nanoTime());
        try {
            if (millis > 0) {
                thread.join(millis);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Says that there are too many, and closes it; without waiting for the peer. */
    void turnAway(int most) throws IOException {
        peer.configureBlocking(false);
        peer.write(bytes(Refusal.of(
                        ErrorCode.BUSY, "there are " + most + " connections to the control socket: close one of them")
                .toString()));
        cut();
    }

    private void run() {
        try {
            LineReader lines = new LineReader(peer, MessageParser.MAX_MESSAGE_BYTES);
            boolean more = true;
            while (more) {
                more = serve(lines);
            }
        } catch (IOException e) {
            LOG.debug("a connection to the control socket ended: {}", e.toString());
        } catch (RuntimeException | OutOfMemoryError e) {
            LOG.error("a connection to the control socket failed", e);
        } finally {
            closeQuietly(peer);
            onEnd.accept(this);
        }
    }

    /** Serves one line; whether there may be another. */
    private boolean serve(LineReader lines) throws IOException {
        String line = lines.next();
        if (line == null && lines.trouble() == LineReader.Trouble.END) {
            return false;
        }
        if (!enter(Phase.WORKING)) {
            return false; // not begun, so not answered
        }
        String reply = line != null
                ? sender.send(line, actor)
                : Refusal.of(ErrorCode.BAD_MESSAGE, text(lines.trouble())).toString();
        enter(Phase.WRITING);
        ByteBuffer bytes = bytes(reply);
        while (bytes.hasRemaining()) {
            peer.write(bytes);
        }
        return enter(Phase.READING) && (line != null || lines.trouble() == LineReader.Trouble.NOT_UTF_8);
    }

    private static String text(LineReader.Trouble trouble) {
        return switch (trouble) {
            case TOO_LONG -> "the message is longer than 64 KiB: send it in parts";
            case NOT_UTF_8 -> "the message is not UTF-8";
            default -> "the message has no newline at its end: nothing was done";
        };
    }

    /** Whether the connection goes on. */
    private synchronized boolean enter(Phase next) {
        activeNanos = System.nanoTime();
        phase = next;
        return !ending;
    }

    private static ByteBuffer bytes(String reply) {
        return ByteBuffer.wrap((reply + "\n\n").getBytes(StandardCharsets.UTF_8));
    }

    static void closeQuietly(SocketChannel channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            LOG.debug("closing a connection failed: {}", e.toString());
        }
    }
}
