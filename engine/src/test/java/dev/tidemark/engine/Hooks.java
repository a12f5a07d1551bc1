package dev.tidemark.engine;

import dev.tidemark.engine.state.StateCheck;
import java.util.List;

/** What tests in other packages need of a store's inside. */
public final class Hooks {
    private Hooks() {}

    /** The full check: trees against reference counts against free space; empty when all is well. */
    public static List<String> check(Store store) {
        return StateCheck.check(store.state());
    }

    /** Gives the memory of a closed store's pages back at once: nobody reads any more. */
    public static void dispose(Store store) {
        if (store != null) {
            store.state().close();
        }
    }
}
