package dev.tidemark.tools.nbd;

import dev.tidemark.engine.StoreException;
import dev.tidemark.engine.Volume;
import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Threads and buffers, shared by all connections, for reads that wait for a disk. A read whose data is in memory takes
 * less time than handing it over; so connections read by themselves until they see that they wait. And larger buffers
 * for large reads, so that the store sees pieces that are worth two threads of its own.
 */
final class ReadHelpers implements AutoCloseable {
    /** The longest read that is handed over; longer ones keep a disk busy by themselves. */
    static final int BUFFER_BYTES = 128 << 10;

    /** Enough for one client at the usual depth of 32, or several; a disk gains little beyond. */
    private static final int THREADS = 32;

    /** Replies that wait to be sent hold their buffers: so some more of these than threads. 8 MiB in all. */
    private static final int BUFFERS = 64;

    private static final long IDLE_SECONDS = 10;

    /** The least that the store reads with two threads: it then takes half of the time. */
    static final int LARGE_PIECE_BYTES = 512 << 10;

    /** With room for headers, and for what is left of the piece before. */
    private static final int LARGE_BUFFER_BYTES = LARGE_PIECE_BYTES + (16 << 10);

    /** More large reads at once keep all cores busy without them. 8 MiB in all. */
    private static final int LARGE_BUFFERS = 16;

    private final Executor executor;
    private final ArrayBlockingQueue<Task> free = new ArrayBlockingQueue<>(BUFFERS);
    private final AtomicInteger made = new AtomicInteger();
    private final ArrayBlockingQueue<ByteBuffer> largeFree = new ArrayBlockingQueue<>(LARGE_BUFFERS);
    private final AtomicInteger largeMade = new AtomicInteger();

    ReadHelpers(Executor executor) {
        this.executor = executor;
    }

    /** Makes helpers with threads of their own, which are started when they are needed and end when they are not. */
    static ReadHelpers withThreads() {
        AtomicInteger number = new AtomicInteger();
        ThreadPoolExecutor threads = new ThreadPoolExecutor(
                THREADS, THREADS, IDLE_SECONDS, TimeUnit.SECONDS, new ArrayBlockingQueue<>(BUFFERS), task -> {
                    Thread thread = new Thread(task, "nbd-read-" + number.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
        return new ReadHelpers(threads);
    }

    /**
     * Hands a read over. The slot is completed when it ends; {@link Task#giveBack} must follow.
     *
     * @return the read, or null when there is no free buffer now, or no thread any more
     */
    Task submit(Volume volume, long offset, int length, InFlight inFlight, int slot) {
        Task task = free.poll();
        if (task == null) {
            if (made.incrementAndGet() > BUFFERS) {
                made.decrementAndGet();
                return null;
            }
            task = new Task(ByteBuffer.allocateDirect(BUFFER_BYTES));
        }
        task.volume = volume;
        task.offset = offset;
        task.inFlight = inFlight;
        task.slot = slot;
        task.buffer.clear().limit(length);
        try {
            executor.execute(task);
        } catch (RejectedExecutionException e) {
            task.giveBack();
            return null;
        }
        return task;
    }

    /** Returns a direct buffer with room for {@link #LARGE_PIECE_BYTES} and some headers, or null when all are used. */
    ByteBuffer takeLarge() {
        ByteBuffer buffer = largeFree.poll();
        if (buffer != null) {
            return buffer;
        }
        if (largeMade.incrementAndGet() > LARGE_BUFFERS) {
            largeMade.decrementAndGet();
            return null;
        }
        return ByteBuffer.allocateDirect(LARGE_BUFFER_BYTES);
    }

    /** Takes a buffer of {@link #takeLarge} back. */
    void giveLarge(ByteBuffer buffer) {
        largeFree.add(buffer);
    }

    /** Returns how many reads were handed over and not given back, and how many large buffers are used. */
    int inUse() {
        return made.get() - free.size() + largeMade.get() - largeFree.size();
    }

    @Override
    public void close() {
        if (executor instanceof ThreadPoolExecutor threads) {
            threads.shutdown();
        }
    }

    /** One read and its buffer. */
    final class Task implements Runnable {
        private final ByteBuffer buffer;
        private Volume volume;
        private long offset;
        private InFlight inFlight;
        private int slot;

        private Task(ByteBuffer buffer) {
            this.buffer = buffer;
        }

        @Override
        public void run() {
            StoreException failure = null;
            try {
                volume.read(offset, buffer);
                buffer.position(0);
            } catch (StoreException e) {
                failure = e;
            } catch (RuntimeException | Error e) {
                failure = new StoreException(StoreException.FAILED, "the read failed: " + e, e);
            }
            inFlight.completed(slot, failure);
        }

        long offset() {
            return offset;
        }

        /** Returns what was read, from position to limit. */
        ByteBuffer data() {
            return buffer;
        }

        /** Ends the use of it and its buffer. */
        void giveBack() {
            volume = null;
            inFlight = null;
            free.add(this);
        }
    }
}
