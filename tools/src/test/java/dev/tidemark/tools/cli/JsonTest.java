package dev.tidemark.tools.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.engine.message.Line;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("quick")
class JsonTest {
    @Test
    void shouldTellNumbersAndBooleansFromTexts() {
        Line row = Line.of("id", 7, "readonly", true, "kind", "origin", "created_at", "2026-01-02T03:04:05Z");
        assertThat(Json.object(row, "id", "source_id"))
                .isEqualTo("{\"id\": 7, \"source_id\": null, \"readonly\": true, \"kind\": \"origin\", "
                        + "\"created_at\": \"2026-01-02T03:04:05Z\"}");
        assertThat(Json.object(Line.of("row", "option", "name", "in-flight", "value", "12")))
                .isEqualTo("{\"name\": \"in-flight\", \"value\": \"12\"}");
        assertThat(Json.object(Line.of("label.a", "true"))).isEqualTo("{\"label.a\": \"true\"}");
    }

    @Test
    void shouldEscapeWhatWouldBreakAString() {
        assertThat(Json.quote("a\"b\\c\n\t\u0001é😀")).isEqualTo("\"a\\\"b\\\\c\\n\\t\\u0001é\\ud83d\\ude00\"");
        assertThat(Json.texts(Map.of("k", "v"))).isEqualTo("{\"k\": \"v\"}");
    }

    @Test
    void shouldPutEachRowOnALine() {
        assertThat(Json.array(List.of())).isEqualTo("[]");
        assertThat(Json.array(List.of(Line.of("id", 1), Line.of("id", 2)))).isEqualTo("[{\"id\": 1},\n {\"id\": 2}]");
    }
}
