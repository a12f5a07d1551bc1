package dev.tidemark.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.engine.history.CrashHarness;
import dev.tidemark.engine.history.Setup;
import dev.tidemark.engine.history.Step;
import dev.tidemark.engine.history.Steps;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Crashes at every storage operation of random histories, and inside the recoveries after them. {@code
 * -Dtidemark.crash.states=N} and {@code -Dtidemark.crash.seed=FIRST} ask for more, or for others.
 */
class CrashTest {
    private static final int FORGETFUL_HISTORIES = 4;
    private static final int FORGETFUL_STEPS = 60;
    private static final int STEPS = 60;
    private static final int THREADS = 2;

    @Test
    @Tag("quick")
    void shouldEqualAPrefixAfterTheFirstFewHundredCrashes() {
        CrashHarness harness = new CrashHarness(CrashHarness.Effort.NORMAL);
        check(harness, 1_000_001, 30);
        assertThat(harness.states()).isGreaterThan(100);
    }

    @Test
    void shouldEqualAPrefixThatHoldsEveryPromiseAfterAnyCrash() throws Exception {
        long states = Long.getLong("tidemark.crash.states", 50_000);
        AtomicLong seeds = new AtomicLong(Long.getLong("tidemark.crash.seed", 1));
        long first = seeds.get();
        CrashHarness harness = new CrashHarness(CrashHarness.Effort.NORMAL);
        Callable<Void> worker = () -> {
            while (harness.states() < states) {
                check(harness, seeds.getAndIncrement(), STEPS);
            }
            return null;
        };
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<Void>> ends = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                ends.add(threads.submit(worker));
            }
            for (Future<Void> end : ends) {
                end.get();
            }
        } finally {
            threads.shutdownNow();
        }
        System.out.println("crash states: " + harness.states() + ", of them " + harness.inRecovery()
                + " inside a recovery; " + harness.chains() + " went on; seeds " + first + " to " + seeds.get());
        assertThat(harness.states()).isGreaterThanOrEqualTo(states);
    }

    @Test
    void shouldRecoverWhenTheJournalBelowCheckpointsIsDeleted() {
        CrashHarness harness = new CrashHarness(CrashHarness.Effort.WITHOUT_CHAINS);
        for (long seed = 1; seed <= FORGETFUL_HISTORIES; seed++) {
            long its = seed * 4 + 1; // with checkpoints as often as can be
            Shrinking.check(
                    its,
                    Steps.draw(its, FORGETFUL_STEPS),
                    steps -> harness.run(Setup.varied(its).forgetful(true), steps));
        }
        System.out.println("crash states without history: " + harness.states() + ", of them " + harness.inRecovery()
                + " inside a recovery");
        assertThat(harness.states()).isGreaterThan(1000);
    }

    private static void check(CrashHarness harness, long seed, int count) {
        List<Step> history = Steps.draw(seed, count);
        Shrinking.check(seed, history, steps -> harness.run(Setup.varied(seed), steps));
    }
}
