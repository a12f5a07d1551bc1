package dev.tidemark.tools.serve;

/** The store is fine, but what it was to be served with can't be: a volume of another size, an error reply. */
public final class ServeRefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Makes one with a line that says what is wrong and what to do. */
    public ServeRefusedException(String message) {
        super(message);
    }
}
