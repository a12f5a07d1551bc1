package dev.tidemark.engine.pipeline;

import dev.tidemark.engine.state.Event;

/** Learns of events that are durable, on the JOURNAL thread; must not block. */
@FunctionalInterface
public interface EventListener {
    /** The event with that seq is durable. Called in order, once for each event but I/O and steps of jobs. */
    void durable(Event event, long seq);
}
