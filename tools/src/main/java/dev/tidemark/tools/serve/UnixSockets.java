package dev.tidemark.tools.serve;

import dev.tidemark.tools.nbd.NbdAddress;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Addresses of Unix sockets whose own path may be longer than the kernel's limit of {@value
 * NbdAddress#MAX_UNIX_PATH_BYTES} bytes: those are reached through a short link to their folder, which is needed only
 * while a bind or connect runs. The socket's file is where it should be in either case.
 */
final class UnixSockets {
    private UnixSockets() {}

    /** Binds or connects. */
    @FunctionalInterface
    interface Use {
        void with(UnixDomainSocketAddress address) throws IOException;
    }

    static void reach(Path socket, Use use) throws IOException {
        Path absolute = socket.toAbsolutePath().normalize();
        if (fits(absolute)) {
            use.with(UnixDomainSocketAddress.of(absolute));
            return;
        }
        Path folder = Files.createTempDirectory("tidemark"); // mode 0700: nobody else can put a link there
        Path link = folder.resolve("s");
        try {
            Files.createSymbolicLink(link, absolute.getParent());
            Path reached = link.resolve(absolute.getFileName());
            if (!fits(reached)) {
                throw new IOException("the socket path is too long: " + absolute + ", and so is " + reached
                        + "; use a store with a shorter path");
            }
            use.with(UnixDomainSocketAddress.of(reached));
        } finally {
            Files.deleteIfExists(link);
            Files.deleteIfExists(folder);
        }
    }

    private static boolean fits(Path path) {
        return path.toString().getBytes(StandardCharsets.UTF_8).length <= NbdAddress.MAX_UNIX_PATH_BYTES;
    }
}
