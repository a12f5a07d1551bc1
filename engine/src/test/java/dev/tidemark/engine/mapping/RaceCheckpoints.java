package dev.tidemark.engine.mapping;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** One checkpoint after the other, on a thread of their own. */
final class RaceCheckpoints implements AutoCloseable {
    private static final long NONE = -1;

    private final PageStore pages;
    private final HeapSlots slots;
    private final ExecutorService thread = Executors.newSingleThreadExecutor();
    private Future<?> running;
    private long frozenInEpoch = NONE;

    RaceCheckpoints(PageStore pages, HeapSlots slots) {
        this.pages = pages;
        this.slots = slots;
    }

    /** The writer's part, between two events. */
    void turn(long epoch, long safeEpoch) {
        if (running != null && !running.isDone()) {
            return;
        }
        check();
        if (frozenInEpoch != NONE) {
            if (safeEpoch <= frozenInEpoch) {
                return;
            }
            slots.readersLeft();
        }
        HeapCheckpoint checkpoint = new HeapCheckpoint(pages, slots);
        frozenInEpoch = epoch;
        running = thread.submit(() -> {
            while (!checkpoint.step()) {
                Thread.onSpinWait();
            }
        });
    }

    private void check() {
        try {
            if (running != null) {
                running.get();
            }
        } catch (InterruptedException | ExecutionException e) {
            throw new AssertionError("the checkpoint failed", e);
        }
    }

    @Override
    public void close() {
        check();
        thread.shutdownNow();
    }
}
