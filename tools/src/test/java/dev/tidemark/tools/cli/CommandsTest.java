package dev.tidemark.tools.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.engine.Store;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The commands on a store that nobody serves, in this process: text in, text out. */
@Tag("quick")
class CommandsTest {
    private static final List<String> COMMANDS =
            List.of("init", "serve", "message", "list", "status", "jobs", "check", "generate-completion");

    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void shouldMakeAStoreAndTellWhatIsInIt() {
        String store = folder.resolve("store").toString();
        assertThat(run("init", store, "--capacity", "1G", "-o", "force-interval=500"))
                .isZero();
        assertThat(text(err)).startsWith("made " + store + "; next: tidemark message ");
        assertThat(run("message", store, "create disk size=1536M; label disk owner=\"the \\\"boss\\\"\""))
                .isZero();
        assertThat(text(out)).isEqualTo("ok id=1 name=disk seq=1\nok id=1 seq=1\n");
        assertThat(run("message", store, "create s origin=disk readonly=true")).isZero();
        assertThat(text(out)).isEqualTo("ok id=2 name=s seq=2\n");

        assertThat(run("list", store)).isZero();
        assertThat(text(out).replaceAll(" \\S+Z ", " TIME ").replaceAll(" +", " "))
                .isEqualTo("""
                        ID NAME KIND SIZE READONLY SOURCE_ID ORIGIN_ID CREATED_AT MAPPED_BYTES
                        1 disk origin 1536M false - - TIME 0
                        2 s snapshot 1536M true 1 1 TIME 0
                        """);
        assertThat(run("list", store, "--json")).isZero();
        assertThat(text(out).replaceAll("\"[^\"]+Z\"", "TIME")).isEqualTo("""
                        [{"id": 1, "name": "disk", "kind": "origin", "size": 1610612736, "readonly": false, \
                        "source_id": null, "origin_id": null, "created_seq": 1, "created_at": TIME, "mapped_bytes": 0},
                         {"id": 2, "name": "s", "kind": "snapshot", "size": 1610612736, "readonly": true, \
                        "source_id": 1, "origin_id": 1, "created_seq": 2, "created_at": TIME, "mapped_bytes": 0}]
                        """);
        assertThat(run("jobs", store, "--json")).isZero();
        assertThat(text(out)).isEqualTo("[]\n");
        assertThat(run("status", store)).isZero();
        assertThat(text(out).replaceAll(" +", " "))
                .contains("seq 2\n", "durable_seq 2\n", "volumes 2\n", "option force-interval 500\n");
        assertThat(run("status", store, "disk", "--json")).isZero();
        assertThat(text(out)).contains("\"label.owner\": \"the \\\"boss\\\"\"", "\"jobs\": []}");
        assertThat(run("check", store, "--data")).isZero();
        assertThat(text(out)).isEqualTo("clean seq=2 used=0 checked_blocks=0\n");
        assertThat(text(err)).isEmpty();
    }

    @Test
    void shouldAnswerAQueryAboutNothingWithTheStoresOwnError() {
        String store = folder.resolve("store").toString();
        assertThat(run("init", store)).isZero();
        assertThat(run("status", store, "nobody")).isEqualTo(ExitCode.REFUSED.number());
        assertThat(text(out)).startsWith("error code=no-such-volume ");
    }

    @Test
    void shouldCheckTheMetadataAndMakeItAnew() throws IOException {
        Path path = folder.resolve("store");
        String store = path.toString();
        assertThat(run("init", store, "-o", "retention=all")).isZero();
        assertThat(run("message", store, "create disk size=1G")).isZero();
        assertThat(run("message", store, "create s origin=disk")).isZero();
        text(out);
        text(err);
        assertThat(run("check", store, "--replay", "--data")).isZero();
        assertThat(text(out)).isEqualTo("clean seq=2 used=0 checked_blocks=0 replayed_seq=2\n");

        Files.delete(path.resolve("metadata.data"));
        Files.write(path.resolve("superblock"), new byte[8192]);
        assertThat(run("check", store)).isEqualTo(ExitCode.DAMAGED.number());
        assertThat(text(err)).contains("both copies of the superblock are damaged", "check --rebuild");
        assertThat(run("check", store, "--rebuild", "--replay")).isZero();
        assertThat(text(out))
                .startsWith("rebuilt seq=2 used=0\noptions are the defaults again")
                .endsWith("\nclean seq=2 used=0 replayed_seq=2\n");
        assertThat(run("list", store)).isZero();
        assertThat(text(out)).contains("disk", "snapshot");
        assertThat(text(err)).isEmpty();
    }

