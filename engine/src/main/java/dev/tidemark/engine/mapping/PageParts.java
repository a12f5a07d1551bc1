package dev.tidemark.engine.mapping;

/** What a freeze works on: the parts of a {@link PageStore}, and the lock that guards them. */
record PageParts(
        Object lock,
        PageCache cache,
        PageDirectory directory,
        PageTable table,
        PageBacking backing,
        FreezeBuffers buffers) {}
