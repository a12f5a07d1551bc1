package dev.tidemark.tools.bench;

import dev.tidemark.engine.Store;
import dev.tidemark.engine.StoreConfig;
import dev.tidemark.engine.Volume;
import java.nio.file.Files;
import java.nio.file.Path;

/** A process that writes to a store at random, at full speed and depth 32, until it is killed. */
final class KilledWriter {
    private KilledWriter() {}

    /**
     * Runs until it is killed.
     *
     * @param arguments the store's folder, a seed, and a file that is made when it begins
     */
    public static void main(String... arguments) throws Exception {
        Store store = Store.open(StoreConfig.at(Path.of(arguments[0])).build());
        Volume volume = store.volume(BenchStore.VOLUME);
        VolumeLoad load = new VolumeLoad(volume, Long.parseLong(arguments[1]));
        Files.createFile(Path.of(arguments[2]));
        load.randomWrites(Long.MAX_VALUE, 32);
    }
}
