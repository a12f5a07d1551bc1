package dev.tidemark.engine.recovery;

import java.io.IOException;

/** Told after each frame whose events were applied. */
@FunctionalInterface
public interface ReplayStep {
    /** Nothing to do. */
    ReplayStep NONE = (bytes, total) -> {};

    /** So many bytes of the journal were replayed, of so many. On the state's thread, between events. */
    void frame(long bytes, long total) throws IOException;
}
