package dev.tidemark.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two processes, one store (G12). */
class TwoProcessTest {
    private static final long PATIENCE_SECONDS = 60;

    @TempDir
    Path folder;

    /** The other process: opens the store, says so, and keeps it until its input ends. */
    public static final class Holder {
        private Holder() {}

        public static void main(String[] arguments) throws Exception {
            try (Store store = Store.open(StoreConfig.at(Path.of(arguments[0])).build())) {
                store.send("create theirs size=1M");
                System.out.println("open");
                System.out.flush();
                System.in.readAllBytes();
            }
        }
    }

    @Test
    void shouldRefuseTheSecondProcessNamingTheFirst() throws Exception {
        Path path = folder.resolve("store");
        StoreConfig config = StoreConfig.at(path).capacityBytes(16L << 20).build();
        Store.init(config);
        Process holder = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--add-opens",
                        "java.base/jdk.internal.misc=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Holder.class.getName(),
                        path.toString()))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (BufferedReader said =
                new BufferedReader(new InputStreamReader(holder.getInputStream(), StandardCharsets.UTF_8))) {
            assertThat(said.readLine()).isEqualTo("open");
            for (int i = 0; i < 3; i++) { // a refusal must not loosen the other's lock
                assertThatThrownBy(() -> Store.open(config))
                        .isInstanceOfSatisfying(
                                StoreOpenException.class,
                                e -> assertThat(e.kind()).isEqualTo(StoreOpenException.Kind.IN_USE))
                        .hasMessageContaining("in use by process " + holder.pid());
            }
            holder.destroyForcibly();
            assertThat(holder.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
            try (Store store = Store.open(config)) {
                assertThat(store.send("list")).contains("name=theirs"); // what it was told lived through its death
            }
        } finally {
            holder.destroyForcibly();
        }
    }
}
