package dev.tidemark.tools.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.tools.serve.ServerProcess.Outcome;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The server as its user sees it: its first line, its sockets, its end. */
@Timeout(300)
class ServeProcessTest {
    @TempDir
    Path folder;

    private Path store;

    @BeforeEach
    void name() {
        store = folder.resolve("store");
    }

    @Test
    void shouldSayWhenItServesAndWhatToDoNext() throws IOException {
        try (ServerProcess server = ServerProcess.start(store, "--create", "disk=8M", "--create", "other=1G")) {
            assertThat(server.ready().toString())
                    .isEqualTo("nbd=unix:" + store + "/nbd.sock control=unix:" + store
                            + "/control.sock volumes=2 recovered=0");
            assertThat(server.send("list")).contains("name=disk", "name=other");
            assertThat(server.terminate()).isZero();
            assertThat(server.errors())
                    .contains("next: nbdinfo 'nbd+unix:///disk?socket=" + store + "/nbd.sock'")
                    .contains("INFO", "asked to stop")
                    .doesNotContain("ERROR", "Exception");
            assertThat(store.resolve("nbd.sock")).doesNotExist();
            assertThat(store.resolve(ControlServer.FILE_NAME)).doesNotExist();
        }
    }

    @Test
    void shouldLetItsVolumesComeAndGoWithoutARestart() throws IOException {
        try (ServerProcess server = ServerProcess.start(store, "--create", "disk=8M")) {
            try (DiskClient disk = DiskClient.open(server.nbd(), "")) {
                disk.write(4096, ByteBuffer.allocate(4096).put(0, (byte) 7), true);
                assertThat(server.send("create before origin=disk")).startsWith("ok ");
                disk.write(4096, ByteBuffer.allocate(4096).put(0, (byte) 8), false);
                try (DiskClient before = DiskClient.open(server.nbd(), "before")) {
                    assertThat(before.read(4096, 1)[0]).isEqualTo((byte) 7);
                    assertThat(disk.read(4096, 1)[0]).isEqualTo((byte) 8);
                    assertThat(server.send("merge before")).startsWith("error code=busy");
                }
                assertThat(server.send("merge before force=true")).startsWith("ok ");
                assertThatThrownBy(() -> disk.read(4096, 1)).isInstanceOf(IOException.class);
            }
            try (DiskClient disk = DiskClient.open(server.nbd(), "id:1")) {
                assertThat(disk.read(4096, 1)[0]).isEqualTo((byte) 7);
            }
            assertThatThrownBy(() -> DiskClient.open(server.nbd(), "before")).hasMessageContaining("before");
        }
    }

    @Test
    void shouldKeepWhatWasMadeAndCreateOnlyWhatIsMissing() throws IOException {
        try (ServerProcess server = ServerProcess.start(store, "--create", "disk=8M")) {
            try (DiskClient disk = DiskClient.open(server.nbd(), "disk")) {
                disk.write(0, ByteBuffer.allocate(512).put(0, (byte) 5), false);
            }
            assertThat(server.terminate()).isZero();
        }
        try (ServerProcess server = ServerProcess.start(store, "--create", "disk=8192K", "--create", "more=1M")) {
            assertThat(server.ready().get("volumes")).isEqualTo("2");
            try (DiskClient disk = DiskClient.open(server.nbd(), "disk")) {
                assertThat(disk.read(0, 1)[0]).isEqualTo((byte) 5);
            }
        }
        Outcome other = ServerProcess.run("serve", store.toString(), "--create", "disk=9M");
        assertThat(other.status()).isEqualTo(1);
        assertThat(other.out()).isEmpty();
        assertThat(other.error())
                .isEqualTo("tidemark: the volume disk exists with 8M, not 9M: name its size, or leave --create out "
                        + "and use resize");
    }

    @Test
    void shouldServeMetricsWithWhatClientsDid() throws Exception {
        try (ServerProcess server =
                ServerProcess.start(store, "--create", "disk=8M", "--metrics", "127.0.0.1:0", "-o", "low-space=30")) {
            try (DiskClient disk = DiskClient.open(server.nbd(), "disk")) {
                disk.write(0, ByteBuffer.allocate(8192), false);
                disk.flush();
                server.send("create s origin=disk");
                server.send("no such verb");
                HttpResponse<String> page = get(server.ready().get("metrics"));
                assertThat(page.statusCode()).isEqualTo(200);
                assertThat(page.body().lines())
                        .contains(
                                "tidemark_nbd_operation_seconds_count{kind=\"write\"} 1",
                                "tidemark_nbd_operation_bytes_total{kind=\"write\"} 8192.0",
                                "tidemark_nbd_operation_seconds_count{kind=\"flush\"} 1",
                                "tidemark_nbd_connections 1.0",
                                "tidemark_store_volumes 2.0",
                                "tidemark_store_mapped_bytes 8192.0",
                                "tidemark_store_jobs 0.0",
                                "tidemark_store_checksum_errors_total 0.0",
                                "tidemark_recovery_events 0.0",
                                "tidemark_message_seconds_count 2",
                                "tidemark_message_errors_total 1.0")
                        .anyMatch(line -> line.startsWith("tidemark_nbd_operation_seconds_bucket{kind=\"write\",le="))
                        .anyMatch(line -> line.startsWith("tidemark_journal_forces_total "))
                        .contains(
                                "tidemark_nbd_in_flight_requests 0.0",
                                "tidemark_journal_forces_by_events_total{le=\"0\"} 0.0")
                        .satisfies(lines -> assertThat(largest(lines, "tidemark_journal_forces_by_events_total"))
                                .isEqualTo(largest(lines, "tidemark_journal_forces_total"))
                                .isEqualTo(largest(lines, "tidemark_journal_forces_by_waiting_total"))
                                .isPositive())
                        .anyMatch(line -> line.startsWith("tidemark_store_reserve_bytes "))
                        .anyMatch(line -> line.startsWith("tidemark_journal_bytes "));
            }
            assertThat(get(server.ready().get("metrics").replace("/metrics", "/"))
                            .statusCode())
                    .isEqualTo(404);
        }
    }

    /** The largest value of a metric, whatever its labels. */
    private static double largest(List<? extends String> page, String name) {
        return page.stream()
                .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .max()
                .orElseThrow();
    }

    private static HttpResponse<String> get(String uri) throws IOException, InterruptedException {
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(URI.create(uri)).build(), HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void shouldAnswerCommandsThroughTheServerAndWithoutItAlike() throws IOException {
        try (ServerProcess server = ServerProcess.start(store, "--create", "disk=8M")) {
            Outcome made = ServerProcess.run("message", store.toString(), "create s origin=disk");
            assertThat(made.out()).isEqualTo("ok id=2 name=s seq=2\n");
            assertThat(made.status()).isZero();
            Outcome with = ServerProcess.run("list", store.toString(), "--json");
            assertThat(server.terminate()).isZero();
            assertThat(ServerProcess.run("list", store.toString(), "--json")).isEqualTo(with);
        }
        Outcome check = ServerProcess.run("check", store.toString(), "--data");
        assertThat(check.out()).isEqualTo("clean seq=2 used=0 checked_blocks=0\n");
        assertThat(check.err()).as("no progress in a pipe").isEmpty();
        assertThat(Files.exists(store.resolve("nbd.sock"))).isFalse();
    }
}
