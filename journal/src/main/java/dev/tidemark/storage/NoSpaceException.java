package dev.tidemark.storage;

import java.io.IOException;

/** The device has no room left for a write, a new file or a preallocation. */
public final class NoSpaceException extends IOException {
    private static final long serialVersionUID = 1L;

    public NoSpaceException(String message) {
        super(message);
    }

    public NoSpaceException(String message, Throwable cause) {
        super(message, cause);
    }
}
