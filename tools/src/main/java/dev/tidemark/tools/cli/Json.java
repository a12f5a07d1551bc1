package dev.tidemark.tools.cli;

import dev.tidemark.engine.message.Line;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;

/**
 * Rows of replies as JSON (RFC 8259). Numbers and booleans are told from texts by their form, but for texts of users.
 */
final class Json {
    /** Fields that users write: whatever they look like, they are texts. */
    private static final Set<String> TEXTS = Set.of("name", "value", "text");
    /** No figure of the store has more digits. */
    private static final String NUMBER = "-?[0-9]{1,18}";

    private Json() {}

    /** An array of objects, one row a line. */
    static String array(List<Line> rows, String... leadingKeys) {
        StringJoiner objects = new StringJoiner(",\n ", "[", "]");
        rows.forEach(row -> objects.add(object(row, leadingKeys)));
        return objects.toString();
    }

    /** An object: the keys that are always there, null where the row lacks them, then the row's others. */
    static String object(Line row, String... leadingKeys) {
        StringJoiner members = new StringJoiner(", ", "{", "}");
        List<String> leading = List.of(leadingKeys);
        leading.forEach(key -> members.add(member(key, row.get(key))));
        row.fields().forEach((key, value) -> {
            if (!leading.contains(key) && !key.equals("row")) {
                members.add(member(key, value));
            }
        });
        return members.toString();
    }

    /** An object of texts. */
    static String texts(Map<String, String> values) {
        List<String> members = new ArrayList<>();
        values.forEach((key, value) -> members.add(quote(key) + ": " + quote(value)));
        return "{" + String.join(", ", members) + "}";
    }

    private static String member(String key, String value) {
        return quote(key) + ": " + value(key, value);
    }

    private static String value(String key, String value) {
        if (value == null) {
            return "null";
        }
        boolean text = TEXTS.contains(key) || key.startsWith("label.");
        boolean plain = value.matches(NUMBER) || value.equals("true") || value.equals("false");
        return plain && !text ? value : quote(value);
    }

    static String quote(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\t' -> out.append("\\t");
                default -> {
                    if (c < ' ' || Character.isSurrogate(c)) {
                        out.append(String.format("\\u%04x", (int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        return out.append('"').toString();
    }
}
