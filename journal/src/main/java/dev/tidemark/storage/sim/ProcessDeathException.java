package dev.tidemark.storage.sim;

import java.io.IOException;

/** The simulated process was killed. Every call ends so from then on. */
public final class ProcessDeathException extends IOException {
    private static final long serialVersionUID = 1L;

    ProcessDeathException(String message) {
        super(message);
    }
}
