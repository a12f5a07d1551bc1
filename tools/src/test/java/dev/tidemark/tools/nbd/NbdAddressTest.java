package dev.tidemark.tools.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Addresses, and what can be wrong with them. */
@Tag("quick")
@Timeout(60)
class NbdAddressTest {
    @TempDir
    Path folder;

    private final MemoryExports exports = new MemoryExports();

    private NbdServer server() {
        return NbdServer.open(NbdConfig.defaults(), exports, NbdMetrics.NONE);
    }

    @ParameterizedTest
    @CsvSource({
        "unix:/run/a.sock, unix:/run/a.sock, nbd+unix:///disk?socket=/run/a.sock",
        "unix:/run/a b.sock, unix:/run/a b.sock, nbd+unix:///disk?socket=/run/a%20b.sock",
        "tcp:127.0.0.1:10809, tcp:127.0.0.1:10809, nbd://127.0.0.1:10809/disk",
        "tcp:[::1]:0, tcp:[::1]:0, nbd://[::1]:0/disk",
    })
    void shouldParseAndPrint(String text, String printed, String uri) {
        assertThat(NbdAddress.parse(text)).hasToString(printed);
        assertThat(NbdAddress.parse(text).uri("disk")).isEqualTo(uri);
    }

    @ParameterizedTest
    @CsvSource({
        "/run/a.sock, use unix:PATH or tcp:HOST:PORT",
        "unix:, names no path",
        "tcp:, names no host",
        "tcp:10809, names no host",
        "tcp:localhost, names no host or no port",
        "tcp:localhost:, has no port",
        "tcp:localhost:x, has no port",
        "tcp:localhost:65536, has no port",
        "tcp:localhost:-1, has no port",
        "tcp:::1:10809, brackets",
    })
    void shouldSayWhatIsWrong(String text, String message) {
        assertThatThrownBy(() -> NbdAddress.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message)
                .hasMessageContaining(text);
    }

    @Test
    void shouldRefuseAPathThatIsTooLong() throws Exception {
        Path path = folder.resolve("x".repeat(107));
        try (NbdServer server = server()) {
            assertThatThrownBy(() -> server.listen(NbdAddress.unix(path)))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("too long")
                    .hasMessageContaining("106");
        }
    }

    @Test
    void shouldTakeAPathOfExactlyTheBound() throws Exception {
        Path path = Path.of("/tmp", "n".repeat(NbdAddress.MAX_UNIX_PATH_BYTES - 5));
        try (NbdServer server = server()) {
            server.listen(NbdAddress.unix(path));
            assertThat(Files.exists(path)).isTrue();
        }
        assertThat(Files.exists(path)).isFalse();
    }

    @Test
    void shouldReplaceASocketThatAServerLeftBehind() throws Exception {
        Path path = folder.resolve("s");
        try (ServerSocketChannel old = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            old.bind(UnixDomainSocketAddress.of(path));
        }
        assertThat(Files.exists(path)).isTrue();
        try (NbdServer server = server()) {
            NbdAddress address = server.listen(NbdAddress.unix(path));
            try (TestClient client = new TestClient(address)) {
                client.greet(3);
            }
        }
        assertThat(Files.exists(path)).isFalse();
    }

    @Test
    void shouldRefuseAPathThatIsTaken() throws Exception {
        NbdAddress address = NbdAddress.unix(folder.resolve("s"));
        try (NbdServer first = server();
                NbdServer second = server()) {
            first.listen(address);
            assertThatThrownBy(() -> second.listen(address)).hasMessageContaining("a server listens on");
            try (TestClient client = new TestClient(address)) {
                client.greet(3);
            }
            Path file = Files.writeString(folder.resolve("file"), "precious");
            assertThatThrownBy(() -> second.listen(NbdAddress.unix(file))).hasMessageContaining("is a file");
            assertThat(file).hasContent("precious");
            assertThatThrownBy(() -> second.listen(NbdAddress.unix(folder.resolve("no/s"))))
                    .hasMessageContaining("there is no folder");
        }
    }

    @Test
    void shouldServeTcpAndRefuseAPortThatIsTaken() throws Exception {
        exports.add(new MemoryVolume(1, "disk", 1 << 20, Runnable::run));
        try (NbdServer first = server();
                NbdServer second = server()) {
            NbdAddress address = first.listen(NbdAddress.tcp("127.0.0.1", 0));
            assertThat(address.port()).isPositive();
            try (TestClient client = TestClient.open(address, "disk")) {
                assertThat(client.write(0, 5, new byte[] {1, 2, 3}).errno()).isZero();
                assertThat(client.read(4, 5)).containsExactly(0, 1, 2, 3, 0);
            }
            assertThatThrownBy(() -> second.listen(address))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("cannot listen on tcp:127.0.0.1:" + address.port())
                    .hasMessageContaining("in use");
            assertThatThrownBy(() -> second.listen(NbdAddress.tcp("no.such.host.invalid", 1)))
                    .hasMessageContaining("there is no host");
        }
    }
}
