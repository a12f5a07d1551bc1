package dev.tidemark.tools.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads JSON (RFC 8259) into maps, lists, strings, doubles, booleans and null: what other programs report of
 * themselves. Text before the first brace, such as a program's warnings, is passed over.
 */
final class JsonText {
    /** Nobody's report is deeper; a bound keeps broken text from ending the stack. */
    private static final int MAX_DEPTH = 64;

    private final String text;
    private int at;

    private JsonText(String text) {
        this.text = text;
        at = Math.max(0, text.indexOf('{'));
    }

    /**
     * Reads the first object of a text.
     *
     * @throws IllegalArgumentException for what is no JSON
     */
    static Map<?, ?> object(String text) {
        if (new JsonText(text).value(0) instanceof Map<?, ?> object) {
            return object;
        }
        throw new IllegalArgumentException("no JSON object: " + text);
    }

    private Object value(int depth) {
        check(depth < MAX_DEPTH, "is too deep");
        return switch (peek()) {
            case '{' -> members(depth);
            case '[' -> elements(depth);
            case '"' -> string();
            case 't' -> word("true", true);
            case 'f' -> word("false", false);
            case 'n' -> word("null", null);
            default -> number();
        };
    }

    private Map<String, Object> members(int depth) {
        Map<String, Object> members = new LinkedHashMap<>();
        at++;
        if (peek() == '}') {
            at++;
            return members;
        }
        do {
            check(peek() == '"', "has no name");
            String name = string();
            check(peek() == ':', "has no value");
            at++;
            members.put(name, value(depth + 1));
        } while (goesOn('}'));
        return members;
    }

    private List<Object> elements(int depth) {
        List<Object> elements = new ArrayList<>();
        at++;
        if (peek() == ']') {
            at++;
            return elements;
        }
        do {
            elements.add(value(depth + 1));
        } while (goesOn(']'));
        return elements;
    }

    private boolean goesOn(char end) {
        char next = peek();
        check(next == ',' || next == end, "has no end");
        at++;
        return next == ',';
    }

    private String string() {
        StringBuilder string = new StringBuilder();
        at++;
        while (true) {
            char next = next();
            if (next == '"') {
                return string.toString();
            }
            string.append(next == '\\' ? escaped() : next);
        }
    }

    private char escaped() {
        char kind = next();
        return switch (kind) {
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> {
                check(at + 4 <= text.length(), "ends in the middle");
                at += 4;
                yield (char) Integer.parseInt(text.substring(at - 4, at), 16);
            }
            default -> kind;
        };
    }

    private Object word(String word, Object value) {
        check(text.startsWith(word, at), "is no value");
        at += word.length();
        return value;
    }

    private Double number() {
        int start = at;
        while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        check(at > start, "is no value");
        return Double.valueOf(text.substring(start, at));
    }

    private char peek() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        check(at < text.length(), "ends in the middle");
        return text.charAt(at);
    }

    private char next() {
        check(at < text.length(), "ends in the middle");
        return text.charAt(at++);
    }

    private void check(boolean well, String what) {
        if (!well) {
            int from = Math.max(0, Math.min(at, text.length()) - 20);
            String near = text.substring(from, Math.min(text.length(), from + 40));
            throw new IllegalArgumentException("JSON that " + what + " at " + at + ", near '" + near + "'");
        }
    }
}
