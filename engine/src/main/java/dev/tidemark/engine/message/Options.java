package dev.tidemark.engine.message;

/**
 * What any command of a message may carry besides its own words.
 *
 * @param request makes the whole message idempotent under this id; null for none
 * @param ifSeq the message is refused with {@code changed} once the catalogue has changed after this seq;
 *     {@link #NO_IF} for none
 */
public record Options(String request, long ifSeq) {
    /** No {@code if=}. */
    public static final long NO_IF = -1;
    /** Neither {@code request=} nor {@code if=}. */
    public static final Options NONE = new Options(null, NO_IF);

    /** Throws {@link BadCommandException} for a request id that is empty, too long or not printable. */
    public Options {
        if (request != null) {
            Rules.request(request);
        }
        if (ifSeq < NO_IF) {
            throw new BadCommandException("if= takes a seq, from 0");
        }
    }

    /** Options with a request id only. */
    public static Options request(String request) {
        return new Options(request, NO_IF);
    }
}
