package dev.tidemark.engine.space;

/** Takes the reference counts that are not 0. */
@FunctionalInterface
interface CountSink {
    void count(long physical, long count);
}
