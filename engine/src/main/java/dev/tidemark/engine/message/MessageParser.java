package dev.tidemark.engine.message;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The one parser of messages. Any thread; keeps nothing.
 *
 * <pre>
 * message = command *( ";" command )
 * command = verb *( SP name ) *( SP key "=" value )      spaces may be repeated; values with spaces, ; " or \ are
 * quoted
 * value   = *unquoted | DQUOTE *( character | \" | \\ ) DQUOTE
 * </pre>
 *
 * Control characters are refused everywhere; a message is one line.
 */
public final class MessageParser {
    /** The longest message, in bytes of UTF-8. */
    public static final int MAX_MESSAGE_BYTES = 64 << 10;

    private MessageParser() {}

    /**
     * The message, or the {@code bad-message} or {@code bad-size} that says what is wrong and what to do. Never throws.
     */
    public static Parsed parse(String text) {
        String trouble = unreadable(text);
        if (trouble != null) {
            return Refusal.of(ErrorCode.BAD_MESSAGE, trouble);
        }
        List<Command> commands = new ArrayList<>();
        boolean single = text.indexOf(';') < 0;
        try {
            Words.Scanner scanner = new Words.Scanner(text);
            commands.add(Verbs.command(scanner.next()));
            while (scanner.atSeparator()) {
                scanner.skipSeparator();
                commands.add(Verbs.command(scanner.next()));
            }
        } catch (BadCommandException e) {
            return new Refusal(e.code(), single ? 0 : commands.size() + 1, Map.of(), e.getMessage());
        }
        try {
            return new Message(commands);
        } catch (BadCommandException e) {
            return new Refusal(e.code(), commands.size() > 1 ? e.commandIndex() : 0, Map.of(), e.getMessage());
        }
    }

    private static String unreadable(String text) {
        // A char is at least one byte, so that the exact count is only made for texts that may fit.
        if (text.length() > MAX_MESSAGE_BYTES || Printer.utf8Bytes(text) > MAX_MESSAGE_BYTES) {
            return "the message is longer than 64 KiB: send it in parts";
        }
        int bad = Rules.unprintable(text, 0);
        if (bad >= 0) {
            return "the message has the character U+" + Rules.hex(text.charAt(bad)) + " at position " + (bad + 1)
                    + ": it is one line of text, with spaces between its words and without control characters";
        }
        return null;
    }
}
