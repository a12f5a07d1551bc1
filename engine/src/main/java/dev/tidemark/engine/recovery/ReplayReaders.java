package dev.tidemark.engine.recovery;

import dev.tidemark.engine.mapping.MappingRoot;
import dev.tidemark.engine.mapping.PagePrefetch;
import dev.tidemark.engine.mapping.PageUnreadableException;
import dev.tidemark.engine.state.State;
import dev.tidemark.engine.volume.LiveVolume;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Reads the pages that a window of events will touch, many at a time: a disk answers many reads as fast as one, and the
 * applier, which meets one page after the other, would wait for each. Only while no event is applied, so the trees
 * stand still, and the state becomes the same whatever was read.
 *
 * <p>A hint: pages that don't fit memory are left, and one that can't be read is left to the applier to say so.
 */
final class ReplayReaders implements AutoCloseable {
    /** Reads in flight: from there on a solid-state disk answers hardly faster. Each thread has a page to read into. */
    static final int THREADS = 16;

    /** Everything on the thread that replays, in an order that repeats: for stepped stores. */
    static final int SAME_THREAD = 0;

    /** Neighbours share pages on their paths: so many targets are one thread's. */
    private static final int CLAIM = 8;

    private static final int COUNTS_CLAIM = 32;
    /** Larger ranges are cut out of the tree rather than given back block by block; the ends say what is needed. */
    private static final int MOST_UNMAPPED = 1024;

    private final State state;
    private final PagePrefetch prefetch;
    private final int threads;
    private ExecutorService pool;

    ReplayReaders(State state, int threads) {
        this.state = state;
        this.threads = threads;
        prefetch = new PagePrefetch(state.pages(), state.space(), true);
    }

    /** Reads what the window's events will touch. The state's thread; returns when no other one looks at the state. */
    void bringIn(ReplayWindow window) {
        List<ReplayWindow.Target> targets = window.targets();
        share(targets.size(), CLAIM, i -> bringIn(targets.get(i)));
        long[] counted = window.countedBlocks();
        share(counted.length, COUNTS_CLAIM, i -> state.space().prefetch(counted[i], true));
    }

    private interface Work {
        void at(int index);
    }

    private void share(int count, int claim, Work work) {
        AtomicInteger next = new AtomicInteger();
        Runnable piece = () -> {
            for (int from = next.getAndAdd(claim); from < count; from = next.getAndAdd(claim)) {
                for (int i = from; i < Math.min(count, from + claim); i++) {
                    attempt(work, i);
                }
            }
        };
        int helpers = Math.min(threads, count / claim);
        if (helpers <= 1) {
            piece.run();
            return;
        }
        if (pool == null) {
            pool = Executors.newFixedThreadPool(threads, ReplayReaders::thread);
        }
        List<Future<?>> begun = new ArrayList<>();
        for (int i = 0; i < helpers; i++) {
            begun.add(pool.submit(piece));
        }
        begun.forEach(ReplayReaders::await);
    }

    private static void attempt(Work work, int index) {
        try {
            work.at(index);
        } catch (PageUnreadableException e) {
            // the applier meets it at its place in history, or does not need it
        }
    }

    private void bringIn(ReplayWindow.Target target) {
        LiveVolume volume = state.catalogue().byId(target.volumeId());
        if (volume == null) {
            return; // made within the window
        }
        MappingRoot root = volume.root();
        if (target.unmapped()) {
            prefetch.unmap(root, target.firstBlock(), target.blocks(), MOST_UNMAPPED);
        } else {
            prefetch.write(root, target.firstBlock(), target.blocks());
        }
    }

    private static Thread thread(Runnable body) {
        Thread thread = new Thread(body, "tidemark-replay");
        thread.setDaemon(true);
        return thread;
    }

    private static void await(Future<?> piece) {
        boolean interrupted = false;
        while (true) {
            try {
                piece.get();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            } catch (ExecutionException e) {
                throw new IllegalStateException("reading ahead of the replay failed", e.getCause());
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        if (pool != null) {
            pool.shutdown();
        }
    }
}
