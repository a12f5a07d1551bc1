package dev.tidemark.tools.nbd;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * Where to listen: {@code unix:PATH} or {@code tcp:HOST:PORT} (an IPv6 host in brackets; port 0 takes a free one).
 *
 * @param unixPath the socket's file, absolute; null for TCP
 * @param host the host; null for a Unix socket
 * @param port 0 to 65535; 0 for a Unix socket
 */
public record NbdAddress(Path unixPath, String host, int port) {
    /** The longest path that a Unix socket can have here, in bytes. */
    public static final int MAX_UNIX_PATH_BYTES = 106;

    private static final String UNIX = "unix:";
    private static final String TCP = "tcp:";

    /** Makes the address of a Unix socket. */
    public static NbdAddress unix(Path path) {
        return new NbdAddress(path.toAbsolutePath().normalize(), null, 0);
    }

    /** Makes the address of a TCP port. */
    public static NbdAddress tcp(String host, int port) {
        return new NbdAddress(null, host, port);
    }

    /**
     * Parses the command line's form.
     *
     * @throws IllegalArgumentException with a text that says what is wrong with it
     */
    public static NbdAddress parse(String text) {
        if (text.startsWith(UNIX)) {
            return parseUnix(text);
        }
        if (text.startsWith(TCP)) {
            return parseTcp(text);
        }
        throw new IllegalArgumentException("'" + text + "' is no address: use unix:PATH or tcp:HOST:PORT");
    }

    /** Returns whether this is a Unix socket. */
    public boolean isUnix() {
        return unixPath != null;
    }

    /** Checks that the path can be a Unix socket's; returns the text of what is wrong, or null. */
    String pathProblem() {
        int length = unixPath.toString().getBytes(StandardCharsets.UTF_8).length;
        if (length <= MAX_UNIX_PATH_BYTES) {
            return null;
        }
        return "the socket path is too long: " + unixPath + " has " + length + " bytes, a Unix socket can have "
                + MAX_UNIX_PATH_BYTES + "; use a shorter one";
    }

    SocketAddress socketAddress() {
        return isUnix() ? UnixDomainSocketAddress.of(unixPath) : new InetSocketAddress(host, port);
    }

    /** Returns the URI that NBD clients take for an export; an empty name is the default export. */
    public String uri(String exportName) {
        try {
            if (isUnix()) {
                return new URI("nbd+unix", "", "/" + exportName, "socket=" + unixPath, null).toString();
            }
            return new URI("nbd", null, host, port, "/" + exportName, null, null).toString();
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("no URI for " + this, e);
        }
    }

    @Override
    public String toString() {
        if (isUnix()) {
            return UNIX + unixPath;
        }
        return TCP + (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }

    private static NbdAddress parseUnix(String text) {
        String path = text.substring(UNIX.length());
        if (path.isEmpty()) {
            throw new IllegalArgumentException("'" + text + "' names no path: use unix:PATH");
        }
        try {
            return unix(Path.of(path));
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("'" + path + "' is no path: " + e.getReason(), e);
        }
    }

    private static NbdAddress parseTcp(String text) {
        String rest = text.substring(TCP.length());
        int colon = rest.lastIndexOf(':');
        if (colon < 0) {
            throw new IllegalArgumentException(
                    "'" + text + "' names no host or no port: use tcp:HOST:PORT, as in tcp:127.0.0.1:10809");
        }
        String host = rest.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        } else if (host.contains(":")) {
            throw new IllegalArgumentException("'" + text + "': put an IPv6 address in brackets: tcp:[::1]:10809");
        }
        if (host.isEmpty()) {
            throw new IllegalArgumentException(
                    "'" + text + "' names no host: use tcp:HOST:PORT, as in tcp:127.0.0.1:10809");
        }
        int port = parsePort(rest.substring(colon + 1));
        if (port < 0) {
            throw new IllegalArgumentException("'" + text + "' has no port from 0 to 65535: use tcp:HOST:PORT");
        }
        return tcp(host, port);
    }

    private static int parsePort(String digits) {
        if (digits.isEmpty() || digits.length() > 5 || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return -1;
        }
        int port = Integer.parseInt(digits);
        return port <= 0xFFFF ? port : -1;
    }
}
