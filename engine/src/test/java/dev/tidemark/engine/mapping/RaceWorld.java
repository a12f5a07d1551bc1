package dev.tidemark.engine.mapping;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.engine.space.Allocator;
import dev.tidemark.engine.space.PendingFrees;
import dev.tidemark.engine.space.Space;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;

/** The writer's side of the race: volumes, the blocks' contents, epochs as the pipeline keeps them. */
final class RaceWorld implements AutoCloseable {
    /** What a physical block holds: which write put it there. */
    record Write(long seq, Volume volume, long block, int checksum) {}

    /** A volume, and what bounds the truth about it. */
    static final class Volume {
        final MappingRoot root = new MappingRoot();
        /**
         * Other volumes, dead ones too, whose writes may show here, up to which seq: they came by snapshot or merge.
         */
        final Map<Volume, Long> showsUpTo = new ConcurrentHashMap<>();
        /** The last change of each block that was complete, by index into {@link #BLOCKS}. */
        final AtomicLongArray completed = new AtomicLongArray(BLOCKS.length);
        /** The last change of each block that began to unmap it. */
        final AtomicLongArray unmapping = new AtomicLongArray(BLOCKS.length);
        /** Odd while a merge changes the numbers above. */
        final AtomicLong merges = new AtomicLong();

        volatile boolean alive = true;

        void shows(Volume other, long seq) {
            other.showsUpTo.forEach((volume, upTo) -> showsUpTo.merge(volume, upTo, Math::max));
            showsUpTo.merge(other, seq, Math::max);
        }

        boolean mayShow(Write write) {
            return write.volume() == this || write.seq() <= showsUpTo.getOrDefault(write.volume(), 0L);
        }
    }

    /** Few blocks, so that everybody meets, on both sides of the borders of pages of each height. */
    static final long[] BLOCKS = blocks();

    /** Little, so that blocks are soon used again. */
    private static final int CAPACITY = 1_500;

    private static final int MOST_VOLUMES = 4;
    private static final int MOST_READERS = 8;
    static final long NOT_PINNED = Long.MAX_VALUE;

    final PageStore pages;
    final Space space;
    final MappingReader reader;
    final AtomicReferenceArray<Write> contents = new AtomicReferenceArray<>(CAPACITY);
    final List<Volume> volumes = new CopyOnWriteArrayList<>();
    final AtomicLong epoch = new AtomicLong(1);
    final AtomicLongArray pins = new AtomicLongArray(MOST_READERS);

    private final MappingTrees trees;
    private final RaceCheckpoints checkpoints;
    private final Allocator allocator;
    private final PendingFrees pending;
    private final List<MappingRoot> jobs = new ArrayList<>();
    private final SplittableRandom random;
    private final int[] checksums = new int[BLOCKS.length];
    private long seq;
    private volatile boolean ended;
    private volatile boolean failed;

    /**
     * @param slots where pages go that leave memory; null when all stay
     */
    RaceWorld(long seed, HeapSlots slots) {
        random = new SplittableRandom(seed);
        pages = slots == null ? new PageStore() : new PageStore(slots, 0);
        space = new Space(pages);
        allocator = new Allocator(CAPACITY, 0, 0.01, 1, 0, space.counts().regions());
        pending = allocator.pending();
        reader = new MappingReader(pages);
        trees = new MappingTrees(pages, space);
        checkpoints = slots == null ? null : new RaceCheckpoints(pages, slots);
        for (int i = 0; i < MOST_READERS; i++) {
            pins.set(i, NOT_PINNED);
        }
        pages.epoch(epoch.get());
        volumes.add(new Volume());
    }

    private static long[] blocks() {
        long[] firsts = {0, 200, 65_536 - 8, 65_536 + 300, (1L << 24) - 4};
        int each = 24;
        long[] blocks = new long[firsts.length * each];
        for (int i = 0; i < blocks.length; i++) {
            blocks[i] = firsts[i / each] + i % each;
        }
        return blocks;
    }

    static int indexOf(long block) {
        for (int i = 0; i < BLOCKS.length; i++) {
            if (BLOCKS[i] == block) {
                return i;
            }
        }
        return -1;
    }

    boolean hasEnded() {
        return ended;
    }

    void end() {
        ended = true;
    }

    boolean failed() {
        return failed;
    }

    void fail() {
        failed = true;
    }

    void playBatch() {
        for (int i = 1 + random.nextInt(4); i > 0; i--) {
            playOne();
            pending.add(seq, epoch.get(), space.freed());
        }
        if (checkpoints != null) {
            pages.trim();
        }
        allocator.settle();
        pages.epoch(epoch.incrementAndGet());
        long safe = safeEpoch();
        if (checkpoints != null) {
            checkpoints.turn(epoch.get(), safe);
        }
        pages.recycle(safe);
        pending.release(seq, safe, allocator);
    }

