package dev.tidemark.tools.serve;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Serves one page, {@code /metrics}, over HTTP; two at a time. */
final class MetricsServer implements AutoCloseable {
    private static final String PATH = "/metrics";
    private static final int THREADS = 2;
    /** Requests that wait for a thread; more are turned away. */
    private static final int QUEUE = 16;
    /** Peers that are slower than this are dropped, so that they can't hold the threads. */
    private static final String MAX_SECONDS = "10";

    private final HttpServer server;
    private final HostAndPort address;
    private final ThreadPoolExecutor threads;

    private MetricsServer(HttpServer server, HostAndPort address, ThreadPoolExecutor threads) {
        this.server = server;
        this.address = address;
        this.threads = threads;
    }

    /**
     * Listens.
     *
     * @param page makes the page anew for each request; called by two threads at once
     * @throws IOException with a text that says what is wrong
     */
    static MetricsServer open(HostAndPort wanted, Supplier<String> page) throws IOException {
        // The server reads these once, when its class is loaded.
        System.setProperty("sun.net.httpserver.maxReqTime", MAX_SECONDS);
        System.setProperty("sun.net.httpserver.maxRspTime", MAX_SECONDS);
        InetSocketAddress socketAddress = wanted.socketAddress();
        if (socketAddress.isUnresolved()) {
            throw new IOException("cannot serve metrics on " + wanted + ": there is no host " + wanted.host());
        }
        HttpServer server;
        try {
            server = HttpServer.create(socketAddress, 0);
        } catch (IOException e) {
            throw new IOException(
                    "cannot serve metrics on " + wanted + ": " + e.getMessage() + "; use another port", e);
        }
        ThreadPoolExecutor threads =
                new ThreadPoolExecutor(THREADS, THREADS, 1, TimeUnit.MINUTES, new ArrayBlockingQueue<>(QUEUE), task -> {
                    Thread thread = new Thread(task, "metrics");
                    thread.setDaemon(true);
                    return thread;
                });
        server.setExecutor(threads);
        server.createContext("/", exchange -> answer(exchange, page));
        server.start();
        HostAndPort taken = new HostAndPort(wanted.host(), server.getAddress().getPort());
        return new MetricsServer(server, taken, threads);
    }

    /** Where it listens, with the port that was taken where 0 was asked for. */
    HostAndPort address() {
        return address;
    }

    private static void answer(HttpExchange exchange, Supplier<String> page) throws IOException {
        try (exchange) {
            boolean known = exchange.getRequestURI().getPath().equals(PATH);
            byte[] body = (known ? page.get() : "the metrics are at " + PATH + "\n").getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
            boolean withBody = !exchange.getRequestMethod().equals("HEAD");
            exchange.sendResponseHeaders(known ? 200 : 404, withBody ? body.length : -1);
            if (withBody) {
                try (OutputStream out = exchange.getResponseBody()) {
                    out.write(body);
                }
            }
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
