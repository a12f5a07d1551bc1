package dev.tidemark.storage;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Makes a failing list of steps short enough to be read. */
public final class Shrinking {
    private Shrinking() {}

    /**
     * Leaves out steps as long as the rest still fails: first halves, then ever smaller runs, at last single steps.
     *
     * @param failing steps for which {@code fails} holds
     * @param fails runs steps anew, from the start
     * @return steps that still fail, none of which can be left out alone
     */
    public static <T> List<T> shrink(List<T> failing, Predicate<List<T>> fails) {
        List<T> best = new ArrayList<>(failing);
        int run = Math.max(1, best.size() / 2);
        while (true) {
            boolean shorter = false;
            for (int from = 0; from < best.size(); ) {
                List<T> candidate = new ArrayList<>(best.subList(0, from));
                candidate.addAll(best.subList(Math.min(best.size(), from + run), best.size()));
                if (fails.test(candidate)) {
                    best = candidate;
                    shorter = true;
                } else {
                    from += run;
                }
            }
            if (run == 1 && !shorter) {
                return best;
            }
            run = Math.max(1, run / 2);
        }
    }
}
