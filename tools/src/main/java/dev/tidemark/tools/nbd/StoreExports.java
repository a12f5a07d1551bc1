package dev.tidemark.tools.nbd;

import dev.tidemark.engine.Store;
import dev.tidemark.engine.StoreException;
import dev.tidemark.engine.Volume;
import java.util.List;

/** The volumes of an open store as exports. */
public final class StoreExports implements ExportSource {
    private final Store store;

    /** Exports the volumes that the store has, at any time. */
    public StoreExports(Store store) {
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
        Volume origin = store.onlyOrigin();
        if (origin == null) {
            throw new StoreException(
                    StoreException.NO_SUCH_VOLUME,
                    "there is not exactly one origin to be the default export: name the volume");
        }
        return origin;
    }
}
