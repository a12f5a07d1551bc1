package dev.tidemark.engine.message;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The words of one command or one reply line, before anybody asks what they mean:
 * {@code word *( SP word ) *( SP key "=" value )}.
 */
final class Words {
    /** What stands before the first {@code key=value}, at least one word in a command. */
    final List<String> names = new ArrayList<>();
    /** The values by key, in order. */
    final Map<String, String> values = new LinkedHashMap<>();

    /** Reads the words of a text, from one {@code ;} to the next. */
    static final class Scanner {
        private final String text;
        private int position;

        Scanner(String text) {
            this.text = text;
        }

        /** True when the last {@link #next} ended at a {@code ;}, so that another must follow. */
        boolean atSeparator() {
            return position < text.length() && text.charAt(position) == ';';
        }

        /** Goes past the {@code ;}. */
        void skipSeparator() {
            position++;
        }

        /** True when all was read. */
        boolean atEnd() {
            return position == text.length();
        }

        /** The words up to the next {@code ;} or the end; may be none. Throws {@link BadCommandException}. */
        Words next() {
            Words words = new Words();
            skipSpaces();
            while (!atEnd() && !atSeparator()) {
                word(words);
                if (!atEnd() && !atSeparator() && text.charAt(position) != ' ') {
                    throw bad("after a closing quote comes a space, a ; or the end of the message");
                }
                skipSpaces();
            }
            return words;
        }

        private void word(Words words) {
            int start = position;
            while (!atWordEnd() && text.charAt(position) != '=' && text.charAt(position) != '"') {
                position++;
            }
            String word = text.substring(start, position);
            if (!atEnd() && text.charAt(position) == '"') {
                throw bad("quotes go around the value of KEY=\"…\" only; write names without them");
            }
            if (atWordEnd()) {
                if (!words.values.isEmpty()) {
                    throw new BadCommandException(
                            "the word " + Rules.shown(word) + " stands after a KEY=VALUE: names come "
                                    + "first, and a value with spaces goes in quotes: KEY=\"like this\"");
                }
                words.names.add(word);
                return;
            }
            if (!Fields.isKey(word)) {
                throw new BadCommandException(Rules.shown(word + "=")
                        + " does not begin with a key: write KEY=VALUE with a " + "key of letters, digits, . _ and -");
            }
            position++;
            String value = !atEnd() && text.charAt(position) == '"' ? quoted() : unquoted();
            if (words.values.putIfAbsent(word, value) != null) {
                throw new BadCommandException(word + "= stands twice in one command: give it once");
            }
        }

        private String unquoted() {
            int start = position;
            while (!atWordEnd()) {
                if (text.charAt(position) == '"' || text.charAt(position) == '\\') {
                    throw bad("a value with \" or \\ in it goes in quotes, with \\\" and \\\\ for these two");
                }
                position++;
            }
            return text.substring(start, position);
        }

        private String quoted() {
            int opening = position++;
            StringBuilder value = new StringBuilder();
            while (!atEnd()) {
                char c = text.charAt(position++);
                if (c == '"') {
                    return value.toString();
                }
                if (c == '\\') {
                    if (atEnd() || (text.charAt(position) != '"' && text.charAt(position) != '\\')) {
                        throw bad("inside quotes a \\ stands only before \" or another \\");
                    }
                    c = text.charAt(position++);
                }
                value.append(c);
            }
            position = opening;
            throw bad("the quote is never closed: end the value with \"");
        }

        private void skipSpaces() {
            while (!atEnd() && text.charAt(position) == ' ') {
                position++;
            }
        }

        private boolean atWordEnd() {
            return atEnd() || text.charAt(position) == ' ' || text.charAt(position) == ';';
        }

        private BadCommandException bad(String what) {
            return new BadCommandException(what + " (at position " + (position + 1) + ")");
        }
    }
}
