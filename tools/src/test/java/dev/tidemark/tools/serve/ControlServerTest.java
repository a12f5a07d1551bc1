package dev.tidemark.tools.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("quick")
@Timeout(60)
class ControlServerTest {
    @TempDir
    Path folder;

    private Path socket;
    private ControlServer server;
    private final AtomicReference<String> actor = new AtomicReference<>();
    private final List<SocketChannel> peers = new ArrayList<>();

    @BeforeEach
    void open() throws IOException {
        socket = folder.resolve(ControlServer.FILE_NAME);
        server = ControlServer.open(socket, (text, from) -> {
            actor.set(from);
            return "ok said=" + text.length();
        });
    }

    @AfterEach
    void close() throws IOException {
        for (SocketChannel peer : peers) {
            peer.close();
        }
        server.close();
    }

    @Test
    void shouldAnswerEachLineWithItsReplyAndAnEmptyLine() throws IOException {
        SocketChannel peer = connect();
        send(peer, "list\nstatus disk\n");
        assertThat(receive(peer, 2)).isEqualTo("ok said=4\n\nok said=11\n\n");
        send(peer, "x");
        send(peer, "y\n");
        assertThat(receive(peer, 1)).isEqualTo("ok said=2\n\n");
        assertThat(actor.get()).startsWith("control user=").endsWith(System.getProperty("user.name"));
    }

    @Test
    void shouldServeItsOwnClient() throws IOException {
        try (ControlClient client = ControlClient.connect(folder)) {
            assertThat(client.send("a")).isEqualTo("ok said=1");
            assertThat(client.send("b".repeat(65_536))).isEqualTo("ok said=65536");
            assertThatThrownBy(() -> client.send("a\nb")).isInstanceOf(IllegalArgumentException.class);
        }
        server.close();
        assertThat(ControlClient.connect(folder)).isNull();
    }

    @Test
    void shouldRefuseALineThatIsTooLongAndCloseTheConnection() throws IOException {
        SocketChannel peer = connect();
        send(peer, "b".repeat(65_537));
        assertThat(receive(peer, 1)).startsWith("error code=bad-message text=\"the message is longer than 64 KiB");
        assertThat(peer.read(ByteBuffer.allocate(1))).isEqualTo(-1);
    }

    @Test
    void shouldRefuseWhatIsNoTextAndGoOnWithTheNextLine() throws IOException {
        SocketChannel peer = connect();
        send(peer, ByteBuffer.wrap(new byte[] {'a', (byte) 0xC3, (byte) 0x28, '\n', 'b', '\n'}));
        assertThat(receive(peer, 2))
                .isEqualTo("error code=bad-message text=\"the message is not UTF-8\"\n\nok said=1\n\n");
    }

    @Test
    void shouldNotCarryOutALineWithoutItsEnd() throws IOException {
        SocketChannel peer = connect();
        send(peer, "delete dis");
        peer.shutdownOutput();
        assertThat(receive(peer, 1)).startsWith("error code=bad-message text=\"the message has no newline");
        assertThat(actor.get()).isNull();
        SocketChannel silent = connect();
        silent.shutdownOutput();
        assertThat(silent.read(ByteBuffer.allocate(1))).isEqualTo(-1);
    }

    @Test
    void shouldMakeRoomByClosingTheConnectionThatIsIdleLongest() throws IOException {
        for (int i = 0; i < ControlServer.MAX_CONNECTIONS; i++) {
            SocketChannel peer = connect();
            send(peer, "a\n");
            receive(peer, 1);
        }
        send(peers.get(0), "a\n");
        receive(peers.get(0), 1);
        SocketChannel more = connect();
        send(more, "abc\n");
        assertThat(receive(more, 1)).isEqualTo("ok said=3\n\n");
        assertThat(peers.get(1).read(ByteBuffer.allocate(1))).isEqualTo(-1);
        send(peers.get(0), "ab\n");
        assertThat(receive(peers.get(0), 1)).isEqualTo("ok said=2\n\n");
    }

