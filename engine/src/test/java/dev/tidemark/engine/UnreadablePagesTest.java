package dev.tidemark.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.engine.history.Setup;
import dev.tidemark.storage.sim.Fault;
import dev.tidemark.storage.sim.Operation;
import dev.tidemark.storage.sim.SimStorage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Pages of metadata that can't be read while the store runs: what needs them is refused, or parked, and says which; all
 * else goes on; and once they can be read again, so does that.
 */
@Tag("quick")
class UnreadablePagesTest {
    private static final String METADATA = "store/metadata.data";
    private static final String PAGE = ".*(page|table).* slot \\d+.*";
    private static final int BLOCK = 4096;
    private static final int BLOCKS = 60;
    /** Far from each other: a page or two for each. */
    private static final long STRIDE = 1_000L * BLOCK;

    private final Setup setup =
            Setup.small(4).blockSize(BLOCK).capacity(8 << 20).withRareCheckpoints();
    private final SimStorage closed = new SimStorage(4);

    private record Step(String name, Consumer<Real> action) {}

    /** Requests to a store, on blocks of one value each. */
    private record Real(Store store) {
        void write(String volume, int block, int value) {
            store.volume(volume).write(block * STRIDE, filled(value));
        }

        void discard(String volume, int block) {
            store.volume(volume).discard(block * STRIDE, BLOCK);
        }

        /** Zeroes the second half of a block. */
        void zeroHalf(String volume, int block) {
            store.volume(volume).writeZeroes(block * STRIDE + BLOCK / 2, BLOCK / 2);
        }

        void send(String text) {
            String reply = store.send(text);
            if (reply.startsWith("error")) {
                throw new StoreException(reply.contains("code=failed") ? "failed" : "other", reply);
            }
        }
    }

    private static ByteBuffer filled(int value) {
        byte[] bytes = new byte[BLOCK];
        Arrays.fill(bytes, (byte) value);
        return ByteBuffer.wrap(bytes);
    }

    /** A store that was closed: nothing of it is in memory when it is opened. */
    @BeforeEach
    void fill() throws Exception {
        Store.init(setup.on(closed));
        try (Store store = Store.open(setup.on(closed))) {
            Real real = new Real(store);
            store.send("create disk size=1G; create other size=1G");
            for (int i = 0; i < BLOCKS; i++) {
                real.write("disk", i, 1);
                real.write("other", i, 2);
            }
            store.send("create snap origin=disk; create gone origin=other");
            for (int i = 0; i < BLOCKS; i += 2) {
                real.write("gone", i, 3);
            }
        }
    }

    private Store open(SimStorage device) throws StoreOpenException {
        return Store.open(setup.again().on(device));
    }

    private static int first(Store store, String volume, int block, int offset) {
        ByteBuffer target = ByteBuffer.allocate(1);
        store.volume(volume).read(block * STRIDE + offset, target);
        return target.get(0);
    }

    private static Fault unreadable() {
        return Fault.ioError().in(Operation.READ).on(METADATA);
    }

