package dev.tidemark.engine.history;

import dev.tidemark.engine.Hooks;
import dev.tidemark.engine.Store;
import dev.tidemark.engine.StoreException;
import dev.tidemark.engine.StoreOpenException;
import dev.tidemark.engine.Volume;
import dev.tidemark.storage.sim.SimStorage;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * What was flushed right after a crash must survive the next one: seqs and blocks that the first crash took back are
 * given anew, and nothing that is left of the first life may count for them.
 */
final class SecondLife {
    private static final byte FILL = 91;

    private SecondLife() {}

    /** Flushes one more block in a store that was opened after a crash, and cuts the power; what is wrong, or null. */
    static String difference(Store store, SimStorage device, Setup setup, long luck) {
        int length = setup.blockSizeBytes();
        for (Volume volume : store.volumes()) {
            if (volume.readOnly() || volume.sizeBytes() < length) {
                continue;
            }
            long at = Math.floorMod(luck, volume.sizeBytes() / length) * length;
            byte[] bytes = new byte[length];
            Arrays.fill(bytes, FILL);
            try {
                volume.write(at, ByteBuffer.wrap(bytes));
                volume.flush();
            } catch (StoreException e) {
                return e.code().equals(StoreException.OUT_OF_SPACE) ? null : e.toString();
            }
            return lost(device.afterPowerCut(luck), setup, volume.id(), at, bytes);
        }
        return null;
    }

    private static String lost(SimStorage left, Setup setup, long volumeId, long at, byte[] written) {
        try {
            Store store = Store.open(setup.again().on(left));
            ByteBuffer read = ByteBuffer.allocate(written.length);
            store.volume("#" + volumeId).read(at, read);
            List<String> findings = Hooks.check(store);
            Hooks.dispose(store);
            boolean same = Arrays.equals(read.array(), written);
            return same && findings.isEmpty() ? null : "what was flushed at " + at + " is there: " + same + findings;
        } catch (StoreOpenException | StoreException e) {
            return e.toString();
        }
    }
}