    @Test
    void shouldTurnAwayWhenAllAreAtWork() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        CountDownLatch atWork = new CountDownLatch(ControlServer.MAX_CONNECTIONS);
        server.close();
        server = ControlServer.open(socket, (text, from) -> {
            atWork.countDown();
            awaitQuietly(go);
            return "ok";
        });
        for (int i = 0; i < ControlServer.MAX_CONNECTIONS; i++) {
            send(connect(), "a\n");
        }
        atWork.await();
        assertThat(receive(connect(), 1)).startsWith("error code=busy text=\"there are 64 connections");
        go.countDown();
        assertThat(receive(peers.get(0), 1)).isEqualTo("ok\n\n");
    }

    @Test
    void shouldAnswerTheMessageUnderWayBeforeItEnds() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        CountDownLatch atWork = new CountDownLatch(1);
        server.close();
        server = ControlServer.open(socket, (text, from) -> {
            atWork.countDown();
            awaitQuietly(go);
            return "ok";
        });
        SocketChannel peer = connect();
        send(peer, "a\nb\n");
        SocketChannel idle = connect();
        atWork.await();
        CompletableFuture<Void> ended = CompletableFuture.runAsync(server::close);
        assertThat(idle.read(ByteBuffer.allocate(1))).isEqualTo(-1);
        assertThat(ended).isNotDone();
        go.countDown();
        assertThat(receive(peer, 1)).isEqualTo("ok\n\n");
        assertThat(peer.read(ByteBuffer.allocate(1))).isEqualTo(-1);
        ended.get(30, TimeUnit.SECONDS);
        assertThat(socket).doesNotExist();
    }

    @Test
    void shouldKeepTheSocketForItsOwner() throws IOException {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                .isEqualTo("rw-------");
    }

    @Test
    void shouldReplaceASocketThatWasLeftBehindAndNothingElse() throws IOException {
        Path left = folder.resolve("left.sock");
        try (ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            dead.bind(UnixDomainSocketAddress.of(left));
        }
        ControlServer.open(left, (text, from) -> "ok").close();
        Path file = Files.writeString(folder.resolve("file.sock"), "mine");
        assertThatThrownBy(() -> ControlServer.open(file, (text, from) -> "ok"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("the socket path is taken");
        assertThat(file).hasContent("mine");
    }

    @Test
    void shouldServeAStoreHoweverDeepItsFolder() throws IOException {
        Path deep = Files.createDirectories(folder.resolve("d".repeat(90)).resolve("e".repeat(90)));
        Path there = deep.resolve(ControlServer.FILE_NAME);
        try (ControlServer hidden = ControlServer.open(there, (text, from) -> "ok");
                ControlClient client = ControlClient.connect(deep)) {
            assertThat(there).exists();
            assertThat(client.send("a")).isEqualTo("ok");
            await().until(() -> hidden.connectionCount() == 1);
        }
        assertThat(there).doesNotExist();
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private SocketChannel connect() throws IOException {
        SocketChannel peer = SocketChannel.open(UnixDomainSocketAddress.of(socket));
        peers.add(peer);
        return peer;
    }

    private static void send(SocketChannel peer, String text) throws IOException {
        send(peer, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static void send(SocketChannel peer, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            peer.write(bytes);
        }
    }

    /** Reads until so many empty lines have come. */
    private static String receive(SocketChannel peer, int replies) throws IOException {
        StringBuilder text = new StringBuilder();
        ByteBuffer one = ByteBuffer.allocate(1);
        int found = 0;
        while (found < replies) {
            one.clear();
            assertThat(peer.read(one)).as("what came: " + text).isEqualTo(1);
            text.append((char) one.get(0));
            found += text.length() > 1 && text.substring(text.length() - 2).equals("\n\n") ? 1 : 0;
        }
        return text.toString();
    }
}