    private long safeEpoch() {
        long safe = epoch.get();
        for (int i = 0; i < MOST_READERS; i++) {
            safe = Math.min(safe, pins.get(i));
        }
        return safe;
    }

    private void playOne() {
        seq++;
        Volume volume = volumes.get(random.nextInt(volumes.size()));
        int dice = random.nextInt(100);
        if (dice < 60) {
            put(volume);
        } else if (dice < 72) {
            unmap(volume);
        } else if (dice < 80) {
            share(volume);
        } else if (dice < 83) {
            delete(volume);
        } else if (dice < 86) {
            merge(volume, volumes.get(random.nextInt(volumes.size())));
        } else if (!jobs.isEmpty()) {
            MappingRoot job = jobs.get(random.nextInt(jobs.size()));
            trees.reclaimStep(job, 1 + random.nextInt(300));
            if (job.isEmpty()) {
                jobs.remove(job);
            }
        }
    }

    private void put(Volume volume) {
        int index = random.nextInt(BLOCKS.length);
        int count = 1;
        while (count < 6 && index + count < BLOCKS.length && BLOCKS[index + count] == BLOCKS[index] + count) {
            count++;
        }
        long run = allocator.allocate(1 + random.nextInt(count), true);
        if (run == 0) {
            return;
        }
        for (int i = 0; i < Allocator.length(run); i++) {
            int physical = (int) Allocator.start(run) + i;
            checksums[i] = (int) TreeDigest.mix(seq, physical);
            contents.set(physical, new Write(seq, volume, BLOCKS[index] + i, checksums[i]));
        }
        trees.put(volume.root, BLOCKS[index], Allocator.start(run), Allocator.length(run), checksums, 0, 0);
        for (int i = 0; i < Allocator.length(run); i++) {
            volume.completed.set(index + i, seq);
        }
    }

    private void unmap(Volume volume) {
        int index = random.nextInt(BLOCKS.length);
        long count = random.nextInt(3) == 0 ? 1L << (1 + random.nextInt(25)) : 1 + random.nextInt(5);
        long end = BLOCKS[index] + count;
        for (int i = 0; i < BLOCKS.length; i++) {
            if (BLOCKS[i] >= BLOCKS[index] && BLOCKS[i] < end) {
                volume.unmapping.set(i, seq);
            }
        }
        if (random.nextBoolean()) {
            trees.unmap(volume.root, BLOCKS[index], count);
        } else {
            MappingRoot job = new MappingRoot();
            trees.cut(volume.root, BLOCKS[index], count, job);
            addJob(job);
        }
        for (int i = 0; i < BLOCKS.length; i++) {
            if (volume.unmapping.get(i) == seq) {
                volume.completed.set(i, seq);
            }
        }
    }

    private void share(Volume source) {
        if (volumes.size() < MOST_VOLUMES) {
            Volume target = new Volume();
            target.shows(source, seq);
            for (int i = 0; i < BLOCKS.length; i++) {
                target.completed.set(i, source.completed.get(i));
                target.unmapping.set(i, source.unmapping.get(i));
            }
            trees.share(source.root, target.root);
            volumes.add(target);
        }
    }

    private void delete(Volume volume) {
        if (volumes.size() > 1) {
            MappingRoot job = new MappingRoot();
            volumes.remove(volume);
            volume.alive = false;
            trees.handOver(volume.root, job);
            addJob(job);
        }
    }

    private void merge(Volume origin, Volume snapshot) {
        if (origin.root == snapshot.root) {
            return;
        }
        origin.merges.incrementAndGet();
        origin.shows(snapshot, seq);
        volumes.remove(snapshot);
        snapshot.alive = false;
        MappingRoot job = new MappingRoot();
        trees.merge(origin.root, snapshot.root, job);
        addJob(job);
        for (int i = 0; i < BLOCKS.length; i++) {
            origin.completed.set(i, snapshot.completed.get(i));
            origin.unmapping.set(i, Math.max(origin.unmapping.get(i), snapshot.unmapping.get(i)));
        }
        origin.merges.incrementAndGet();
    }

    private void addJob(MappingRoot job) {
        if (!job.isEmpty()) {
            jobs.add(job);
        }
    }

    void checkAll() {
        TreeAudit audit = new TreeAudit(pages);
        volumes.forEach(volume -> audit.tree("volume", volume.root));
        jobs.forEach(job -> audit.tree("job", job));
        space.audit(audit);
        assertThat(audit.finish()).isEmpty();
        pages.recycle(epoch.get());
        assertThat(pages.limboPages()).isZero();
    }

    @Override
    public void close() {
        if (checkpoints != null) {
            checkpoints.close();
        }
        pages.close();
    }
}
