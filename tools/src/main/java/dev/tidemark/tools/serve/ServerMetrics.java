package dev.tidemark.tools.serve;

import dev.tidemark.engine.Store;
import dev.tidemark.engine.StoreStatus;
import dev.tidemark.engine.message.Line;
import dev.tidemark.engine.message.Message;
import dev.tidemark.engine.message.MessageParser;
import dev.tidemark.engine.message.Reply;
import dev.tidemark.tools.nbd.NbdMetrics;
import dev.tidemark.tools.nbd.NbdOperation;
import dev.tidemark.tools.nbd.NbdServer;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * What the server counts, in Micrometer's registry. The store's own figures are asked once for each page; what clients
 * do is counted as it happens.
 */
final class ServerMetrics implements NbdMetrics {
    private static final String ACTOR = "metrics";
    /** From a cached read to a disk that struggles; each costs one counter for each kind of operation. */
    private static final Duration[] LATENCY_BUCKETS = {
        Duration.ofNanos(20_000),
        Duration.ofNanos(50_000),
        Duration.ofNanos(100_000),
        Duration.ofNanos(200_000),
        Duration.ofNanos(500_000),
        Duration.ofMillis(1),
        Duration.ofMillis(2),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(20),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(500),
        Duration.ofSeconds(2),
        Duration.ofSeconds(10)
    };

    private final Store store;
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final Map<NbdOperation, Timer> latencies = new EnumMap<>(NbdOperation.class);
    private final Map<NbdOperation, Counter> bytes = new EnumMap<>(NbdOperation.class);
    private final Map<NbdOperation, Counter> failures = new EnumMap<>(NbdOperation.class);
    private final AtomicInteger connections = new AtomicInteger();
    private final Timer messages;
    private final Counter messageErrors;
    private final Counter refused;
    private final Counter aborted;
    private StoreStatus status;
    private Line row = new Line(Map.of());

    ServerMetrics(Store store) {
        this.store = store;
        this.status = store.status();
        for (NbdOperation kind : NbdOperation.values()) {
            String label = kind.name().toLowerCase(Locale.ROOT);
            latencies.put(
                    kind,
                    Timer.builder("tidemark.nbd.operation")
                            .description("requests answered, by kind, from the socket to the reply")
                            .tag("kind", label)
                            .serviceLevelObjectives(LATENCY_BUCKETS)
                            .register(registry));
            bytes.put(kind, counter("tidemark.nbd.operation.bytes", "bytes that requests were about", label));
            failures.put(kind, counter("tidemark.nbd.operation.failures", "requests answered with an error", label));
        }
        messages = Timer.builder("tidemark.message")
                .description("messages of the control socket, answered")
                .serviceLevelObjectives(LATENCY_BUCKETS)
                .register(registry);
        messageErrors = Counter.builder("tidemark.message.errors")
                .description("messages answered with an error")
                .register(registry);
        refused = Counter.builder("tidemark.nbd.connections.refused")
                .description("peers turned away, because there were too many")
                .register(registry);
        aborted = Counter.builder("tidemark.nbd.connections.aborted")
                .description("connections closed, because the peer broke the protocol or a time limit")
                .register(registry);
        gauge("tidemark.nbd.connections", "peers connected now", () -> connections.get());
        storeMeters();
    }

    private Counter counter(String name, String description, String kind) {
        return Counter.builder(name).description(description).tag("kind", kind).register(registry);
    }

    private void gauge(String name, String description, java.util.function.Supplier<Number> value) {
        Gauge.builder(name, value).description(description).register(registry);
    }

    private void total(String name, String description, ToDoubleFunction<StoreStatus> value) {
        FunctionCounter.builder(name, this, self -> value.applyAsDouble(self.status))
                .description(description)
                .register(registry);
    }

    /** Counters with the label {@code le}, each counting what is at most that much: what histogram_quantile() takes. */
    private void distribution(String name, String description, Function<StoreStatus, List<Long>> counts) {
        int sizes = counts.apply(status).size();
        for (int i = 0; i < sizes; i++) {
            int last = i;
            ToDoubleFunction<ServerMetrics> upToThis = self -> counts.apply(self.status).subList(0, last + 1).stream()
                    .mapToDouble(Long::doubleValue)
                    .sum();
            FunctionCounter.builder(name, this, upToThis)
                    .description(description)
                    .tag("le", i == sizes - 1 ? "+Inf" : Long.toString((1L << i) - 1))
                    .register(registry);
        }
    }

