package dev.tidemark.tools.nbd;

import dev.tidemark.engine.StoreException;
import dev.tidemark.engine.Volume;
import java.util.List;

/**
 * What the server exports, asked anew at every handshake, so that exports come and go without a restart. Called from
 * many threads.
 */
public interface ExportSource {
    /** Returns the names of all exports now. */
    List<String> names();

    /**
     * Finds the volume behind a name that a client asked for.
     *
     * @param name a volume's name, {@code id:N}, or the empty string for the default export: the origin, when there is
     *     exactly one. It comes from the peer: any text of up to 4096 bytes.
     * @throws StoreException when there is no such export; its message goes to the client
     */
    Volume find(String name);
}
