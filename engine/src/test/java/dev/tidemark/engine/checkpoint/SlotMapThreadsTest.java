package dev.tidemark.engine.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

/** Two threads release, and another one extends and frees, while checkpoints are taken. */
class SlotMapThreadsTest {
    private static final int CHECKPOINTS = 400;
    private static final int SLOTS = 2 * SlotMap.SLOTS_PER_PAGE;

    private final SlotMap map = new SlotMap();
    private final Queue<Integer> live = new ConcurrentLinkedQueue<>();
    /** 1 for a slot that is given out and not released. */
    private final AtomicIntegerArray states = new AtomicIntegerArray(SLOTS);

    private final CyclicBarrier start = new CyclicBarrier(4);
    private volatile boolean done;

    @Test
    void shouldLoseNothingAndGiveNothingOutTwice() throws Exception {
        map.extend(20_000);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            Future<?> checkpoints = threads.submit(this::takeCheckpoints);
            Future<?> writer = threads.submit(() -> release(4));
            Future<?> second = threads.submit(() -> release(5));
            Future<?> other = threads.submit(this::extendAndFree);
            get(checkpoints);
            get(writer);
            get(second);
            get(other);
        } finally {
            done = true;
            threads.shutdownNow();
        }
        checkpoint(new Random(1), ByteBuffer.allocate(MetadataFile.SLOT_BYTES));
        map.freeDead();
        assertThat(map.usedSlots()).isEqualTo(live.size() + map.pages());
        assertThat(map.deadSlots()).isZero();
        assertThat(map.freeSlots()).isEqualTo(map.limit() - 1 - map.usedSlots());
    }

    private static void get(Future<?> future) throws Exception {
        try {
            future.get();
        } catch (ExecutionException e) {
            throw new AssertionError(e.getCause());
        }
    }

    private Void takeCheckpoints() throws Exception {
        start.await();
        Random random = new Random(3);
        ByteBuffer bytes = ByteBuffer.allocate(MetadataFile.SLOT_BYTES);
        try {
            for (int i = 0; i < CHECKPOINTS; i++) {
                checkpoint(random, bytes);
            }
        } finally {
            done = true;
        }
        return null;
    }

    private void checkpoint(Random random, ByteBuffer bytes) {
        map.freeze();
        for (int i = 0; i < 20; i++) {
            long run = map.allocate(1 + random.nextInt(20));
            for (int j = 0; j < SlotMap.runLength(run); j++) {
                int slot = SlotMap.runFirst(run) + j;
                assertThat(states.getAndSet(slot, 1)).as("slot %s", slot).isZero();
                live.add(slot);
            }
        }
        assertThat(map.seal()).isTrue();
        for (int page = map.nextToWrite(0); page >= 0; page = map.nextToWrite(page + 1)) {
            bytes.clear();
            map.image(page, bytes);
            assertThat(states.get(map.pageSlot(page))).isZero();
            map.pageWritten(page, 0);
        }
        map.commit();
    }

    private Void release(long seed) throws Exception {
        start.await();
        Random random = new Random(seed);
        while (!done) {
            Integer slot = live.poll();
            if (slot != null) {
                states.set(slot, 0);
                if (random.nextBoolean()) {
                    map.release(slot);
                } else {
                    map.releaseDead(slot);
                }
            }
        }
        return null;
    }

    private Void extendAndFree() throws Exception {
        start.await();
        for (long slots = 20_000; !done; slots = Math.min(SLOTS, slots + 100)) {
            map.extend(slots);
            map.freeDead();
            assertThat(map.freeSlots()).isBetween(0L, slots);
        }
        return null;
    }
}
