package dev.tidemark.engine.mapping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The trees' histories again, in little memory, while checkpoints are being written. */
class PagedTreesPropertyTest {
    private static final int SEEDS = 150;
    private static final int STEPS = 400;

    @Test
    @Tag("quick")
    void shouldSaveEachMomentWhileTheTreesGoOn() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            playOrShrink(seed);
        }
    }

    @Test
    void shouldSayWhichPageCantBeRead() {
        HeapSlots slots = new HeapSlots();
        try (TreeWorld world = new TreeWorld(new PageStore(slots, 0))) {
            TreeStep.history(7, STEPS).forEach(world::play);
            HeapCheckpoint checkpoint = new HeapCheckpoint(world, slots);
            while (!checkpoint.step()) {
                // one step after the other
            }
            int failures = 0;
            for (int slot = 1; slot < slots.used(); slot++) {
                slots.unreadable = slot;
                try {
                    checkpoint.check(0);
                } catch (PageUnreadableException e) {
                    assertThat(e).hasMessageContaining("in slot " + slot + " ");
                    failures++;
                }
            }
            assertThat(failures).isPositive();
        }
    }

    @Test
    void shouldRefuseASecondFreezeBesideTheFirst() {
        try (TreeWorld world = new TreeWorld(new PageStore(new HeapSlots(), 0))) {
            world.pages.freeze(slot -> {});
            assertThatThrownBy(() -> world.pages.freeze(slot -> {})).isInstanceOf(IllegalStateException.class);
        }
    }

    private static void playOrShrink(long seed) {
        List<TreeStep> history = TreeStep.history(seed, STEPS);
        Throwable failure = play(history, seed);
        if (failure == null) {
            return;
        }
        List<TreeStep> smallest = new ArrayList<>(history);
        for (int part = smallest.size() / 2; part > 0; part /= 2) {
            for (int from = 0; from + part <= smallest.size(); ) {
                List<TreeStep> candidate = new ArrayList<>(smallest);
                candidate.subList(from, from + part).clear();
                Throwable other = play(candidate, seed);
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

    private static Throwable play(List<TreeStep> history, long seed) {
        SplittableRandom random = new SplittableRandom(seed * 31);
        HeapSlots slots = new HeapSlots();
        long budgetBytes = random.nextLong(1 << 20);
        try (TreeWorld world = new TreeWorld(new PageStore(slots, budgetBytes))) {
            HeapCheckpoint checkpoint = null;
            int pace = 1 + random.nextInt(30);
            for (TreeStep step : history) {
                world.play(step);
                if (step.kind() == TreeStep.Kind.RECYCLE) {
                    slots.readersLeft();
                }
                if (checkpoint == null && random.nextInt(20) == 0) {
                    checkpoint = new HeapCheckpoint(world, slots);
                }
                for (int i = 0; checkpoint != null && i < pace; i++) {
                    if (checkpoint.step()) {
                        checkpoint.check(random.nextLong(1 << 20));
                        checkpoint = null;
                    }
                }
                if (random.nextInt(4) == 0) {
                    world.pages.trim();
                }
            }
            while (checkpoint != null && !checkpoint.step()) {
                // one step after the other
            }
            world.checkAll();
            world.endAll();
            HeapCheckpoint last = new HeapCheckpoint(world, slots);
            while (!last.step()) {
                // one step after the other
            }
            last.check(0);
            slots.readersLeft();
            assertThat(slots.used()).isZero();
            return null;
        } catch (RuntimeException | AssertionError e) {
            return e;
        }
    }
}
