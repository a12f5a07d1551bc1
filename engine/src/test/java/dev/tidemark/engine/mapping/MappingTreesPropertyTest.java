package dev.tidemark.engine.mapping;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Random histories over several trees that share pages, against plain maps. */
class MappingTreesPropertyTest {
    private static final int QUICK_SEEDS = 60;
    private static final int SEEDS = 1_500;
    private static final int STEPS = 150;

    @Test
    @Tag("quick")
    void shouldHoldWhatThePlainMapsHoldQuick() {
        for (long seed = 1; seed <= QUICK_SEEDS; seed++) {
            playOrShrink(seed);
        }
    }

    @Test
    void shouldHoldWhatThePlainMapsHold() {
        for (long seed = 1_000; seed < 1_000 + SEEDS; seed++) {
            playOrShrink(seed);
        }
    }

    @Test
    void shouldDigestTheSameForTheSameHistoryAndAnotherForAnother() {
        for (long seed = 1; seed <= QUICK_SEEDS; seed++) {
            List<TreeStep> history = TreeStep.history(seed, STEPS);
            long once = digest(history, 1);
            assertThat(digest(history, 1)).isEqualTo(once);
            // Readers that stay longer, so that frames are reused elsewhere, change nothing.
            assertThat(digest(history, 3)).isEqualTo(once);
            List<TreeStep> other = new ArrayList<>(history);
            other.add(new TreeStep(TreeStep.Kind.PUT, 0, 0, 77, 1));
            assertThat(digest(other, 1)).isNotEqualTo(once);
        }
    }

    private static long digest(List<TreeStep> history, int recycleEvery) {
        try (TreeWorld world = new TreeWorld()) {
            int recycles = 0;
            for (TreeStep step : history) {
                if (step.kind() != TreeStep.Kind.RECYCLE || recycles++ % recycleEvery == 0) {
                    world.play(step);
                }
            }
            return world.digest();
        }
    }

    private static void playOrShrink(long seed) {
        List<TreeStep> history = TreeStep.history(seed, STEPS);
        Throwable failure = play(history);
        if (failure == null) {
            return;
        }
        List<TreeStep> smallest = new ArrayList<>(history);
        for (int part = smallest.size() / 2; part > 0; part /= 2) {
            for (int from = 0; from + part <= smallest.size(); ) {
                List<TreeStep> candidate = new ArrayList<>(smallest);
                candidate.subList(from, from + part).clear();
                Throwable other = play(candidate);
                if (other != null) {
                    smallest = candidate;
                    failure = other;
                } else {
                    from += part;
                }
            }
        }
        throw new AssertionError(
                "seed " + seed + " fails; " + smallest.size() + " of its steps do: " + smallest, failure);
    }

    private static Throwable play(List<TreeStep> history) {
        try (TreeWorld world = new TreeWorld()) {
            for (TreeStep step : history) {
                world.play(step);
            }
            world.checkAll();
            world.endAll();
            return null;
        } catch (RuntimeException | AssertionError e) {
            return e;
        }
    }
}