    /** A figure that only the state knows: a field of the {@code status} message. */
    private void field(String name, String description, String key) {
        gauge(name, description, () -> {
            String text = row.get(key);
            return text == null ? Double.NaN : Double.parseDouble(text);
        });
    }

    private void storeMeters() {
        total(
                "tidemark.journal.events",
                "events that are durable; by forces: the size of a batch",
                s -> s.durableSeq());
        total("tidemark.journal.frames", "frames written since the start", s -> s.frames());
        total("tidemark.journal.forces", "forces of the journal since the start", s -> s.forces());
        distribution(
                "tidemark.journal.forces.by.events",
                "forces that made at most le events durable",
                StoreStatus::forcesByEvents);
        distribution(
                "tidemark.journal.forces.by.waiting",
                "forces that at most le requests waited for",
                StoreStatus::forcesByWaiting);
        gauge("tidemark.journal.bytes", "size of all segments", () -> status.journalBytes());
        gauge("tidemark.journal.room.bytes", "written ahead for the journal", () -> status.journalRoomBytes());
        gauge("tidemark.store.waiting.bytes", "answered and not yet durable", () -> status.waitingDataBytes());
        gauge("tidemark.store.in.flight.bytes", "of writes under way", () -> status.inFlightBytes());
        gauge("tidemark.store.applied.seq", "the last event that readers see", () -> status.appliedSeq());
        gauge("tidemark.store.durable.seq", "the last event that is durable", () -> status.durableSeq());
        gauge("tidemark.store.volumes", "volumes that exist", () -> status.volumes());
        gauge("tidemark.store.capacity.bytes", "of the exception store", () -> status.capacityBytes());
        gauge("tidemark.store.mapped.bytes", "of blocks that some volume maps", () -> status.usedBytes());
        gauge("tidemark.store.failed", "1 after the store has stopped", () -> status.failed() ? 1 : 0);
        total("tidemark.store.checksum.errors", "blocks that did not match", s -> s.checksumErrors());
        gauge("tidemark.recovery.events", "replayed when the store was opened", () -> status.recoveredEvents());
        gauge("tidemark.recovery.seconds", "how long that took", () -> status.recoveryMs() / 1000.0);
        field("tidemark.store.free.bytes", "of blocks that can be given out", "free_bytes");
        field("tidemark.store.freed.waiting.bytes", "freed, and not given out before it is proven", "waiting_bytes");
        field("tidemark.store.reserve.bytes", "kept for overwrites in a full store", "reserve_bytes");
        field("tidemark.store.file.bytes", "the exception store's high-water mark", "file_bytes");
        field("tidemark.store.page.bytes", "memory of the mapping trees", "page_bytes");
        field("tidemark.store.jobs", "background jobs that are not done", "jobs");
    }

    void watch(NbdServer server) {
        gauge("tidemark.nbd.in.flight.bytes", "of writes in the connections", server::bytesInFlight);
        gauge(
                "tidemark.nbd.in.flight.requests",
                "that the store works on: the queue's depth",
                server::requestsInFlight);
    }

    void watch(ControlServer server) {
        gauge("tidemark.control.connections", "peers of the control socket", server::connectionCount);
    }

    /** A message was answered after so many nanoseconds. */
    void message(long nanos, boolean error) {
        messages.record(nanos, TimeUnit.NANOSECONDS);
        if (error) {
            messageErrors.increment();
        }
    }

    /** The page for Prometheus. */
    synchronized String page() {
        status = store.status();
        Reply reply = store.send((Message) MessageParser.parse("status"), ACTOR);
        row = reply instanceof Reply.Ok ok ? ok.rows().get(0) : new Line(Map.of());
        return registry.scrape();
    }

    @Override
    public void connectionOpened() {
        connections.incrementAndGet();
    }

    @Override
    public void connectionClosed() {
        connections.decrementAndGet();
    }

    @Override
    public void connectionRefused() {
        refused.increment();
    }

    @Override
    public void connectionAborted() {
        aborted.increment();
    }

    @Override
    public void operation(NbdOperation kind, long itsBytes, long nanos, boolean failed) {
        latencies.get(kind).record(nanos, TimeUnit.NANOSECONDS);
        bytes.get(kind).increment((double) itsBytes);
        if (failed) {
            failures.get(kind).increment();
        }
    }
}
