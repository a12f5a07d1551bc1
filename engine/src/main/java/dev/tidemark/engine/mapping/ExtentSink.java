package dev.tidemark.engine.mapping;

/** Takes the extents of a range in order. */
@FunctionalInterface
public interface ExtentSink {
    /**
     * One extent: {@code count} blocks from {@code first}, all mapped or all unmapped. Neighbours differ in that.
     *
     * @return whether to go on
     */
    boolean extent(long first, long count, boolean mapped);
}
