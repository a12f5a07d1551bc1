package dev.tidemark.engine.message;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** Ordered key=value fields of replies. */
final class Fields {
    private Fields() {}

    /** An unmodifiable copy in the same order, with keys checked and values made printable on one line. */
    static Map<String, String> copy(Map<String, String> fields) {
        if (fields.isEmpty()) {
            return Map.of();
        }
        Map<String, String> copy = new LinkedHashMap<>();
        for (Map.Entry<String, String> field : fields.entrySet()) {
            if (!isKey(field.getKey())) {
                throw new IllegalArgumentException("not a key of a reply: " + field.getKey());
            }
            copy.put(field.getKey(), oneLine(field.getValue()));
        }
        return Collections.unmodifiableMap(copy);
    }

    static boolean isKey(String key) {
        return Rules.isName(key);
    }

    /** The text with everything that would break a line, or is no character, replaced by a question mark. */
    static String oneLine(String text) {
        int bad = Rules.unprintable(text, 0);
        if (bad < 0) {
            return text;
        }
        StringBuilder clean = new StringBuilder(text);
        while (bad >= 0) {
            clean.setCharAt(bad, '?');
            bad = Rules.unprintable(clean.toString(), bad + 1);
        }
        return clean.toString();
    }
}
