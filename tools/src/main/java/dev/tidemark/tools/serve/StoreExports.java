package dev.tidemark.tools.serve;

import dev.tidemark.engine.Store;
import dev.tidemark.engine.StoreException;
import dev.tidemark.engine.Volume;
import dev.tidemark.tools.nbd.ExportSource;
import java.util.List;

/** Every volume of a store as an NBD export: by its name or {@code id:N}, and the only origin by the empty name. */
final class StoreExports implements ExportSource {
    private final Store store;

    StoreExports(Store store) {
        this.store = store;
    }

    @Override
    public List<String> names() {
        return store.volumes().stream().map(Volume::name).toList();
    }

    @Override
    public Volume find(String name) {
        if (!name.isEmpty()) {
            return store.volume(name);
        }
        Volume only = store.onlyOrigin();
        if (only == null) {
            throw new StoreException(
                    StoreException.NO_SUCH_VOLUME,
                    "the empty export name is for a store with exactly one origin: name a volume");
        }
        return only;
    }
}
