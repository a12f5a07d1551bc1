package dev.tidemark.engine;

import dev.tidemark.engine.pipeline.OpenConnections;
import dev.tidemark.engine.volume.LiveVolume;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who has which volume open. Any thread. */
final class Attachments implements OpenConnections {
    private static final Logger LOG = LoggerFactory.getLogger(Attachments.class);

    private final Map<Long, List<Open>> open = new HashMap<>();
    /** How often an attachment was closed. */
    private long closings;

    @Override
    public Object gate() {
        return open;
    }

    Volume.Attachment attach(LiveVolume volume, Runnable closeRequested) {
        synchronized (open) {
            if (!volume.alive()) {
                throw new StoreException(StoreException.NO_SUCH_VOLUME, "volume " + volume + " is gone");
            }
            Open attachment = new Open(volume.id(), closeRequested);
            open.computeIfAbsent(volume.id(), id -> new ArrayList<>()).add(attachment);
            return attachment;
        }
    }

    @Override
    public int applyAsInt(long volumeId) {
        synchronized (open) {
            List<Open> clients = open.get(volumeId);
            return clients == null ? 0 : clients.size();
        }
    }

    @Override
    public void requestClose(long volumeId) {
        List<Open> clients;
        synchronized (open) {
            clients = List.copyOf(open.getOrDefault(volumeId, List.of()));
        }
        clients.forEach(Open::requestClose);
    }

    /**
     * Waits until nobody has any of the volumes open, at most until the deadline; an interrupt ends the wait and stays.
     */
    void awaitClosed(List<Long> volumeIds, long deadlineNanos) {
        synchronized (open) {
            while (volumeIds.stream().anyMatch(open::containsKey) && await(deadlineNanos)) {
                // looks again
            }
        }
    }

    /** How often an attachment was closed until now. */
    long closings() {
        synchronized (open) {
            return closings;
        }
    }

    /**
     * Waits until an attachment was closed after {@code closings} had been.
     *
     * @return whether one was; false at the deadline, and at an interrupt, which stays
     */
    boolean awaitClosing(long closingsBefore, long deadlineNanos) {
        synchronized (open) {
            while (closings == closingsBefore) {
                if (!await(deadlineNanos)) {
                    return false;
                }
            }
            return true;
        }
    }

    /** Waits for a change under the monitor; whether it is worth looking again. */
    private boolean await(long deadlineNanos) {
        long leftMs = TimeUnit.NANOSECONDS.toMillis(deadlineNanos - System.nanoTime());
        if (leftMs <= 0) {
            return false;
        }
        try {
            open.wait(leftMs);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private final class Open implements Volume.Attachment {
        private final long volumeId;
        private final Runnable closeRequested;
        private boolean asked;

        private Open(long volumeId, Runnable closeRequested) {
            this.volumeId = volumeId;
            this.closeRequested = closeRequested;
        }

        private void requestClose() {
            synchronized (open) {
                if (asked) {
                    return;
                }
                asked = true;
            }
            try {
                closeRequested.run();
            } catch (RuntimeException e) { // the next one has to be asked as well
                LOG.error("a client of volume #{} failed when it was asked to close it", volumeId, e);
            }
        }

        @Override
        public void close() {
            synchronized (open) {
                List<Open> clients = open.get(volumeId);
                if (clients != null && clients.remove(this)) {
                    if (clients.isEmpty()) {
                        open.remove(volumeId);
                    }
                    closings++;
                    open.notifyAll();
                }
            }
        }
    }
}
