package dev.tidemark.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.storage.DiskStorage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example of the package's documentation, line by line. */
@Tag("quick")
class JournalExampleTest {
    private static final List<String> EXAMPLE = List.of(
            "var storage = new DiskStorage(folder);",
            "var hello = new UnsafeBuffer(\"hello\".getBytes());",
            "try (var journal = Journal.create(storage, JournalConfig.defaults(), UUID.randomUUID(), new byte[0])) {",
            "    journal.append(1, journal.lastSeq() + 1, 1, 0, hello, 0, hello.capacity());",
            "    journal.force();",
            "}",
            "var recovery = Journal.recover(storage, JournalConfig.defaults(), Known.NOTHING);",
            "recovery.replay(0, frame -> System.out.println(frame.firstSeq() + \": \" + frame.payloadLength()));");

    @Test
    void shouldRunAsThePackageSays(@TempDir Path folder) throws Exception {
        var storage = new DiskStorage(folder);
        var hello = new UnsafeBuffer("hello".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        try (var journal = Journal.create(storage, JournalConfig.defaults(), UUID.randomUUID(), new byte[0])) {
            journal.append(1, journal.lastSeq() + 1, 1, 0, hello, 0, hello.capacity());
            journal.force();
        }
        List<String> out = new ArrayList<>();
        var recovery = Journal.recover(storage, JournalConfig.defaults(), Known.NOTHING);
        recovery.replay(0, frame -> out.add(frame.firstSeq() + ": " + frame.payloadLength()));
        assertThat(out).containsExactly("1: 5");
        storage.close();
    }

    @Test
    void shouldBeTheExampleOfThePackage() throws Exception {
        String documentation = Files.readString(Path.of("src/main/java/dev/tidemark/journal/package-info.java"));
        for (String line : EXAMPLE) {
            assertThat(documentation).contains(line);
        }
    }
}
