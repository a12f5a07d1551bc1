package dev.tidemark.engine.read;

import java.io.IOException;

/** The volume was deleted or merged away before the read began. */
public final class VolumeGoneException extends IOException {
    private static final long serialVersionUID = 1L;

    VolumeGoneException(String message) {
        super(message);
    }
}
