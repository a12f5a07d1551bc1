package dev.tidemark.engine.pipeline;

import java.util.function.LongToIntFunction;

/** How many clients have the volume with a given id open. Any thread. */
public interface OpenConnections extends LongToIntFunction {
    /** Whoever holds this object's monitor keeps clients from coming and going: for a moment only. */
    Object gate();

    /** Asks all clients of a volume to close it, each once. Not under the gate: what they do then is their own. */
    void requestClose(long volumeId);
}
