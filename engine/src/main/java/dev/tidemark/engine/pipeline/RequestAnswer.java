package dev.tidemark.engine.pipeline;

/** Who tells the caller that its request has ended. */
@FunctionalInterface
public interface RequestAnswer {
    /**
     * The request has ended; its outcome is in it. Called once for each request, on a thread of the store. Must not
     * block
     * and must not throw. The request may be used again afterwards.
     */
    void answer(Request request);
}
