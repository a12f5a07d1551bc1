package dev.tidemark.engine.state;

import dev.tidemark.engine.message.ErrorCode;
import dev.tidemark.engine.message.Refusal;
import java.util.LinkedHashMap;
import java.util.Map;

/** The way out of the middle of a decision; never leaves {@link Decider}. Cheap: it has no stack. */
final class RefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Refusal refusal;

    /** With details as alternating keys and values. */
    RefusedException(ErrorCode code, String text, Object... details) {
        super(text, null, false, false);
        Map<String, String> fields = new LinkedHashMap<>();
        for (int i = 0; i < details.length; i += 2) {
            fields.put((String) details[i], details[i + 1].toString());
        }
        refusal = new Refusal(code, 0, fields, text);
    }

    Refusal refusal() {
        return refusal;
    }
}
