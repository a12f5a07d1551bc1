package dev.tidemark.tools.bench;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;

/**
 * Heap bytes that the calling thread and the store's threads have allocated, and the processor time that they have
 * used, since this was made. Processor time tells what a store costs even where other programs share the machine.
 */
final class ThreadCosts {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final String STORE_THREADS = "tidemark-";

    private final List<Thread> threads = new ArrayList<>();
    private final long[] bytesBefore;
    private final long[] nanosBefore;

    /** Begins to count. */
    ThreadCosts() {
        threads.add(Thread.currentThread());
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread.getName().startsWith(STORE_THREADS)) {
                threads.add(thread);
            }
        }
        bytesBefore = new long[threads.size()];
        nanosBefore = new long[threads.size()];
        for (int i = 0; i < bytesBefore.length; i++) {
            bytesBefore[i] = bytes(i);
            nanosBefore[i] = nanos(i);
        }
    }

    private long bytes(int index) {
        return THREADS.getThreadAllocatedBytes(threads.get(index).getId());
    }

    private long nanos(int index) {
        return THREADS.getThreadCpuTime(threads.get(index).getId());
    }

    /** Heap bytes of all of them together. */
    long bytes() {
        long sum = 0;
        for (int i = 0; i < bytesBefore.length; i++) {
            sum += bytes(i) - bytesBefore[i];
        }
        return sum;
    }

    /** Processor time of the calling thread. */
    long callersNanos() {
        return nanos(0) - nanosBefore[0];
    }

    /** A thread's name without the store's prefix, and its processor time. */
    interface TimeSink {
        void time(String thread, long nanos);
    }

    /** Gives the processor time of each thread, the calling one as {@code caller}. */
    void times(TimeSink sink) {
        for (int i = 0; i < nanosBefore.length; i++) {
            String name = i == 0 ? "caller" : threads.get(i).getName().substring(STORE_THREADS.length());
            sink.time(name, nanos(i) - nanosBefore[i]);
        }
    }
}
