package dev.tidemark.engine.message;

/**
 * Every error code that a reply can carry: the one place where they are listed. The text form is part of the grammar
 * and
 * never changes.
 */
public enum ErrorCode {
    /** The message breaks the grammar, or contradicts itself: no state of the store could make it right. */
    BAD_MESSAGE("bad-message"),
    /** A volume that the message names does not exist (any more), or the default target of a merge is gone. */
    NO_SUCH_VOLUME("no-such-volume"),
    /** Another volume has that name. */
    NAME_TAKEN("name-taken"),
    /** The volume exists, but is not of the kind, or not of the family, that the verb is for. */
    WRONG_KIND("wrong-kind"),
    /**
     * A size or a range that can't be: too small, too large, not a multiple, smaller without leave, outside the volume.
     */
    BAD_SIZE("bad-size"),
    /** Clients have the volume open. */
    BUSY("busy"),
    /** The exception store, the journal or the metadata has no room for it. */
    OUT_OF_SPACE("out-of-space"),
    /** The volume is read-only. */
    READ_ONLY("read-only"),
    /** A wanted table leaves open what is meant. */
    AMBIGUOUS("ambiguous"),
    /** The state has moved past the seq that {@code if=} names. */
    CHANGED("changed"),
    /** The store failed: what became of the request is unknown until the next open. */
    FAILED("failed");

    private static final ErrorCode[] ALL = values();

    private final String text;

    ErrorCode(String text) {
        this.text = text;
    }

    /** The kebab-case form that replies carry. */
    public String text() {
        return text;
    }

    /** The code with that text, or null. */
    public static ErrorCode of(String text) {
        for (ErrorCode code : ALL) {
            if (code.text.equals(text)) {
                return code;
            }
        }
        return null;
    }

    @Override
    public String toString() {
        return text;
    }
}
