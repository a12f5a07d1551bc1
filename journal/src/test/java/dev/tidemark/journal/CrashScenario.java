package dev.tidemark.journal;

import dev.tidemark.storage.sim.Fault;
import dev.tidemark.storage.sim.Operation;
import dev.tidemark.storage.sim.SimStorage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.collections.LongHashSet;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * One workload on a simulated device, and what is left of it after a power cut or the process's death at every
 * operation: each crash state is recovered, compared with a plain list, continued, and cut again within the recovery.
 */
final class CrashScenario {
    enum Kind {
        APPEND,
        FORCE,
        MARK,
        CHECKPOINT,
        REOPEN
    }

    /** A step of a workload; {@code value} is a payload's length, or which boundary a checkpoint takes. */
    record Step(Kind kind, int value) {
        @Override
        public String toString() {
            return kind + "(" + value + ")";
        }
    }

    /** A frame with events, as the list holds it. */
    private record Print(long offset, long end, long seq, int count, int type, long home, long hash) {
        static Print of(Frame frame) {
            long hash = hash(frame);
            return new Print(
                    frame.offset(),
                    frame.endOffset(),
                    frame.firstSeq(),
                    frame.count(),
                    frame.type(),
                    frame.homeDurableUpTo(),
                    hash);
        }

        private static long hash(Frame frame) {
            long hash = frame.payloadLength();
            for (int i = 0; i < frame.payloadLength(); i++) {
                hash = hash * 31 + frame.buffer().getByte(frame.payloadOffset() + i);
            }
            return hash;
        }
    }

    /** What the user of a journal knows at a moment. */
    private static final class Model {
        final List<Print> frames = new ArrayList<>();
        Known known = new Known(0, 0, 0, TestJournals.STORE);

        /** The end of what was acknowledged as durable. */
        long acknowledged;

        Model copy(int size) {
            Model copy = new Model();
            copy.frames.addAll(frames.subList(0, size));
            copy.known = known;
            copy.acknowledged = acknowledged;
            return copy;
        }

        int indexOf(long offset) {
            int index = 0;
            while (index < frames.size() && frames.get(index).end <= offset) {
                index++;
            }
            return index;
        }
    }

    /** Cuts within the recovery from a cut, and in some of those again. */
    private static final int NESTED_DEPTH = 2;

    private final long seed;
    private final List<Step> steps;
    private final JournalConfig config;
    private final int survivals;
    private final LongHashSet states;
    private final AtomicLong nonce = new AtomicLong();

    CrashScenario(long seed, List<Step> steps, int survivals, LongHashSet states) {
        this.seed = seed;
        this.steps = steps;
        this.survivals = survivals;
        this.states = states;
        this.config = config(seed);
    }

    private static JournalConfig config(long seed) {
        RetentionPolicy[] policies = {RetentionPolicy.NONE, RetentionPolicy.ALL, RetentionPolicy.ofBytes(50_000)};
        return TestJournals.tiny()
                .segmentBytes(isBulk(seed) ? 64 << 10 : (seed & 1) == 0 ? 16 << 10 : 24 << 10)
                .maxPayloadBytes(3000)
                .preparedSegments((seed & 2) == 0 ? 1 : 2)
                .retention(policies[Math.floorMod(seed >> 2, policies.length)])
                .build();
    }

    /** Some workloads append more at a time than the staging buffer holds, so that unforced bytes reach the file. */
    private static boolean isBulk(long seed) {
        return seed % 3 == 0;
    }

