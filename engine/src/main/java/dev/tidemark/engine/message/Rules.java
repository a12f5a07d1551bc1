package dev.tidemark.engine.message;

import java.util.Map;
import java.util.TreeMap;

/** The rules for single values: names, label keys, text values, request ids. All throw {@link BadCommandException}. */
public final class Rules {
    /** The longest name of a volume, in characters. */
    public static final int MAX_NAME_CHARS = 128;
    /** The longest request id, in characters: ids are kept in memory for as long as the window reaches. */
    public static final int MAX_REQUEST_CHARS = 128;
    /** The longest label key, in characters. */
    public static final int MAX_LABEL_KEY_CHARS = 64;
    /** The longest label value, in characters. */
    public static final int MAX_LABEL_VALUE_CHARS = 1024;
    /** The most labels of one volume: they are kept in memory, for 100,000 volumes too. */
    public static final int MAX_LABELS = 64;

    private static final int SHOWN_CHARS = 40;

    private Rules() {}

    /** Checks a volume's name; gives it back. */
    static String name(String name) {
        if (name == null || name.isEmpty()) {
            throw new BadCommandException("a volume's name is missing: write 1 to 128 letters, digits, . _ or -");
        }
        if (name.length() > MAX_NAME_CHARS) {
            throw new BadCommandException("the name has " + name.length() + " characters: at most " + MAX_NAME_CHARS);
        }
        if (!isLetter(name.charAt(0))) {
            throw new BadCommandException("the name " + shown(name) + " must begin with a letter (a-z, A-Z)");
        }
        for (int i = 1; i < name.length(); i++) {
            if (!isNameCharacter(name.charAt(i))) {
                throw new BadCommandException("the name " + shown(name) + " has a character that names can't have at "
                        + "position " + (i + 1) + ": use letters, digits, . _ and -");
            }
        }
        return name;
    }

    /** True for a text that could be a volume's name. */
    public static boolean isName(String text) {
        if (text.isEmpty() || text.length() > MAX_NAME_CHARS || !isLetter(text.charAt(0))) {
            return false;
        }
        for (int i = 1; i < text.length(); i++) {
            if (!isNameCharacter(text.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    static String request(String request) {
        if (request.isEmpty() || request.length() > MAX_REQUEST_CHARS) {
            throw new BadCommandException("request= takes 1 to " + MAX_REQUEST_CHARS + " characters");
        }
        return printable("request=", request);
    }

    /** Checks labels and sorts them by key. An empty value stands for removal. */
    static Map<String, String> labels(Map<String, String> labels) {
        if (labels.isEmpty()) {
            throw new BadCommandException("label needs at least one KEY=VALUE (an empty value removes the label)");
        }
        if (labels.size() > MAX_LABELS) {
            throw new BadCommandException("a volume has at most " + MAX_LABELS + " labels");
        }
        for (Map.Entry<String, String> label : labels.entrySet()) {
            labelKey(label.getKey());
            if (label.getValue().length() > MAX_LABEL_VALUE_CHARS) {
                throw new BadCommandException("the label " + shown(label.getKey()) + " has a value of "
                        + label.getValue().length() + " characters: at most " + MAX_LABEL_VALUE_CHARS);
            }
            printable(label.getKey() + "=", label.getValue());
        }
        return java.util.Collections.unmodifiableMap(new TreeMap<>(labels));
    }

    private static void labelKey(String key) {
        if (key.length() > MAX_LABEL_KEY_CHARS || !isName(key)) {
            throw new BadCommandException("the label key " + shown(key) + " must begin with a letter and have at most "
                    + MAX_LABEL_KEY_CHARS + " letters, digits, . _ and -");
        }
        if (key.equals("request") || key.equals("if")) {
            throw new BadCommandException("the label key " + key + " is taken by the grammar: use another key");
        }
    }

    /** Checks that a text can be printed on one line of UTF-8. */
    static String printable(String what, String text) {
        int bad = unprintable(text, 0);
        if (bad >= 0) {
            throw new BadCommandException(what + " has the character U+" + hex(text.charAt(bad)) + " at position "
                    + (bad + 1) + ": control characters and half surrogates are not allowed");
        }
        return text;
    }

    /** The index of the first control character or half surrogate at or after {@code from}, or -1. */
    static int unprintable(String text, int from) {
        for (int i = from; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isISOControl(c) || Character.isLowSurrogate(c)) {
                return i;
            }
            if (Character.isHighSurrogate(c)) {
                if (i + 1 == text.length() || !Character.isLowSurrogate(text.charAt(i + 1))) {
                    return i;
                }
                i++;
            }
        }
        return -1;
    }

    static String hex(char c) {
        return String.format(java.util.Locale.ROOT, "%04X", (int) c);
    }

    /** What a user wrote, short enough for an error text, in one pair of apostrophes. */
    static String shown(String text) {
        int end = text.length();
        if (end > SHOWN_CHARS) {
            end = Character.isHighSurrogate(text.charAt(SHOWN_CHARS - 1)) ? SHOWN_CHARS - 1 : SHOWN_CHARS;
        }
        return "'" + text.substring(0, end) + (end < text.length() ? "…" : "") + "'";
    }

    private static boolean isLetter(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }

    private static boolean isNameCharacter(char c) {
        return isLetter(c) || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    }
}
