package dev.tidemark.tools.nbd;

import dev.tidemark.engine.Volume;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The limits of a server. Immutable; {@link #defaults} and the {@code with} methods make variants.
 *
 * @param maxConnections peers served at once; more are turned away. Each costs one thread and
 *     {@link #RECEIVE_BUFFER_BYTES} + {@link #SEND_BUFFER_BYTES} of memory outside the heap
 * @param maxRequestsInFlight requests of one connection that the store works on at once; more wait in the socket
 * @param maxConnectionBytes bytes of writes in flight for one connection, at least one request of any size
 * @param maxBytesInFlight bytes of writes in flight over all connections: half of it for small writes, half for large
 *     ones, whose payload may come in slowly
 * @param handshakeIdleNanos how long a peer may take for each step of the handshake
 * @param stallNanos how long a peer may stop in the middle of a payload, or not take a reply
 * @param shutdownNanos how long a connection that the server wants to end may take to send its last replies
 * @param clock nanoseconds from an arbitrary point, never going back
 */
public record NbdConfig(
        int maxConnections,
        int maxRequestsInFlight,
        long maxConnectionBytes,
        long maxBytesInFlight,
        long handshakeIdleNanos,
        long stallNanos,
        long shutdownNanos,
        LongSupplier clock) {
    /** What one connection receives into; a write of up to a quarter of it is copied from there. */
    public static final int RECEIVE_BUFFER_BYTES = 256 << 10;

    /** What one connection gathers its replies in. */
    public static final int SEND_BUFFER_BYTES = 256 << 10;

    /** Checks the limits. */
    public NbdConfig {
        require(maxConnections > 0, "maxConnections", maxConnections, "must be positive");
        require(maxRequestsInFlight > 0, "maxRequestsInFlight", maxRequestsInFlight, "must be positive");
        require(maxConnectionBytes > 0, "maxConnectionBytes", maxConnectionBytes, "must be positive");
        require(
                maxBytesInFlight >= 2L * Volume.MAX_REQUEST_BYTES,
                "maxBytesInFlight",
                maxBytesInFlight,
                "must hold two of the largest requests, " + 2L * Volume.MAX_REQUEST_BYTES);
        require(handshakeIdleNanos > 0, "handshakeIdleNanos", handshakeIdleNanos, "must be positive");
        require(stallNanos > 0, "stallNanos", stallNanos, "must be positive");
        require(shutdownNanos > 0, "shutdownNanos", shutdownNanos, "must be positive");
    }

    /** Returns limits that suit a server of a few cores: 256 connections, 256 MiB in flight. */
    public static NbdConfig defaults() {
        return new NbdConfig(
                256,
                256,
                64L << 20,
                256L << 20,
                TimeUnit.SECONDS.toNanos(15),
                TimeUnit.SECONDS.toNanos(60),
                TimeUnit.SECONDS.toNanos(5),
                System::nanoTime);
    }

    /** Returns the same with another number of connections. */
    public NbdConfig withMaxConnections(int connections) {
        return new NbdConfig(
                connections,
                maxRequestsInFlight,
                maxConnectionBytes,
                maxBytesInFlight,
                handshakeIdleNanos,
                stallNanos,
                shutdownNanos,
                clock);
    }

    /** Returns the same with another bound on the bytes in flight over all connections. */
    public NbdConfig withMaxBytesInFlight(long bytes) {
        return new NbdConfig(
                maxConnections,
                maxRequestsInFlight,
                maxConnectionBytes,
                bytes,
                handshakeIdleNanos,
                stallNanos,
                shutdownNanos,
                clock);
    }

    /** Returns the same with other bounds on one connection. */
    public NbdConfig withConnectionLimits(int requests, long bytes) {
        return new NbdConfig(
                maxConnections,
                requests,
                bytes,
                maxBytesInFlight,
                handshakeIdleNanos,
                stallNanos,
                shutdownNanos,
                clock);
    }

    /** Returns the same with other time limits, in nanoseconds. */
    public NbdConfig withTimes(long handshakeIdle, long stall, long shutdown) {
        return new NbdConfig(
                maxConnections,
                maxRequestsInFlight,
                maxConnectionBytes,
                maxBytesInFlight,
                handshakeIdle,
                stall,
                shutdown,
                clock);
    }

    /** Returns the same with another clock. */
    public NbdConfig withClock(LongSupplier nanos) {
        return new NbdConfig(
                maxConnections,
                maxRequestsInFlight,
                maxConnectionBytes,
                maxBytesInFlight,
                handshakeIdleNanos,
                stallNanos,
                shutdownNanos,
                nanos);
    }

    private static void require(boolean holds, String name, long value, String why) {
        if (!holds) {
            throw new IllegalArgumentException(name + "=" + value + ": " + why);
        }
    }
}
