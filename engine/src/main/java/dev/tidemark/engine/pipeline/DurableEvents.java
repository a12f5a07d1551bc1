package dev.tidemark.engine.pipeline;

import dev.tidemark.engine.state.CatalogueChanged;
import dev.tidemark.engine.state.Event;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Events on their way to the listener: PLACE notes them, JOURNAL tells them once they are durable (G1). Bounded by what
 * may wait for a force.
 */
final class DurableEvents {
    private static final Logger LOG = LoggerFactory.getLogger(DurableEvents.class);

    private record Noted(Event event, long seq) {}

    private final ConcurrentLinkedQueue<Noted> noted = new ConcurrentLinkedQueue<>();
    private final EventListener listener;

    DurableEvents(EventListener listener) {
        this.listener = listener;
    }

    /** PLACE: the event was applied. */
    void note(Event event, long seq) {
        if (event instanceof CatalogueChanged
                || event instanceof Event.JobCompleted
                || event instanceof Event.SpaceLow) {
            noted.add(new Noted(event, seq));
        }
    }

    /** JOURNAL: everything up to that seq is durable. */
    void tell(long durableSeq) {
        for (Noted next = noted.peek(); next != null && next.seq() <= durableSeq; next = noted.peek()) {
            noted.poll();
            try {
                listener.durable(next.event(), next.seq());
            } catch (RuntimeException | Error e) { // what is durable is no failure of the store's
                LOG.error("a listener failed at seq {}; the store goes on", next.seq(), e);
            }
        }
    }
}
