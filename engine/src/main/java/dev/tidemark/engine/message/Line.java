package dev.tidemark.engine.message;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One line of a reply: ordered fields. What does not apply is not there.
 *
 * @param fields in order; keys begin with a letter and have at most 128 letters, digits, {@code .}, {@code _}, {@code
 * -}
 */
public record Line(Map<String, String> fields) {
    /** Copies the fields. */
    public Line {
        fields = Fields.copy(fields);
    }

    /** Fields from alternating keys and values; a null value leaves its field out. */
    public static Line of(Object... keysAndValues) {
        Map<String, String> fields = new LinkedHashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            if (keysAndValues[i + 1] != null) {
                fields.put((String) keysAndValues[i], keysAndValues[i + 1].toString());
            }
        }
        return new Line(fields);
    }

    /** The field's value, or null. */
    public String get(String key) {
        return fields.get(key);
    }

    /** The field's value as a number. Throws when it is missing or no number. */
    public long number(String key) {
        return Long.parseLong(fields.get(key));
    }

    /** The line without a leading {@code ok}. */
    @Override
    public String toString() {
        return Printer.print(this);
    }
}
