package dev.tidemark.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.journal.CrashScenario.Step;
import java.util.ArrayList;
import java.util.List;
import org.agrona.collections.LongHashSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Random workloads, cut at every operation, and again within each recovery: what is read back is always a prefix that
 * holds everything that was acknowledged, and nothing of a history that was cut ever comes back.
 */
class JournalCrashTest {
    private static final long FIRST_SEED = Long.getLong("tidemark.journal.crash.seed", 1);
    private static final int MIN_STATES = Integer.getInteger("tidemark.journal.crash.states", 100_000);
    private static final int STEPS = 40;
    private static final int SURVIVALS = 3;
    private static final int MAX_SHRINKS = Integer.getInteger("tidemark.journal.crash.shrinks", 30);

    @Test
    void shouldRecoverAPrefixAfterACutAtEveryOperation() {
        LongHashSet states = new LongHashSet(1 << 18);
        long seed = FIRST_SEED;
        long startNanos = System.nanoTime();
        for (; states.size() < MIN_STATES; seed++) {
            run(seed, CrashScenario.randomSteps(seed, STEPS), states);
        }
        System.out.printf(
                "journal crash test: %,d distinct crash states of %d workloads, seeds %d to %d, %d s%n",
                states.size(),
                seed - FIRST_SEED,
                FIRST_SEED,
                seed - 1,
                (System.nanoTime() - startNanos) / 1_000_000_000);
        assertThat(states.size()).isGreaterThanOrEqualTo(MIN_STATES);
    }

    @Test
    @Tag("quick")
    void shouldRecoverAFewWorkloads() {
        LongHashSet states = new LongHashSet();
        for (long seed = 1000; seed < 1003; seed++) {
            run(seed, CrashScenario.randomSteps(seed, 20), states);
        }
        assertThat(states.size()).isGreaterThan(100);
    }

    private static void run(long seed, List<Step> steps, LongHashSet states) {
        Throwable failure = failureOf(seed, steps, states);
        if (failure == null) {
            return;
        }
        List<Step> fewest = shrink(seed, steps);
        Throwable last = failureOf(seed, fewest, states);
        throw new AssertionError(
                "-Dtidemark.journal.crash.seed=" + seed + ": " + fewest + "\n" + (last == null ? failure : last),
                last == null ? failure : last);
    }

    private static Throwable failureOf(long seed, List<Step> steps, LongHashSet states) {
        try {
            new CrashScenario(seed, steps, SURVIVALS, states).run();
            return null;
        } catch (Exception | AssertionError e) {
            return e;
        }
    }

    /** Leaves out whatever the failure does not need. */
    private static List<Step> shrink(long seed, List<Step> steps) {
        List<Step> best = new ArrayList<>(steps);
        int tries = 0;
        for (int length = best.size() / 2; length >= 1; length /= 2) {
            for (int from = 0; from + length <= best.size() && tries < MAX_SHRINKS; tries++) {
                List<Step> fewer = new ArrayList<>(best.subList(0, from));
                fewer.addAll(best.subList(from + length, best.size()));
                if (failureOf(seed, fewer, new LongHashSet()) != null) {
                    best = fewer;
                } else {
                    from += length;
                }
            }
        }
        return best;
    }
}
