package dev.tidemark.engine.message;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The one parser of replies: for clients, and for replies that the store keeps. Any thread; keeps nothing. */
public final class ReplyParser {
    private ReplyParser() {}

    /**
     * Reads a reply's lines, with {@code \n} between them and none, or one, at the end.
     *
     * @throws IllegalArgumentException for what is no reply
     */
    public static Reply parse(String text) {
        String[] lines = (text.endsWith("\n") ? text.substring(0, text.length() - 1) : text).split("\n", -1);
        if (lines.length == 1 && isVerdict(lines[0], "error")) {
            return new Reply.Refused(refusal(words(lines[0], 1).values));
        }
        List<Line> answers = new ArrayList<>();
        List<Line> rows = new ArrayList<>();
        for (String line : lines) {
            if (isVerdict(line, "ok")) {
                answers.add(new Line(words(line, 1).values));
            } else {
                rows.add(new Line(words(line, 0).values));
            }
        }
        return new Reply.Ok(answers, rows);
    }

    /** Reads one row of a reply, as {@link Line#toString} prints it. */
    public static Line parseLine(String text) {
        return new Line(words(text, 0).values);
    }

    private static boolean isVerdict(String line, String word) {
        return line.equals(word) || line.startsWith(word + " ");
    }

    private static Words words(String line, int names) {
        Words.Scanner scanner = new Words.Scanner(line);
        Words words = scanner.next();
        if (!scanner.atEnd() || words.names.size() != names) {
            throw new IllegalArgumentException("not a line of a reply: " + Rules.shown(line));
        }
        return words;
    }

    private static Refusal refusal(Map<String, String> values) {
        Map<String, String> details = new LinkedHashMap<>(values);
        ErrorCode code = ErrorCode.of(details.getOrDefault("code", ""));
        String command = details.getOrDefault("command", "0");
        String text = details.get("text");
        long index = Numbers.parse(command);
        if (code == null || text == null || index < 0 || index > Message.MAX_COMMANDS) {
            throw new IllegalArgumentException("an error reply has a code that is known and a text");
        }
        details.keySet().removeAll(List.of("code", "command", "text"));
        return new Refusal(code, (int) index, details, text);
    }
}
