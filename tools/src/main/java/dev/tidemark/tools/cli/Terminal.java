package dev.tidemark.tools.cli;

/** Whether somebody watches standard error: only then is progress shown. */
final class Terminal {
    /** The launcher looks, for Java does not tell one stream from another. */
    private static final String PROPERTY = "tidemark.terminal";

    private Terminal() {}

    static boolean isThere() {
        return Boolean.getBoolean(PROPERTY);
    }
}