    /** As beside a server that is still starting, or another message. */
    @Test
    void shouldWaitALittleForAStoreThatIsInUse() throws Exception {
        Path path = folder.resolve("store");
        assertThat(run("init", path.toString())).isZero();
        CompletableFuture<Integer> message;
        try (Store other = Store.open(StoreAccess.config(path))) {
            message = CompletableFuture.supplyAsync(() -> run("message", path.toString(), "create disk size=1G"));
            Awaitility.await()
                    .during(Duration.ofMillis(200))
                    .atMost(Duration.ofSeconds(1))
                    .until(() -> !message.isDone());
            assertThat(other.volumes()).isEmpty();
        }
        assertThat(message.get(1, TimeUnit.MINUTES)).isZero();
        assertThat(text(out)).isEqualTo("ok id=1 name=disk seq=1\n");
    }

    @Test
    void shouldHelpWithEveryCommandAndGiveAnExample() {
        assertThat(run("--help")).isZero();
        assertThat(text(out)).contains(COMMANDS);
        for (String command : COMMANDS) {
            assertThat(run(command, "--help")).as(command).isZero();
            assertThat(text(out))
                    .as(command)
                    .contains("Usage: tidemark " + command, "Example", "tidemark " + command)
                    .contains(footer(command));
        }
    }

    /** The lines of the examples, which must stand in the help as they were written: they are there to be copied. */
    private static List<String> footer(String command) {
        CommandLine root = new CommandLine(new Main());
        new Commands().addTo(root, "--help");
        return List.of(root.getSubcommands()
                .get(command)
                .getCommandSpec()
                .usageMessage()
                .footer());
    }

    @Test
    void shouldAnswerAQueryThatIsNoVolumeWithTheParsersOwnError() {
        String store = folder.resolve("store").toString();
        assertThat(run("init", store)).isZero();
        text(err);
        assertThat(run("status", store, "disk; list")).isEqualTo(ExitCode.REFUSED.number());
        assertThat(text(out)).startsWith("error code=bad-message command=1 text=\"status, list and jobs stand alone");
        assertThat(run("status", store, "two words")).isEqualTo(ExitCode.REFUSED.number());
        assertThat(text(out)).startsWith("error code=bad-message text=\"status takes one name, not 2");
        assertThat(text(err)).isEmpty();
    }

    @Test
    void shouldSayWhichArgumentIsWrongAndDoNothing() {
        String store = folder.resolve("store").toString();
        String size = ": must be a multiple of 512 bytes, from 512 bytes to 256T";
        assertUsage("capacity=0" + size, "init", store, "--capacity", "0");
        assertUsage("capacity=1000" + size, "init", store, "--capacity", "1000");
        assertUsage("capacity=512T" + size, "init", store, "--capacity", "512T");
        assertUsage("low-space=5,10: must be at most 8 descending percents", "init", store, "-o", "low-space=5,10");
        assertUsage("Value for option '-o' (KEY=VALUE) should be", "init", store, "-o", "colour");
        assertUsage("STORE is empty", "init", "");
        assertUsage("STORE is empty", "list", "");
        assertUsage("--create d=0" + size, "serve", store, "--create", "d=0");
        assertUsage("--create d: give a name and a size", "serve", store, "--create", "d");
        assertUsage("--create 1d=1M: the name '1d' must begin with", "serve", store, "--create", "1d=1M");
        assertUsage("--create =1M: a volume's name is missing", "serve", store, "--create", "=1M");
        assertUsage("--create d is there twice", "serve", store, "--create", "d=1M", "--create", "d=2M");
        assertThat(folder).isEmptyDirectory();
    }

    private void assertUsage(String expected, String... args) {
        assertThat(run(args)).as(expected).isEqualTo(ExitCode.USAGE.number());
        assertThat(text(err)).startsWith("tidemark: " + expected).hasLineCount(1);
        assertThat(text(out)).isEmpty();
    }

    @Test
    void shouldWriteACompletionThatKnowsAllCommands() {
        assertThat(run("generate-completion")).isZero();
        assertThat(text(out)).contains("complete -F", "--capacity", "--metrics").contains(COMMANDS);
    }

    private int run(String... args) {
        return Main.run(new Commands(), new PrintWriter(out, true), new PrintWriter(err, true), args);
    }

    /** What was written since the last time. */
    private static String text(StringWriter writer) {
        String text = writer.toString();
        writer.getBuffer().setLength(0);
        return text;
    }
}
