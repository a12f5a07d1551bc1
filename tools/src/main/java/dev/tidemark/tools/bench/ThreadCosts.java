package dev.tidemark.tools.bench;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Heap bytes that the calling thread and the store's threads have allocated, and the processor time that they have
 * used, from its making to {@link #pause}. Processor time tells what a store costs even where other programs share the
 * machine.
 */
final class ThreadCosts {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final String STORE_THREADS = "tidemark-";
    /** The others work for a segment or a checkpoint at a time. */
    private static final Set<String> REQUEST_THREADS =
            Set.of("tidemark-place", "tidemark-journal", "tidemark-read", "tidemark-ahead");

    private final List<Thread> threads = new ArrayList<>();
    private final long[] bytes;
    private final long[] nanos;

    /** Begins to count. */
    ThreadCosts() {
        threads.add(Thread.currentThread());
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread.getName().startsWith(STORE_THREADS)) {
                threads.add(thread);
            }
        }
        bytes = new long[threads.size()];
        nanos = new long[threads.size()];
        resume();
    }

    /** Counts again, after {@link #pause}. */
    void resume() {
        for (int i = bytes.length - 1; i >= 0; i--) {
            nanos[i] -= nanos(i); // allocates on the calling thread, whose bytes are asked for last
        }
        for (int i = bytes.length - 1; i >= 0; i--) {
            bytes[i] -= bytes(i);
        }
    }

    /** Counts no more; now the sums can be asked for. */
    void pause() {
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] += bytes(i); // the calling thread's first, before this allocates for itself
        }
        for (int i = 0; i < bytes.length; i++) {
            nanos[i] += nanos(i);
        }
    }

    private long bytes(int index) {
        return THREADS.getThreadAllocatedBytes(threads.get(index).getId());
    }

    private long nanos(int index) {
        return THREADS.getThreadCpuTime(threads.get(index).getId());
    }

    /** Heap bytes of the calling thread and of those that every request passes: what an operation allocates. */
    long requestBytes() {
        long sum = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (i == 0 || REQUEST_THREADS.contains(threads.get(i).getName())) {
                sum += bytes[i];
            }
        }
        return sum;
    }

    /** Processor time of the calling thread. */
    long callersNanos() {
        return nanos[0];
    }

    /** What one thread cost. */
    interface Sink {
        /**
         * Takes a thread's name without the store's prefix, the calling one as {@code caller}, its processor time and
         * its heap bytes.
         */
        void cost(String thread, long nanos, long bytes);
    }

    /** Gives the costs of each thread; where several stores are open, of those of one name together. */
    void each(Sink sink) {
        Map<String, long[]> sums = new LinkedHashMap<>();
        for (int i = 0; i < nanos.length; i++) {
            String name = i == 0 ? "caller" : threads.get(i).getName().substring(STORE_THREADS.length());
            long[] sum = sums.computeIfAbsent(name, absent -> new long[2]);
            sum[0] += nanos[i];
            sum[1] += bytes[i];
        }
        sums.forEach((name, sum) -> sink.cost(name, sum[0], sum[1]));
    }
}
