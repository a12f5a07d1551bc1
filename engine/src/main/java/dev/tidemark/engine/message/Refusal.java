package dev.tidemark.engine.message;

import java.util.Map;

/**
 * A business "no": data, not an exception. Nothing was changed.
 *
 * @param code why
 * @param command which command of the message, from 1; 0 when the message has one command, or is meant as a whole
 * @param details more fields of the reply, in order
 * @param text what is wrong and what to do, for a human; one line
 */
public record Refusal(ErrorCode code, int command, Map<String, String> details, String text) implements Parsed {
    /** Copies the details; their keys are none of code, command and text. */
    public Refusal {
        details = Fields.copy(details);
        if (details.containsKey("code") || details.containsKey("command") || details.containsKey("text")) {
            throw new IllegalArgumentException("a detail has a key of the reply itself: " + details.keySet());
        }
        text = Fields.oneLine(text);
    }

    /** A refusal without details and command. */
    public static Refusal of(ErrorCode code, String text) {
        return new Refusal(code, 0, Map.of(), text);
    }

    /** The same for the command with that number; 0 for a message of one command. */
    public Refusal at(int newCommand) {
        return new Refusal(code, newCommand, details, text);
    }

    /** The reply line. */
    @Override
    public String toString() {
        return Printer.print(this);
    }
}
