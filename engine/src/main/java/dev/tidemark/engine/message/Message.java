package dev.tidemark.engine.message;

import java.util.List;

/**
 * One or more commands that become one atomic event: all or none. Immutable; any thread.
 *
 * @param commands in order, at least one; a query only alone
 */
public record Message(List<Command> commands) implements Parsed {
    /** The most commands of one message; a text of 64 KiB could hold no more than this anyway. */
    public static final int MAX_COMMANDS = 8192;

    /**
     * The longest canonical form, in bytes of UTF-8: what the longest text can become, as an empty value gets quotes.
     * With {@link #MAX_COMMANDS} it keeps the event of a message, its replies included, below 1 MiB.
     */
    public static final int MAX_CANONICAL_BYTES = 2 * MessageParser.MAX_MESSAGE_BYTES;

    /** Throws {@link BadCommandException}. */
    public Message {
        commands = List.copyOf(commands);
        if (commands.isEmpty()) {
            throw new BadCommandException("the message is empty: write a command, such as list");
        }
        if (commands.size() > MAX_COMMANDS) {
            throw new BadCommandException("the message has " + commands.size() + " commands: at most " + MAX_COMMANDS);
        }
        checkLength(commands);
        String request = null;
        for (int i = 0; i < commands.size(); i++) {
            Command command = commands.get(i);
            request = checkRequest(request, command, i + 1);
            if (command.isQuery() && commands.size() > 1) {
                throw new BadCommandException(
                        ErrorCode.BAD_MESSAGE,
                        i + 1,
                        "status, list and jobs stand alone in a message: send it by itself");
            }
        }
    }

    private static void checkLength(List<Command> commands) {
        if (Printer.utf8Bytes(Printer.print(commands)) > MAX_CANONICAL_BYTES) {
            throw new BadCommandException("the message is longer than 128 KiB: send it in parts");
        }
    }

    private static String checkRequest(String earlier, Command command, int index) {
        String request = command.options().request();
        if (request == null) {
            return earlier;
        }
        if (command.isQuery()) {
            throw new BadCommandException(
                    ErrorCode.BAD_MESSAGE,
                    index,
                    "request= is for messages that change the store: status, list and jobs can be sent again anyway");
        }
        if (earlier != null && !earlier.equals(request)) {
            throw new BadCommandException(
                    ErrorCode.BAD_MESSAGE,
                    index,
                    "a message has one request= for all its commands, not both " + Rules.shown(earlier) + " and "
                            + Rules.shown(request));
        }
        return request;
    }

    /** A message of these commands. */
    public static Message of(Command... commands) {
        return new Message(List.of(commands));
    }

    /** The request id that any of its commands carries, or null. */
    public String request() {
        for (Command command : commands) {
            if (command.options().request() != null) {
                return command.options().request();
            }
        }
        return null;
    }

    /** The one command that reads the state, or null when this is no query. */
    public Command query() {
        return commands.get(0).isQuery() ? commands.get(0) : null;
    }

    /** The text in its one canonical form. */
    @Override
    public String toString() {
        return Printer.print(commands);
    }
}
