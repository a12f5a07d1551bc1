package dev.tidemark.storage.sim;

import java.io.IOException;

/** The simulated machine has no power any more. Every call ends so from then on. */
public final class PowerCutException extends IOException {
    private static final long serialVersionUID = 1L;

    PowerCutException(String message) {
        super(message);
    }
}
