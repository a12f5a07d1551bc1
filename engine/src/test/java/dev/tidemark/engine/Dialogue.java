package dev.tidemark.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Tests that are read by eye: what is said stands after {@code > }, what is answered in the lines below. A line that
 * begins
 * with four spaces goes on with the line before it.
 */
public final class Dialogue {
    private Dialogue() {}

    /** Says every line of the script that begins with {@code > }, and compares the whole conversation. */
    public static void check(String script, UnaryOperator<String> answer) {
        List<String> expected = new ArrayList<>();
        script.lines().forEach(line -> {
            if (line.startsWith("    ")) {
                int last = expected.size() - 1;
                expected.set(last, expected.get(last) + " " + line.strip());
            } else {
                expected.add(line);
            }
        });
        List<String> actual = new ArrayList<>();
        for (String line : expected) {
            if (line.startsWith("> ")) {
                actual.add(line);
                actual.addAll(answer.apply(line.substring(2)).lines().toList());
            }
        }
        assertThat(String.join("\n", actual)).isEqualTo(String.join("\n", expected));
    }
}
