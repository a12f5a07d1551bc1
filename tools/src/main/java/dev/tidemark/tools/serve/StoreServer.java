package dev.tidemark.tools.serve;

import dev.tidemark.engine.Store;
import dev.tidemark.engine.StoreException;
import dev.tidemark.engine.Volume;
import dev.tidemark.engine.message.Line;
import dev.tidemark.engine.message.Sizes;
import dev.tidemark.tools.nbd.NbdAddress;
import dev.tidemark.tools.nbd.NbdConfig;
import dev.tidemark.tools.nbd.NbdMetrics;
import dev.tidemark.tools.nbd.NbdServer;
import dev.tidemark.tools.nbd.StoreExports;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A store that is open, and everything that serves it. Opened in the order store, volumes, control socket, NBD,
 * metrics;
 * closed in the reverse, so that what clients were answered stands before the store is closed. Any thread.
 */
public final class StoreServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StoreServer.class);
    private static final String ACTOR = "serve --create";

    private final ServeSettings settings;
    private final Store store;
    private final CompletableFuture<Throwable> failure = new CompletableFuture<>();
    private ServerMetrics metrics;
    private ControlServer control;
    private NbdServer nbd;
    private MetricsServer metricsPage;
    private boolean closed;

    private StoreServer(ServeSettings settings, Store store) {
        this.settings = settings;
        this.store = store;
    }

    /**
     * Opens the store, making it first where volumes are to be created and it does not exist, and serves it.
     *
     * @throws dev.tidemark.engine.StoreOpenException when the store can't be opened
     * @throws IOException when a socket can't be made; its text says what is wrong
     * @throws ServeRefusedException when a volume can't be made, or has another size
     */
    public static StoreServer open(ServeSettings settings) throws IOException, ServeRefusedException {
        if (!settings.create().isEmpty() && !Store.exists(settings.config())) {
            Store.init(settings.config());
            LOG.info("made the store {}", settings.config().displayName());
        }
        Store store = Store.open(settings.config());
        StoreServer server = new StoreServer(settings, store);
        boolean open = false;
        try {
            server.start();
            open = true;
            return server;
        } finally {
            if (!open) {
                server.close();
            }
        }
    }

    private void start() throws IOException, ServeRefusedException {
        LOG.info("opened {}: {}", settings.config().displayName(), store.recoveryText());
        store.addFailureListener(failure::complete);
        for (Map.Entry<String, Long> volume : settings.create().entrySet()) {
            create(volume.getKey(), volume.getValue());
        }
        metrics = settings.metrics() == null ? null : new ServerMetrics(store);
        control = ControlServer.open(settings.folder().resolve(ControlServer.FILE_NAME), this::send);
        nbd = NbdServer.open(
                NbdConfig.defaults(), new StoreExports(store), metrics == null ? NbdMetrics.NONE : metrics);
        for (NbdAddress address : settings.nbd()) {
            try {
                nbd.listen(address);
            } catch (IOException e) {
                throw new IOException(e.getMessage() + " (--nbd chooses the address)", e);
            }
        }
        if (metrics != null) {
            metrics.watch(nbd);
            metrics.watch(control);
            metricsPage = MetricsServer.open(settings.metrics(), metrics::page);
        }
    }

    private void create(String name, long sizeBytes) throws ServeRefusedException {
        Volume volume = find(name);
        if (volume == null) {
            String reply = store.send("create " + name + " size=" + sizeBytes, ACTOR);
            if (reply.startsWith("error")) {
                throw new ServeRefusedException("can't create " + name + ": " + reply);
            }
        } else if (volume.sizeBytes() != sizeBytes) {
            throw new ServeRefusedException("the volume " + name + " exists with " + Sizes.print(volume.sizeBytes())
                    + ", not " + Sizes.print(sizeBytes) + ": name its size, or leave --create out and use resize");
        }
    }

    private Volume find(String name) {
        try {
            return store.volume(name);
        } catch (StoreException e) {
            if (e.code().equals(StoreException.NO_SUCH_VOLUME)) {
                return null;
            }
            throw e;
        }
    }

    private String send(String text, String actor) {
        long begun = System.nanoTime();
        String reply = store.send(text, actor);
        if (metrics != null) {
            metrics.message(System.nanoTime() - begun, reply.startsWith("error"));
        }
        return reply;
    }

    /** What it serves, as the fields of the line that says so. */
    public Line ready() {
        String addresses = nbd.addresses().stream().map(NbdAddress::toString).collect(Collectors.joining(","));
        return Line.of(
                "nbd",
                addresses,
                "control",
                NbdAddress.unix(control.path()),
                "volumes",
                store.status().volumes(),
                "recovered",
                store.status().recoveredEvents(),
                "metrics",
                metricsPage == null ? null : "http://" + metricsPage.address() + "/metrics");
    }

    /** The name of a volume to begin with, or null when there is none. */
    public String exampleVolume() {
        List<Volume> volumes = store.volumes();
        return volumes.isEmpty() ? null : volumes.get(0).name();
    }

    /** The URI of a volume for NBD clients. */
    public String uri(String volume) {
        return nbd.addresses().get(0).uri(volume);
    }

    /** Waits until the store has stopped after a failure; returns the failure. */
    public Throwable awaitFailure() throws InterruptedException {
        try {
            return failure.get();
        } catch (java.util.concurrent.ExecutionException e) {
            throw new IllegalStateException(e); // nobody completes it so
        }
    }

    /** The failure after which the store has stopped, or null. */
    public Throwable failure() {
        return store.failure();
    }

    /**
     * Takes nothing new, answers what is in flight, closes all connections, then the store. Again does nothing.
     * {@link #failure} says whether all that was written is durable.
     */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        for (AutoCloseable part : new AutoCloseable[] {control, nbd, metricsPage, store}) {
            try {
                if (part != null) {
                    part.close();
                }
            } catch (Exception e) {
                if (part != store || failure() == null) { // a store that stops has said so itself
                    LOG.error("closing failed; the rest is closed nevertheless", e);
                }
            }
        }
    }
}
