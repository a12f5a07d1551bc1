package dev.tidemark.tools.nbd;

import dev.tidemark.engine.StoreException;
import dev.tidemark.engine.Volume;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/** Volumes in memory, found as those of a store are. */
final class MemoryExports implements ExportSource {
    private final Map<String, MemoryVolume> volumes = new ConcurrentSkipListMap<>();

    MemoryExports add(MemoryVolume volume) {
        volumes.put(volume.name(), volume);
        return this;
    }

    void remove(String name) {
        volumes.remove(name);
    }

    @Override
    public List<String> names() {
        return List.copyOf(volumes.keySet());
    }

    @Override
    public Volume find(String name) {
        if (name.isEmpty()) {
            if (volumes.size() != 1) {
                throw new StoreException(
                        StoreException.NO_SUCH_VOLUME, "no default export: there are " + volumes.size() + " origins");
            }
            return volumes.values().iterator().next();
        }
        for (MemoryVolume volume : volumes.values()) {
            if (name.equals(volume.name()) || name.equals("id:" + volume.id())) {
                return volume;
            }
        }
        throw new StoreException(StoreException.NO_SUCH_VOLUME, "no volume " + name);
    }
}
