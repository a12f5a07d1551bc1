package dev.tidemark.engine;

import dev.tidemark.engine.state.StateCheck;
import dev.tidemark.engine.state.StateDigest;
import java.util.List;
import java.util.Map;

/** What tests in other packages need of a store's inside. */
public final class Hooks {
    private Hooks() {}

    /** The full check: trees against reference counts against free space; empty when all is well. */
    public static List<String> check(Store store) {
        return StateCheck.check(store.state());
    }

    /** The digest of everything that events have made (G11). Nothing else may run. */
    public static String digest(Store store) {
        return StateDigest.of(store.state());
    }

    /** The seq of the last event that changed the catalogue. */
    public static long catalogueSeq(Store store) {
        return store.state().catalogueSeq();
    }

    /** A volume's labels. */
    public static Map<String, String> labels(Store store, long volumeId) {
        return store.state().catalogue().byId(volumeId).labels();
    }

    /** Gives the memory of a closed store's pages back at once: nobody reads any more. */
    public static void dispose(Store store) {
        if (store != null) {
            store.state().close();
        }
    }
}
