package dev.tidemark.tools.serve;

import dev.tidemark.engine.Store;
import dev.tidemark.engine.StoreConfig;
import dev.tidemark.engine.StoreOpenException;
import dev.tidemark.engine.Volume;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.SplittableRandom;

/**
 * Makes the store that the launcher has a server open when it records what a start loads and compiles: one that ended
 * as by a crash, with a checkpoint and a journal behind it, so that the recording knows a recovery as well. Later
 * starts, after a crash above all, are served from that recording.
 *
 * <p>About 150 MiB, for some seconds.
 */
public final class Rehearsal {
    private static final String VOLUME = "disk";
    private static final int BLOCK_BYTES = StoreConfig.DEFAULT_BLOCK_BYTES;
    private static final int VOLUME_BLOCKS = 1 << 13;

    /** On either side of the checkpoint: so many that a JVM compiles what replays them with all it has. */
    private static final int WRITES = 16_000;

    private Rehearsal() {}

    /**
     * Makes the store, and ends the process without closing it.
     *
     * @param arguments the store's folder, which is not there yet
     */
    public static void main(String... arguments) throws StoreOpenException {
        StoreConfig config = StoreConfig.at(Path.of(arguments[0]))
                .option("journal-segment", "4M")
                .build();
        Store.init(config);
        Store store = Store.open(config);
        store.send("create " + VOLUME + " size=" + (long) VOLUME_BLOCKS * BLOCK_BYTES);
        Volume volume = store.volume(VOLUME);
        write(volume, 1);
        store.send("create before origin=" + VOLUME);
        store.send("checkpoint");
        write(volume, 2);
        store.send("create after origin=" + VOLUME);
        Runtime.getRuntime().halt(0);
    }

    private static void write(Volume volume, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        ByteBuffer block = ByteBuffer.allocateDirect(BLOCK_BYTES);
        for (int i = 0; i < WRITES; i++) {
            volume.write((long) random.nextInt(VOLUME_BLOCKS) * BLOCK_BYTES, block.clear());
        }
        volume.flush();
    }
}
