package dev.tidemark.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.engine.history.CrashHarness;
import dev.tidemark.engine.history.Setup;
import dev.tidemark.engine.history.Steps;
import dev.tidemark.engine.recovery.Sabotage;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each rule that crash safety stands on, broken on purpose: the crash test must notice, or it proves nothing. */
class SabotageTest {
    /** As many as the crash test tries in its normal run. */
    private static final long MOST_STATES = 50_000;

    private static final int STEPS = 60;
    private static final int SHOWN_CHARS = 300;

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void shouldNoticeThatARuleIsBroken(Sabotage rule) {
        expectNotice(rule.toString(), setup -> setup.breaking(rule));
    }

    @Test
    void shouldNoticeThatDirectoriesAreNotSynced() {
        expectNotice("no directory sync", Setup::withoutDirectorySyncs);
    }

    private static void expectNotice(String rule, UnaryOperator<Setup> breaking) {
        CrashHarness harness = new CrashHarness(CrashHarness.Effort.NORMAL);
        String found = null;
        for (long seed = 1; harness.states() < MOST_STATES && found == null; seed++) {
            try {
                harness.run(breaking.apply(Setup.varied(seed)), Steps.draw(seed, STEPS));
            } catch (AssertionError e) {
                String text = String.valueOf(e.getMessage());
                found = text.substring(0, Math.min(SHOWN_CHARS, text.length()));
            }
        }
        System.out.println(rule + ": noticed after " + harness.states() + " crash states: " + found);
        assertThat(found).as("%s in %d crash states", rule, harness.states()).isNotNull();
    }
}
