package dev.tidemark.engine.job;

/** Why there is something to give back. The text is what replies say. */
public enum ReclaimReason {
    /** A volume was deleted. */
    DELETE("delete"),
    /** A volume took a snapshot's content; this is what it held before. */
    MERGE("merge"),
    /** A volume shrank. */
    SHRINK("shrink"),
    /** A large range was discarded or zeroed. */
    DISCARD("discard");

    private final String text;

    ReclaimReason(String text) {
        this.text = text;
    }

    /** The word in replies. */
    public String text() {
        return text;
    }

    @Override
    public String toString() {
        return text;
    }
}
