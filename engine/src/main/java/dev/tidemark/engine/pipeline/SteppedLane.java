package dev.tidemark.engine.pipeline;

import java.util.ArrayDeque;

/** Both stages in the calling thread, in an order that repeats. One thread at a time. */
final class SteppedLane implements Lane {
    private final Stages stages;
    private final ArrayDeque<Request> queue = new ArrayDeque<>();
    private final Slot slot = new Slot();
    private boolean closed;

    SteppedLane(Stages stages) {
        this.stages = stages;
    }

    @Override
    public boolean submit(Request request) {
        if (closed) {
            return false;
        }
        queue.add(request);
        return true;
    }

    @Override
    public boolean submitAndWait(Request request) {
        return submit(request);
    }

    @Override
    public boolean isPlaceFree() {
        return false;
    }

    @Override
    public boolean isOwnThread() {
        return true; // waiting would wait for itself
    }

    boolean step(int most) {
        boolean placed = stepPlace(most);
        journal();
        stages.checkpoints().work();
        return placed;
    }

    boolean stepPlace(int most) {
        int taken = 0;
        while (taken < most && !queue.isEmpty()) {
            makeRoom();
            stages.place().place(queue.poll(), slot);
            taken++;
        }
        stages.place().endOfBatch();
        stages.checkpoints().work(); // it does not wait for JOURNAL, but where it has to
        return taken > 0;
    }

    void tick() {
        stages.place().endOfBatch();
        journal();
        stages.journal().tick();
        stages.checkpoints().work();
    }

    private void makeRoom() {
        if (!stages.place().hasRoom()) {
            journal();
        }
        while (!stages.place().hasRoom()) { // until a checkpoint has written the pages that memory is full of
            stages.place().makeRoom();
            stages.checkpoints().work();
            journal();
        }
    }

    private void journal() {
        slot.handOver(stages.journal());
        stages.journal().endOfBatch();
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        while (!queue.isEmpty()) {
            step(Integer.MAX_VALUE);
        }
        closed = true;
        stages.place().close(slot);
        journal();
        stages.journal().close();
        stages.checkpoints().close(this::journal);
    }
}
