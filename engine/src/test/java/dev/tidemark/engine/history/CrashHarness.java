package dev.tidemark.engine.history;

import dev.tidemark.engine.Hooks;
import dev.tidemark.engine.Store;
import dev.tidemark.engine.StoreOpenException;
import dev.tidemark.storage.sim.SimStorage;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Crashes a history at every storage operation, and what comes up after it again: the power is cut with a random part
 * of
 * what was not forced surviving, or the process dies and nothing is lost but what it had in memory. Each time the store
 * must open, equal the model after some prefix of the history that holds everything promised (G1, G2, G3), pass the
 * full check, and go on working.
 *
 * <p>A history is run twice: once to learn in which order its requests take effect, and once, the same to the
 * operation,
 * with the crashes.
 */
public final class CrashHarness {
    /** How much is tried. */
    public record Effort(int cutsPerOperation, int goOnEvery, int recoveryCrashEvery, int chainEvery, int chainSteps) {
        public static final Effort NORMAL = new Effort(2, 8, 24, 40, 25);
        /** Nothing goes on: for stores that delete the journal, from which the order of what goes on would be read. */
        public static final Effort WITHOUT_CHAINS = new Effort(2, 0, 24, 0, 0);
    }

    /** A store that crashed, went on, crashed and went on again: more teaches nothing new. */
    private static final int MAX_DEPTH = 2;
    /** Of the stores that do not go on, one in so many loses power again right after a flush. */
    private static final int SECOND_LIFE_EVERY = 4;

    private final Effort effort;
    private final AtomicLong states = new AtomicLong();
    private final AtomicLong inRecovery = new AtomicLong();
    private final AtomicLong chains = new AtomicLong();

    public CrashHarness(Effort effort) {
        this.effort = effort;
    }

    /** Crash states checked so far; any thread. */
    public long states() {
        return states.get();
    }

    /** Of those, crashes inside a recovery. */
    public long inRecovery() {
        return inRecovery.get();
    }

    /** Of those, how many histories began on a store that a crash had left. */
    public long chains() {
        return chains.get();
    }

    /** Runs a history with all its crashes; throws {@link AssertionError} at the first violation. */
    public void run(Setup setup, List<Step> steps) {
        SimStorage device = setup.prepare(new SimStorage(setup.seed));
        try {
            crashInit(setup, device);
            new Life(setup, device, new Model(setup.blockSizeBytes), 0, steps, 0).run();
        } catch (IOException e) {
            throw new AssertionError("seed " + setup.seed + ": " + e, e);
        }
    }

    /** A store that is being made is there whole or not at all. */
    private void crashInit(Setup setup, SimStorage device) throws IOException {
        String[] violation = new String[1];
        device.observe((storage, number, kind, name) -> {
            for (int i = 0; i < effort.cutsPerOperation && violation[0] == null; i++) {
                SimStorage left = storage.afterPowerCut(number * 31 + i);
                violation[0] = initDifference(setup, left);
            }
        });
        Store.init(setup.on(device));
        device.observe(null);
        if (violation[0] != null) {
            throw new AssertionError("seed " + setup.seed + ", crash while the store was made: " + violation[0]);
        }
    }

    private String initDifference(Setup setup, SimStorage left) {
        states.incrementAndGet();
        try {
            if (!Store.exists(setup.on(left))) {
                Store.init(setup.seed(setup.seed + 1).on(left)); // its luck is another one than the first time
            }
            Store store = Store.open(setup.on(left));
            String difference = Inspector.difference(store, List.of());
            store.close();
            Hooks.dispose(store);
            return difference;
        } catch (StoreOpenException e) {
            return e.toString();
        }
    }

    /** One run of a history on a device as it was left. */
    private final class Life {
        private final Setup setup;
        private final SimStorage device;
        private final Model start;
        private final long startSeq;
        private final List<Step> steps;
        private final int depth;
        private Order order;
        private Runner runner;
        private long promised;
        private long applied;
        private String violation;
        private long tried;

        Life(Setup setup, SimStorage device, Model start, long startSeq, List<Step> steps, int depth) {
            this.setup = setup;
            this.device = device;
            this.start = start;
            this.startSeq = startSeq;
            this.steps = steps;
            this.depth = depth;
        }

        void run() throws IOException {
            SimStorage rehearsal = setup.prepare(device.afterProcessDeath());
            Runner learning = new Runner(rehearsal, setup.again().forgetful(false), start, request -> {});
            learning.run(steps);
            Hooks.dispose(learning.store());
            order = Order.withDigests(rehearsal, start, startSeq, learning);
            promised = startSeq;
            applied = startSeq;
            SimStorage stage = setup.prepare(device.afterProcessDeath());
            runner = new Runner(stage, setup.again(), start, request -> answered(learning.requests, request));
            stage.observe((storage, number, kind, name) -> crash(storage, number));
            runner.run(steps);
            Hooks.dispose(runner.store());
            stage.observe(null);
            crash(stage, stage.operations());
            boolean same = setup.isForgetful() || stage.fingerprint() == rehearsal.fingerprint();
            if (violation == null && !same) {
                violation = "the second run was not the same as the first";
            }
            if (violation != null) {
                throw new AssertionError("seed " + setup.seed + " depth " + depth + ": " + violation);
            }
        }

        /** What an answer promises: see G1 and G2. */
        private void answered(List<Request> learned, Request now) {
            Request request = learned.get(now.index);
            if (!request.toString().equals(now + (request.seq == 0 ? "" : " seq=" + request.seq))) {
                violation = "the second run answered " + now + ", the first " + request;
            }
            boolean decidedOnState = request.kind == Request.Kind.MESSAGE;
            boolean flushed = request.isOk() && (request.fua || request.kind == Request.Kind.FLUSH);
            if (!decidedOnState && !flushed) {
                return;
            }
            promised = Math.max(promised, request.seq);
            for (Request earlier : learned.subList(0, request.index)) {
                boolean before = earlier.answered < request.submitted
                        || (decidedOnState && earlier.kind == Request.Kind.MESSAGE);
                if (before) {
                    promised = Math.max(promised, earlier.seq);
                }
            }
        }

