package dev.tidemark.engine.history;

import dev.tidemark.engine.Hooks;
import dev.tidemark.engine.Store;
import dev.tidemark.engine.StoreOpenException;
import dev.tidemark.storage.sim.Fault;
import dev.tidemark.storage.sim.SimStorage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;

/**
 * Runs a history once for each of its storage operations, with a fault in that operation, and checks what G9 and G10
 * ask
 * for: a store that stopped writes nothing more and acknowledges nothing more, its reads go on, and the next open has
 * everything that was promised; a store that did not stop has lost nothing but the requests that it refused.
 */
public final class FaultRun {
    private final Setup setup;
    private final List<Step> steps;
    private long faults;
    private long stops;

    public FaultRun(Setup setup, List<Step> steps) {
        this.setup = setup;
        this.steps = steps;
    }

    /** How many faults were tried. */
    public long faults() {
        return faults;
    }

    /** How many of them stopped the store. */
    public long stops() {
        return stops;
    }

    /**
     * Tries every {@code stride}-th operation.
     *
     * @param fault the fault at the operation of that number
     */
    public void run(LongFunction<Fault> fault, int stride) throws IOException {
        SimStorage device = new SimStorage(setup.seed);
        Store.init(setup.on(device));
        Model empty = new Model(setup.blockSizeBytes);
        SimStorage rehearsal = device.afterProcessDeath();
        Runner calm = new Runner(rehearsal, setup.again(), empty, request -> {});
        calm.run(steps);
        Order order = Order.of(rehearsal, empty, 0, calm);
        for (long at = setup.seed % stride; at < rehearsal.operations(); at += stride) {
            faults++;
            try {
                tryOne(device.afterProcessDeath(), fault.apply(at), order);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + setup.seed + ", " + fault.apply(at) + ": " + e, e);
            }
        }
    }

    private void tryOne(SimStorage stage, Fault fault, Order calm) throws IOException {
        stage.plan(fault);
        Model empty = new Model(setup.blockSizeBytes);
        List<String> wrong = new ArrayList<>();
        long[] stoppedAt = {-1};
        Runner[] self = new Runner[1];
        Runner runner = new Runner(stage, setup.again(), empty, request -> {
            boolean stopped = self[0].store().failure() != null;
            boolean writes = request.kind != Request.Kind.MESSAGE || !request.isOk();
            if (stopped && request.isOk()) {
                wrong.add("acknowledged after the store stopped: " + request + " " + writes);
            }
        });
        self[0] = runner;
        runner.onOpen(store -> store.addFailureListener(cause -> {
            stoppedAt[0] = stage.operations();
        }));
        runner.beforeClose(store -> {
            if (store.failure() != null) {
                long seq = store.status().appliedSeq();
                String difference = Inspector.contentDifference(store, calm.picture(seq));
                if (difference != null) {
                    wrong.add("reads after the stop: " + difference);
                }
            }
        });
        try {
            runner.run(steps);
        } catch (AssertionError e) {
            if (!(e.getCause() instanceof StoreOpenException)) {
                throw e;
            }
        }
        boolean stopped = stoppedAt[0] >= 0;
        if (stopped) {
            stops++;
            if (stage.operations() != stoppedAt[0]) {
                wrong.add("written after the store stopped: " + stage.log());
            }
        }
        if (!wrong.isEmpty()) {
            throw new AssertionError(wrong.toString());
        }
        stage.checkUsers(); // a store that stopped gives its files back as well
        stage.clearPlan();
        recover(stage.afterProcessDeath(), runner, "process death", stopped);
        recover(stage.afterPowerCut(faults), runner, "power cut", true);
        Hooks.dispose(runner.store());
    }

    private void recover(SimStorage left, Runner runner, String how, boolean lossy) throws IOException {
        Model empty = new Model(setup.blockSizeBytes);
        for (Request request : runner.requests) {
            request.seq = 0;
        }
        try (Store store = Store.open(setup.again().on(left))) {
            long seq = store.status().appliedSeq();
            Order order = lossy ? Order.ofFailed(left, empty, 0, runner) : Order.of(left, empty, 0, runner);
            boolean same = Hooks.digest(store).equals(order.digest(seq));
            String difference = Inspector.difference(store, order.picture(seq));
            List<String> findings = Hooks.check(store);
            if (difference != null || !findings.isEmpty() || !same) {
                throw new AssertionError(how + ": " + difference + findings + (same ? "" : ", another digest"));
            }
        } catch (StoreOpenException e) {
            throw new AssertionError(how + ": the store does not open: " + e.getMessage(), e);
        }
    }
}
