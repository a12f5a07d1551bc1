package dev.tidemark.engine;

import dev.tidemark.engine.volume.LiveVolume;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Who has which volume open. Any thread. */
final class Attachments {
    private final Map<Long, List<Open>> open = new HashMap<>();

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

    /** How many clients have the volume open. */
    int count(long volumeId) {
        synchronized (open) {
            List<Open> clients = open.get(volumeId);
            return clients == null ? 0 : clients.size();
        }
    }

    /** Asks all clients of a volume to close it. */
    void requestClose(long volumeId) {
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
            while (volumeIds.stream().anyMatch(open::containsKey)) {
                long leftMs = TimeUnit.NANOSECONDS.toMillis(deadlineNanos - System.nanoTime());
                if (leftMs <= 0) {
                    return;
                }
                try {
                    open.wait(leftMs);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return;
                }
            }
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
            closeRequested.run();
        }

        @Override
        public void close() {
            synchronized (open) {
                List<Open> clients = open.get(volumeId);
                if (clients != null && clients.remove(this) && clients.isEmpty()) {
                    open.remove(volumeId);
                    open.notifyAll();
                }
            }
        }
    }
}
