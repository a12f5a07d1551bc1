package dev.tidemark.engine.pipeline;

import java.util.concurrent.locks.LockSupport;

/** The worker's part of checkpoints on a thread of its own. */
final class CheckpointThread implements AutoCloseable {
    private final Checkpointer checkpoints;
    private final Thread thread;
    private volatile boolean closed;

    /**
     * @param turnSoon gives PLACE a turn
     */
    CheckpointThread(Checkpointer checkpoints, Runnable turnSoon) {
        this.checkpoints = checkpoints;
        thread = new Thread(this::run, "tidemark-checkpoint");
        thread.setDaemon(true);
        checkpoints.wakers(() -> LockSupport.unpark(thread), turnSoon);
        thread.start();
    }

    private void run() {
        while (!closed) {
            if (!checkpoints.work()) {
                LockSupport.park(this);
                Thread.interrupted(); // an embedder's callback may have interrupted this thread; a park would only spin
            }
        }
    }

    /** Ends the thread, after the piece of work that it is at. */
    @Override
    public void close() {
        closed = true;
        checkpoints.wakers(() -> {}, () -> {});
        boolean interrupted = false;
        while (thread.isAlive()) {
            LockSupport.unpark(thread);
            try {
                thread.join(1);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
