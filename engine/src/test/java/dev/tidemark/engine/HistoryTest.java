package dev.tidemark.engine;

import dev.tidemark.engine.history.Inspector;
import dev.tidemark.engine.history.Model;
import dev.tidemark.engine.history.Order;
import dev.tidemark.engine.history.Runner;
import dev.tidemark.engine.history.Setup;
import dev.tidemark.engine.history.Step;
import dev.tidemark.engine.history.Steps;
import dev.tidemark.storage.sim.SimStorage;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Random histories against a model of plain maps. */
class HistoryTest {
    @Test
    @Tag("quick")
    void shouldHoldWhatTheModelHoldsAfterRandomHistories() {
        long steps = 0;
        for (long seed = 1; seed <= Integer.getInteger("tidemark.test.histories", 40); seed++) {
            List<Step> history = Steps.draw(seed, 300);
            long itsSeed = seed;
            Shrinking.check(seed, history, some -> check(itsSeed, some));
            steps += history.size();
        }
        System.out.println("histories: " + steps + " steps");
    }

    private static void check(long seed, List<Step> steps) {
        try {
            SimStorage device = new SimStorage(seed);
            Setup setup = Setup.varied(seed);
            Store.init(setup.on(device));
            Model start = new Model(setup.blockSizeBytes());
            Runner runner = new Runner(device, setup, start, request -> {});
            runner.run(steps);
            Order order = Order.of(device, start, 0, runner);
            try (Store store = Store.open(setup.on(device))) {
                String difference =
                        Inspector.difference(store, order.picture(store.status().appliedSeq()));
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