    private static void assertRefused(Runnable request) {
        assertThatThrownBy(request::run)
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.code()).isEqualTo("failed"))
                .hasMessageMatching(PAGE)
                .hasMessageContaining("Input/output error");
    }

    @Test
    void shouldRefuseWhatNeedsAPageAndGoOnWithTheRest() throws Exception {
        SimStorage device = closed.afterProcessDeath();
        try (Store store = open(device)) {
            Real real = new Real(store);
            assertThat(first(store, "other", 7, 0)).isEqualTo(2); // its pages are in memory from here on
            real.write("other", 7, 9);
            long seq = store.status().appliedSeq();
            device.plan(unreadable().always());
            assertRefused(() -> real.write("disk", 5, 4));
            assertRefused(() -> real.discard("disk", 5));
            assertRefused(() -> real.zeroHalf("disk", 5));
            assertRefused(() -> real.send("resize disk size=" + (30 * STRIDE + 512) + " shrink=true"));
            assertRefused(() -> first(store, "disk", 5, 0));
            assertThat(store.status().appliedSeq())
                    .as("nothing of it is an event")
                    .isEqualTo(seq);
            assertThat(store.failure()).isNull();
            real.write("other", 7, 10);
            assertThat(first(store, "other", 7, 0)).isEqualTo(10);
            real.send("create fresh size=1M");
            real.write("fresh", 0, 11);
            store.volume("fresh").flush();
            device.clearPlan();
            real.write("disk", 5, 4);
            real.discard("disk", 6);
            real.zeroHalf("disk", 8);
            real.send("resize disk size=" + (30 * STRIDE + 512) + " shrink=true");
            assertThat(first(store, "disk", 5, 0)).isEqualTo(4);
            assertThat(first(store, "disk", 6, 0)).isZero();
            assertThat(first(store, "disk", 8, 0)).isEqualTo(1);
            assertThat(first(store, "disk", 8, BLOCK - 1)).isZero();
            store.tick();
            assertThat(Hooks.check(store)).isEmpty();
        }
    }

    @Test
    void shouldParkAJobWhosePagesCantBeReadAndEndItAfterTheNextOpen() throws Exception {
        SimStorage device = closed.afterProcessDeath();
        try (Store store = open(device)) {
            Real real = new Real(store);
            device.plan(unreadable().always());
            real.send("delete gone");
            for (int i = 0; i < 5; i++) {
                store.tick();
            }
            assertThat(store.failure()).isNull();
            assertThat(store.send("status")).contains("parked_jobs=1");
            assertThat(store.send("jobs")).startsWith("ok").contains("rows=1");
            real.send("create fresh size=1M");
            device.clearPlan();
            real.send("delete snap"); // a job that comes later goes on and ends
            real.write("disk", 3, 5);
            for (int i = 0; i < 200; i++) {
                store.tick();
            }
            assertThat(store.send("jobs")).as("the parked one alone").contains("rows=1");
            assertThat(Hooks.check(store)).isEmpty();
        }
        try (Store store = open(device)) {
            for (int i = 0; i < 200; i++) {
                store.tick();
            }
            assertThat(store.send("jobs")).contains("rows=0");
            assertThat(store.send("status")).doesNotContain("parked_jobs");
            assertThat(first(store, "disk", 3, 0)).isEqualTo(5);
            assertThat(first(store, "other", 4, 0)).isEqualTo(2);
            assertThat(Hooks.check(store)).isEmpty();
        }
    }

    /** What is remembered of volumes that are gone lies in pages, too. */
    @Test
    void shouldRefuseADeleteWhoseVolumeCantBeRemembered() throws Exception {
        SimStorage device = closed.afterProcessDeath();
        try (Store store = open(device)) {
            store.send("delete snap");
            store.send("create fresh size=1M");
        }
        try (Store store = open(device)) {
            Real real = new Real(store);
            device.plan(unreadable().always());
            long seq = store.status().appliedSeq();
            assertRefused(() -> real.send("delete fresh"));
            assertRefused(() -> real.send("delete #3"));
            assertThat(store.status().appliedSeq())
                    .as("nothing of it is an event")
                    .isEqualTo(seq);
            assertThat(store.failure()).isNull();
            assertThat(store.send("status")).contains("gone=1");
            device.clearPlan();
            assertThat(store.send("delete #3"))
                    .contains("no-such-volume")
                    .contains("last named snap, was deleted at seq");
            real.send("delete fresh");
            assertThat(store.send("delete #5")).contains("last named fresh, was deleted at seq");
            assertThat(store.send("status")).contains("gone=2");
            assertThat(Hooks.check(store)).isEmpty();
        }
    }

    /**
     * One read after the other fails, and the next two: that of the look ahead, which says nothing, and of the request
     * itself. Only the request that needed it is refused, and may be sent again.
     */
    @Test
    void shouldHarmNothingElseWhicheverReadFails() throws Exception {
        List<Step> steps = List.of(
                new Step("a write", c -> c.write("disk", 9, 21)),
                new Step("a write over a shared page", c -> c.write("gone", 11, 22)),
                new Step("a discard", c -> c.discard("other", 13)),
                new Step("zeroes", c -> c.zeroHalf("snap", 15)),
                new Step("a snapshot", c -> c.send("create late origin=disk")),
                new Step("a shrink", c -> c.send("resize other size=" + (30 * STRIDE + 512) + " shrink=true")),
                new Step("a merge", c -> c.send("merge gone into=other")),
                new Step("a delete", c -> c.send("delete snap")),
                new Step("one more write", c -> c.write("disk", 17, 23)));
        int refused = 0;
        int parked = 0;
        for (int nth = 1; ; nth++) {
            SimStorage device = closed.afterProcessDeath();
            Store store = open(device);
            long before = device.operations(Operation.READ);
            device.plan(
                    unreadable().nth(nth),
                    unreadable().nth(nth + 1L),
                    unreadable().nth(nth + 2L));
            for (Step step : steps) {
                refused += tryAgain(step, new Real(store)) ? 1 : 0;
                store.tick();
            }
            for (int i = 0; i < 50; i++) {
                store.tick();
            }
            long reads = device.operations(Operation.READ) - before;
            assertThat(store.failure()).as("read " + nth).isNull();
            parked += store.send("status").contains("parked_jobs") ? 1 : 0;
            device.clearPlan();
            store.close();
            Hooks.dispose(store);
            requireContent(device, nth);
            if (nth > reads) {
                break;
            }
        }
        assertThat(refused).isGreaterThan(3); // pages that lie together are read together
        assertThat(parked).isPositive();
    }

    /** Whether it was refused at first. */
    private static boolean tryAgain(Step step, Real real) {
        for (int failures = 0; ; failures++) {
            try {
                step.action().accept(real);
                return failures > 0;
            } catch (StoreException e) {
                assertThat(e.code()).as(step.name()).isEqualTo("failed");
                assertThat(e).as(step.name()).hasMessageMatching(PAGE);
                assertThat(failures).as(step.name()).isLessThan(3);
            }
        }
    }

    private void requireContent(SimStorage device, int nth) throws Exception {
        try (Store store = open(device)) {
            for (int i = 0; i < 200; i++) {
                store.tick();
            }
            assertThat(store.send("jobs")).as("read " + nth).contains("rows=0");
            TreeMap<String, List<Integer>> found = new TreeMap<>();
            for (String volume : List.of("disk", "late", "other")) {
                List<Integer> bytes = new ArrayList<>();
                for (int block : List.of(0, 9, 10, 11, 12, 13, 15, 17)) {
                    bytes.add(first(store, volume, block, 0));
                }
                found.put(volume, bytes);
            }
            assertThat(found.get("disk")).isEqualTo(List.of(1, 21, 1, 1, 1, 1, 1, 23));
            assertThat(found.get("late")).isEqualTo(List.of(1, 21, 1, 1, 1, 1, 1, 1));
            assertThat(found.get("other")).isEqualTo(List.of(3, 2, 3, 22, 3, 2, 2, 2));
            assertThat(Hooks.check(store)).as("read " + nth).isEmpty();
        }
    }
}
