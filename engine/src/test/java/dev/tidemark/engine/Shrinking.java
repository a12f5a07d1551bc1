package dev.tidemark.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Runs a test over a list of generated steps. When it fails, leaves out steps for as long as it still fails, and
 * reports the
 * seed with the few steps that are left. Steps must mean something whatever stands before them.
 */
public final class Shrinking {
    /** Enough to get to a handful of steps; a bound, since every try is a whole run. */
    private static final int MAX_TRIES = 400;

    private Shrinking() {}

    /** Throws an {@link AssertionError} with the shortest failing list found. */
    public static <T> void check(long seed, List<T> steps, Consumer<List<T>> test) {
        Throwable failure = run(steps, test);
        if (failure == null) {
            return;
        }
        List<T> shortest = new ArrayList<>(steps);
        int tries = 0;
        for (int part = Math.max(1, shortest.size() / 2); part >= 1; part /= 2) {
            int from = 0;
            while (from < shortest.size() && tries < MAX_TRIES) {
                List<T> shorter = new ArrayList<>(shortest.subList(0, from));
                shorter.addAll(shortest.subList(Math.min(shortest.size(), from + part), shortest.size()));
                Throwable still = run(shorter, test);
                tries++;
                if (still == null) {
                    from += part;
                } else {
                    shortest = shorter;
                    failure = still;
                }
            }
        }
        throw new AssertionError(
                "seed " + seed + ", shrunk from " + steps.size() + " to " + shortest.size() + " steps: " + shortest,
                failure);
    }

    private static <T> Throwable run(List<T> steps, Consumer<List<T>> test) {
        try {
            test.accept(steps);
            return null;
        } catch (RuntimeException | AssertionError e) {
            return e;
        }
    }
}