        private void crash(SimStorage storage, long number) {
            if (violation != null) {
                return;
            }
            if (runner.store() != null) {
                applied = Math.max(applied, runner.store().status().appliedSeq());
                promised = Math.max(promised, runner.store().status().durableSeq());
            }
            for (int i = 0; i < effort.cutsPerOperation && violation == null; i++) {
                judge(storage.afterPowerCut(number * 31 + i), "power cut " + i + " before operation " + number);
            }
            if (violation == null) {
                judge(storage.afterProcessDeath(), "process death before operation " + number);
            }
        }

        private void judge(SimStorage left, String how) {
            tried++;
            states.incrementAndGet();
            long turn = tried + setup.seed;
            if (effort.recoveryCrashEvery > 0 && turn % effort.recoveryCrashEvery == 0) {
                SimStorage inner = left.afterProcessDeath();
                inner.observe((storage, number, kind, name) -> crashInRecovery(storage, number, how));
                open(inner, how, false);
                if (violation != null) {
                    return;
                }
            }
            open(left, how, effort.goOnEvery > 0 && turn % effort.goOnEvery == 0);
        }

        private void crashInRecovery(SimStorage storage, long number, String how) {
            if (violation != null) {
                return;
            }
            states.addAndGet(2);
            inRecovery.addAndGet(2);
            open(storage.afterPowerCut(number * 37), how + ", power cut again in recovery before " + number, false);
            if (violation == null) {
                open(storage.afterProcessDeath(), how + ", death again in recovery before " + number, false);
            }
        }

        private void open(SimStorage left, String how, boolean goOn) {
            Setup own = setup.again();
            SimStorage untouched = goOn ? left.afterProcessDeath() : null;
            long seq;
            try {
                Store store = Store.open(own.on(left));
                left.observe(null);
                seq = store.status().appliedSeq();
                violation = difference(store, seq, how);
                if (violation == null && goOn) {
                    store.close();
                } else if (violation == null && (tried + setup.seed) % SECOND_LIFE_EVERY == 0) {
                    String difference = SecondLife.difference(store, left, setup, tried);
                    violation = difference == null ? null : how + ", a flushed write, power cut: " + difference;
                }
                Hooks.dispose(store);
            } catch (StoreOpenException | RuntimeException | AssertionError e) {
                violation = how + ": " + e + at(e);
                return;
            }
            if (goOn && violation == null) {
                goOn(untouched, seq, how);
            }
        }

        private String difference(Store store, long seq, String how) {
            String where = how + ", seq " + seq + " (promised " + promised + ", applied " + applied + "): ";
            if (seq < promised) {
                return where + "what was promised is lost";
            } else if (seq > applied) {
                return where + "there is more than was applied";
            }
            String digest = order.digest(seq);
            if (digest != null && !digest.equals(Hooks.digest(store))) {
                return where + "the state is not what a replay of the whole journal makes";
            }
            String difference = Inspector.difference(store, order.picture(seq));
            if (difference != null) {
                return where + difference;
            }
            List<String> findings = Hooks.check(store);
            return findings.isEmpty() ? null : where + findings;
        }

        /**
         * What is left after an open that came to its end. Before that, an event that only the page cache of a dead
         * process
         * holds is no promise: a power cut may still take it, and does so in the crashes inside the recovery.
         */
        private SimStorage recovered(SimStorage left) throws StoreOpenException {
            Store store = Store.open(setup.again().on(left));
            Hooks.dispose(store);
            return left.afterProcessDeath();
        }

        /** The store that the crash left goes on with a history of its own, some of them with crashes in turn. */
        private void goOn(SimStorage left, long seq, String how) {
            long chain = chains.getAndIncrement() + setup.seed;
            long itsSeed = setup.seed * 1_000_003 + tried;
            List<Step> more = Steps.draw(itsSeed, effort.chainSteps);
            Model model = order.modelAt(seq);
            try {
                boolean withCrashes = effort.chainEvery > 0 && chain % effort.chainEvery == 0;
                if (withCrashes && depth < MAX_DEPTH) {
                    new Life(setup, recovered(left), model, seq, more, depth + 1).run();
                    return;
                }
                Runner next = new Runner(left, setup.again(), model, request -> {});
                next.run(more);
                Hooks.dispose(next.store());
                Order itsOrder = Order.of(left, model, seq, next);
                Store store = Store.open(setup.again().on(left));
                long end = store.status().appliedSeq();
                boolean same = Hooks.digest(store).equals(itsOrder.digest(end));
                String difference = Inspector.difference(store, itsOrder.picture(end));
                List<String> findings = Hooks.check(store);
                store.close();
                Hooks.dispose(store);
                if (difference != null || !findings.isEmpty() || !same) {
                    String replay = same ? "" : ", the state is not what a replay of the whole journal makes";
                    violation = how + ", gone on: " + difference + findings + replay;
                }
            } catch (IOException | RuntimeException | AssertionError e) {
                violation = how + ", going on from seq " + seq + ": " + e + at(e);
            }
        }

        private static String at(Throwable e) {
            Throwable root = e;
            while (root.getCause() != null) {
                root = root.getCause();
            }
            StackTraceElement[] trace = root.getStackTrace();
            return " at " + List.of(trace).subList(0, Math.min(6, trace.length));
        }
    }
}
