package dev.tidemark.engine;

import java.util.Objects;

/**
 * A request that the store could not serve. Its code is one of the few kebab-case codes of the message grammar, so that
 * a caller can tell a full store from a read-only volume without reading the text.
 *
 * <p>Instances may be shared between requests and threads; nothing about them changes after they were made.
 */
public class StoreException extends RuntimeException {
    /** The store has no room for what was asked. */
    public static final String OUT_OF_SPACE = "out-of-space";

    /** The volume, or the whole store, takes no writes. */
    public static final String READ_ONLY = "read-only";

    /** The volume is gone. */
    public static final String NO_SUCH_VOLUME = "no-such-volume";

    /** The range lies outside the volume, or is longer than a request may be. */
    public static final String BAD_SIZE = "bad-size";

    /** Anything else: an I/O error, a checksum that does not match, a store that has stopped or was closed. */
    public static final String FAILED = "failed";

    private static final long serialVersionUID = 1L;

    private final String code;

    /** Makes a failure of the given code. */
    public StoreException(String code, String message) {
        this(code, message, null);
    }

    /** Makes a failure of the given code, with the failure that led to it (or null). */
    public StoreException(String code, String message, Throwable cause) {
        super(message, cause);
        this.code = Objects.requireNonNull(code, "code");
    }

    /** Returns the code, as the message grammar writes it; never null. */
    public final String code() {
        return code;
    }
}
