package dev.tidemark.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.engine.history.Inspector;
import dev.tidemark.engine.history.Model;
import dev.tidemark.engine.history.Order;
import dev.tidemark.engine.history.Runner;
import dev.tidemark.engine.history.Setup;
import dev.tidemark.engine.history.Step;
import dev.tidemark.engine.history.Steps;
import dev.tidemark.storage.sim.SimStorage;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Random histories against a model of plain maps. */
class HistoryTest {
    @Test
    @Tag("quick")
    void shouldHoldWhatTheModelHoldsAfterRandomHistories() {
        long steps = 0;
        Map<String, Integer> seen = new TreeMap<>();
        for (long seed = 1; seed <= Integer.getInteger("tidemark.test.histories", 40); seed++) {
            List<Step> history = Steps.draw(seed, 300);
            long itsSeed = seed;
            Shrinking.check(seed, history, some -> check(itsSeed, some, seen));
            steps += history.size();
        }
        System.out.println("histories: " + steps + " steps, in them " + seen);
        assertThat(seen)
                .containsOnlyKeys(
                        "busy",
                        "clients sent away",
                        "close with requests in flight",
                        "condition that did not hold",
                        "condition that held",
                        "label",
                        "request repeated",
                        "several commands in one message",
                        "shrink inside a mapped block");
    }

    /**
     * The model took later zeroes for those that had waited for space: in 328 they were refused at a close, in 1288
     * they had found nothing to do. In 2996 a write is refused for two reasons.
     */
    @Test
    void shouldHoldItAfterHistoriesThatOnceDiffered() {
        for (long seed : new long[] {328, 1288, 2996}) {
            Shrinking.check(seed, Steps.draw(seed, 300), some -> check(seed, some, new TreeMap<>()));
        }
    }

    private static void check(long seed, List<Step> steps, Map<String, Integer> seen) {
        try {
            SimStorage device = new SimStorage(seed);
            Setup setup = Setup.varied(seed);
            Store.init(setup.on(device));
            Model start = new Model(setup.blockSizeBytes());
            Runner runner = new Runner(device, setup, start, request -> {});
            runner.run(steps);
            Order order = Order.withDigests(device, start, 0, runner);
            order.seen().forEach((what, count) -> seen.merge(what, count, Integer::sum));
            try (Store store = Store.open(setup.on(device))) {
                long seq = store.status().appliedSeq();
                assertThat(Hooks.digest(store))
                        .as("digest of a fresh replay (G11)")
                        .isEqualTo(order.digest(seq));
                String difference = Inspector.difference(store, order.picture(seq));
                if (difference != null) {
                    throw new AssertionError(difference);
                }
            }
            device.checkUsers();
        } catch (java.io.IOException e) {
            throw new AssertionError(e);
        }
    }
}
