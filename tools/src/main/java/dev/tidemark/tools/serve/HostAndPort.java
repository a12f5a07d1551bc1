package dev.tidemark.tools.serve;

import java.net.InetSocketAddress;

/**
 * A TCP address as the command line has it: {@code HOST:PORT}, an IPv6 host in brackets.
 *
 * @param host not empty, without brackets
 * @param port 0 to 65535; 0 takes a free one
 */
public record HostAndPort(String host, int port) {
    /**
     * Parses it.
     *
     * @throws IllegalArgumentException with a text that says what is wrong with it
     */
    public static HostAndPort parse(String text) {
        int colon = text.lastIndexOf(':');
        String host = colon < 0 ? "" : text.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        } else if (host.contains(":")) {
            throw new IllegalArgumentException("'" + text + "': put an IPv6 address in brackets: [::1]:9100");
        }
        String digits = text.substring(colon + 1);
        if (host.isEmpty() || !digits.matches("[0-9]{1,5}") || Integer.parseInt(digits) > 0xFFFF) {
            throw new IllegalArgumentException(
                    "'" + text + "' is no address: use HOST:PORT, as in 127.0.0.1:9100 (port 0 takes a free one)");
        }
        return new HostAndPort(host, Integer.parseInt(digits));
    }

    InetSocketAddress socketAddress() {
        return new InetSocketAddress(host, port);
    }

    @Override
    public String toString() {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}
