package dev.tidemark.engine;

import dev.tidemark.engine.pipeline.EventListener;
import dev.tidemark.engine.pipeline.FailStop;
import dev.tidemark.engine.state.CatalogueChanged;
import dev.tidemark.engine.state.Change;
import dev.tidemark.engine.state.Event;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who wants to learn of events and of the store's failure. One that throws harms neither the store nor the others. */
final class Listeners implements EventListener {
    private static final Logger LOG = LoggerFactory.getLogger(Listeners.class);

    private final Attachments attachments;
    private final CopyOnWriteArrayList<Consumer<StoreEvent>> ofEvents = new CopyOnWriteArrayList<>();
    private final CopyOnWriteArrayList<OfFailure> ofFailure = new CopyOnWriteArrayList<>();

    Listeners(Attachments attachments) {
        this.attachments = attachments;
    }

    /** One who wants to know, and whether it was told: it may be added while the store stops. */
    private record OfFailure(Consumer<Throwable> listener, AtomicBoolean told) {
        private void tell(Throwable cause) {
            if (told.compareAndSet(false, true)) {
                try {
                    listener.accept(cause);
                } catch (RuntimeException | Error e) {
                    LOG.error("a listener to the store's failure failed itself", e);
                }
            }
        }
    }

    void add(Consumer<StoreEvent> listener) {
        ofEvents.add(listener);
    }

    /** Adds one that is told at once, here, if the store has failed already. */
    void add(Consumer<Throwable> listener, FailStop failStop) {
        OfFailure once = new OfFailure(listener, new AtomicBoolean());
        ofFailure.add(once);
        if (failStop.failed()) {
            once.tell(failStop.cause());
        }
    }

    void failed(Throwable cause) {
        ofFailure.forEach(listener -> listener.tell(cause));
    }

    @Override
    public void durable(Event event, long seq) {
        if (event instanceof CatalogueChanged changed) {
            sendClientsAway(changed);
        }
        if (ofEvents.isEmpty()) {
            return; // the event's text would be made while its sender waits
        }
        StoreEvent.Kind kind = event instanceof CatalogueChanged
                ? StoreEvent.Kind.CATALOGUE_CHANGED
                : event instanceof Event.SpaceLow ? StoreEvent.Kind.SPACE_LOW : StoreEvent.Kind.JOB_COMPLETED;
        StoreEvent told = new StoreEvent(seq, event.timeMs(), kind, event.toString());
        for (Consumer<StoreEvent> listener : ofEvents) {
            try {
                listener.accept(told);
            } catch (RuntimeException | Error e) {
                LOG.error("a listener failed at seq {}; the store goes on", seq, e);
            }
        }
    }

    /** Whoever still has a volume open that is gone, for it was taken by force, is asked to close it. */
    private void sendClientsAway(CatalogueChanged event) {
        for (Change change : event.changes()) {
            if (change instanceof Change.VolumeDeleted deleted) {
                attachments.requestClose(deleted.volumeId());
            } else if (change instanceof Change.SnapshotMerged merged) {
                attachments.requestClose(merged.snapshotId());
            }
        }
    }
}