    static List<Step> randomSteps(long seed, int count) {
        Random random = new Random(seed);
        List<Step> steps = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int dice = random.nextInt(isBulk(seed) ? 70 : 100);
            if (dice < 62) {
                int length = random.nextInt(4) == 0 || isBulk(seed) ? random.nextInt(3000) : random.nextInt(200);
                steps.add(new Step(Kind.APPEND, length));
            } else if (dice < 82) {
                steps.add(new Step(Kind.FORCE, 0));
            } else if (dice < 88) {
                steps.add(new Step(Kind.MARK, 0));
            } else if (dice < 96) {
                steps.add(new Step(Kind.CHECKPOINT, random.nextInt(100)));
            } else {
                steps.add(new Step(Kind.REOPEN, 0));
            }
        }
        return steps;
    }

    void run() throws IOException {
        SimStorage storage = new SimStorage(seed);
        storage.refuseUnwrittenReads();
        Model model = new Model();
        Journal journal = TestJournals.create(storage, config);
        Journal[] open = {journal};
        storage.observe((device, number, kind, name) -> crash(device, open[0], model, number));
        for (Step step : steps) {
            open[0] = perform(storage, open[0], model, step);
            model.acknowledged = Math.max(model.acknowledged, open[0].durableOffset());
        }
        crash(storage, open[0], model, storage.operations());
        open[0].close();
        model.acknowledged = open[0].durableOffset();
        storage.observe(null);
        storage.checkUsers();
        List<Print> all = recoverAndCompare(storage, model, model.frames.size(), "after the close");
        require(
                all.size() == model.frames.size() - model.indexOf(model.known.floorOffset()),
                "a closed journal lost frames");
    }

    private Journal perform(SimStorage storage, Journal journal, Model model, Step step) throws IOException {
        switch (step.kind) {
            case APPEND -> append(journal, model, step.value);
            case FORCE -> journal.force();
            case MARK -> journal.mark();
            case CHECKPOINT -> checkpoint(journal, model, step.value);
            case REOPEN -> {
                journal.close();
                model.acknowledged = Math.max(model.acknowledged, journal.durableOffset());
                return Journal.recover(storage, config, model.known).begin();
            }
        }
        return journal;
    }

    private void append(Journal journal, Model model, int length) throws IOException {
        long seq = journal.lastSeq() + 1;
        int count = (int) (seq % 3);
        byte[] payload = TestJournals.payload(nonce.incrementAndGet(), length);
        int type = (int) (nonce.get() % 1000);
        long end = journal.append(type, seq, count, seq * 3, new UnsafeBuffer(payload), 0, length);
        long hash = length;
        for (byte b : payload) {
            hash = hash * 31 + b;
        }
        long offset = end - FrameDescriptor.frameBytes(length);
        model.frames.add(new Print(offset, end, seq, count, type, seq * 3, hash));
    }

    /**
     * The caller makes a checkpoint durable elsewhere, at a frame's end or at the durable offset, and then releases.
     */
    private static void checkpoint(Journal journal, Model model, int choice) throws IOException {
        long durable = journal.durableOffset();
        int last = model.indexOf(durable);
        long floor = durable;
        int index = last;
        if (choice % 2 == 0 && last > 0) {
            index = Math.max(1, last - choice % 5);
            floor = model.frames.get(index - 1).end;
        }
        if (floor <= model.known.floorOffset()) {
            return;
        }
        long seq = 0;
        for (Print print : model.frames.subList(0, index)) {
            seq = print.seq + print.count - 1;
        }
        model.known = new Known(floor, seq, durable, TestJournals.STORE);
        journal.releaseBelow(floor);
    }

    /** The crash states of one moment of the workload. */
    private void crash(SimStorage device, Journal journal, Model model, long number) {
        Model then = model.copy(model.frames.size());
        then.acknowledged = Math.max(then.acknowledged, journal.durableOffset());
        for (int i = 0; i < survivals; i++) {
            SimStorage after = device.afterPowerCut(number * 31 + i);
            check(after, then, NESTED_DEPTH, "power cut " + i + " at operation " + number);
        }
        check(device.afterProcessDeath(), then, NESTED_DEPTH, "death at operation " + number);
    }

    private void check(SimStorage device, Model model, int depth, String where) {
        try {
            states.add(device.fingerprint());
            List<Print> found = recoverAndCompare(device, model, model.frames.size(), where);
            if (depth > 0) {
                if (device.seed() % 5 == 0) {
                    failAForce(device.afterProcessDeath(), model, found, depth - 1, where);
                }
                goOn(device, model, found, depth, where);
            }
        } catch (IOException e) {
            throw new AssertionError(where + ": " + e + "\n" + device.log(), e);
        }
    }

    /** Recovers without changing anything; the frames from the floor on. */
    private List<Print> recoverAndCompare(SimStorage device, Model model, int most, String where) throws IOException {
        List<Print> found = new ArrayList<>();
        try (JournalRecovery recovery = Journal.recover(device, config, model.known)) {
            recovery.replay(0, frame -> found.add(Print.of(frame)));
            int floor = model.indexOf(model.known.floorOffset());
            List<Print> expected = model.frames.subList(floor, Math.min(most, floor + found.size()));
            if (!found.equals(expected)) {
                throw new AssertionError(where + ": not a prefix: " + found + " of " + model.frames);
            }
            long end = recovery.endOffset();
            require(end >= model.acknowledged, where + ": ends at " + end + " before " + model.acknowledged);
        }
        return found;
    }

    /** Begins again after a crash, appends, and is cut again at every operation of that. */
    private void goOn(SimStorage device, Model model, List<Print> found, int depth, String where) throws IOException {
        int kept = model.indexOf(model.known.floorOffset()) + found.size();
        Model next = model.copy(kept);
        Journal[] open = {null};
        Random random = new Random(device.seed());
        boolean deep = depth > 1 && random.nextInt(4) == 0;
        device.observe((current, number, kind, name) -> {
            if (depth > 1 || random.nextInt(6) == 0) {
                cutAgain(current, open[0], next, random.nextLong(), deep ? depth - 1 : 0, where + ", then " + number);
            }
        });
        try (JournalRecovery recovery = Journal.recover(device, config, model.known);
                Journal journal = recovery.begin()) {
            open[0] = journal;
            next.acknowledged = Math.max(next.acknowledged, recovery.endOffset());
            append(journal, next, random.nextInt(300));
            journal.force();
            append(journal, next, random.nextInt(3000));
            append(journal, next, random.nextInt(100));
        }
        device.observe(null);
        device.checkUsers();
        next.acknowledged = open[0].durableOffset();
        List<Print> all = recoverAndCompare(device, next, next.frames.size(), where + ", gone on");
        require(
                all.size() == next.frames.size() - next.indexOf(next.known.floorOffset()),
                where + ": frames lost after going on");
    }

    /** Begins again, and a force fails: the next process finds in the cache what the disk does not have. */
    private void failAForce(SimStorage device, Model model, List<Print> found, int depth, String where)
            throws IOException {
        Model next = model.copy(model.indexOf(model.known.floorOffset()) + found.size());
        Random random = new Random(device.seed());
        Operation kind = random.nextInt(4) == 0 ? Operation.SYNC_DIRECTORY : Operation.FORCE;
        device.plan(Fault.ioError().in(kind).nth(1 + random.nextInt(5)));
        Journal journal = null;
        try (JournalRecovery recovery = Journal.recover(device, config, model.known)) {
            journal = recovery.begin();
            next.acknowledged = Math.max(next.acknowledged, recovery.endOffset());
            for (int i = 0; i < 8; i++) {
                append(journal, next, random.nextInt(3000));
                journal.force();
            }
        } catch (IOException e) {
            if (journal != null) {
                next.acknowledged = Math.max(next.acknowledged, journal.durableOffset());
                closeFailed(journal);
            }
        }
        check(device.afterProcessDeath(), next, depth, where + ", force failed, death");
        check(device.afterPowerCut(random.nextLong()), next, depth, where + ", force failed, power cut");
    }

    private static void closeFailed(Journal journal) throws IOException {
        long durable = journal.durableOffset();
        boolean failed = journal.failure() != null;
        journal.close();
        require(!failed || journal.durableOffset() == durable, "acknowledged after the failure");
    }

    private void cutAgain(SimStorage current, Journal journal, Model model, long choice, int depth, String where) {
        Model then = model.copy(model.frames.size());
        if (journal != null) {
            then.acknowledged = Math.max(then.acknowledged, journal.durableOffset());
        }
        SimStorage after = choice % 8 == 0 ? current.afterProcessDeath() : current.afterPowerCut(choice);
        check(after, then, depth, where);
    }

    private static void require(boolean holds, String text) {
        if (!holds) {
            throw new AssertionError(text);
        }
    }

    /** What to look at when it failed. */
    String describe() {
        return "seed " + seed + ", steps " + Arrays.toString(steps.toArray());
    }
}
