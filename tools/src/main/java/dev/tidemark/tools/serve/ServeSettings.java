package dev.tidemark.tools.serve;

import dev.tidemark.engine.StoreConfig;
import dev.tidemark.tools.nbd.NbdAddress;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What to serve, and where.
 *
 * @param folder the store's folder, where the control socket goes
 * @param config the same store, with the options to be set
 * @param create sizes in bytes of origins to be made, by name, where they do not exist; none: the store has to exist
 * @param nbd where to serve NBD, at least one address
 * @param metrics where to serve metrics, or null
 */
public record ServeSettings(
        Path folder, StoreConfig config, Map<String, Long> create, List<NbdAddress> nbd, HostAndPort metrics) {
    /** Copies the collections, their order kept. */
    public ServeSettings {
        create = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(create));
        nbd = List.copyOf(nbd);
        if (nbd.isEmpty()) {
            throw new IllegalArgumentException("nbd=[]: at least one address is needed");
        }
    }

    /** The NBD socket of a store when nothing else is said. */
    public static NbdAddress defaultNbd(Path folder) {
        return NbdAddress.unix(folder.resolve("nbd.sock"));
    }
}
