package dev.tidemark.engine.space;

/** Takes runs of physical blocks. */
@FunctionalInterface
public interface UsedRunSink {
    /** {@code length} adjacent blocks (1 or more) from {@code start} that are in use. */
    void run(long start, long length);
}
