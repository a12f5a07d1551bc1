package dev.tidemark.engine.history;

import dev.tidemark.engine.Volume;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Clients that have volumes open: those that go when they are asked to, and stubborn ones. */
final class Clients {
    private final List<Client> all = new ArrayList<>();

    private final class Client {
        private final long volume;
        private final boolean stubborn;
        private Volume.Attachment attachment;

        private Client(long volume, boolean stubborn) {
            this.volume = volume;
            this.stubborn = stubborn;
        }

        private void asked() {
            if (!stubborn) {
                all.remove(this);
                attachment.close();
            }
        }
    }

    void attach(Volume volume, boolean stubborn) {
        Client client = new Client(volume.id(), stubborn);
        client.attachment = volume.attach(client::asked);
        all.add(client);
    }

    /** One of them closes its volume. */
    void detach(int choice) {
        if (!all.isEmpty()) {
            all.remove(choice % all.size()).attachment.close();
        }
    }

    /** The store is gone, and with it everybody's connection. */
    void clear() {
        all.clear();
    }

    boolean isEmpty() {
        return all.isEmpty();
    }

    /** The ids of volumes that somebody has open. */
    Set<Long> open() {
        Set<Long> ids = new HashSet<>();
        all.forEach(client -> ids.add(client.volume));
        return ids;
    }
}
