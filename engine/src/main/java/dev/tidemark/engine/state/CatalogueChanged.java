package dev.tidemark.engine.state;

import java.util.List;

/**
 * The effect of one message: all of its commands, in order, all or none.
 *
 * @param actor who sent it, free text
 * @param request what is remembered for the same request sent again; null when the message had no id
 * @param changes in order; empty only with a request
 */
public record CatalogueChanged(long timeMs, String actor, RequestRecord request, List<Change> changes)
        implements Event {
    /** Copies. */
    public CatalogueChanged {
        changes = List.copyOf(changes);
    }

    @Override
    public boolean changesCatalogue() {
        return !changes.isEmpty();
    }
}
