package dev.tidemark.engine.mapping;

import dev.tidemark.engine.mapping.RaceWorld.Volume;
import dev.tidemark.engine.mapping.RaceWorld.Write;
import java.util.List;
import java.util.SplittableRandom;

/** One reader of the race: pins, looks, judges what it found. */
final class RaceReader {
    private static final int LONGEST = 64;
    /** Some tens of microseconds: the writer does tens of steps meanwhile. */
    private static final int PAUSE_SPINS = 1_000;

    private final RaceWorld world;
    private final int slot;
    private final SplittableRandom random;
    private final MappingEntry entry = new MappingEntry();
    private final PagePrefetch prefetch;
    private final MappedRun run = new MappedRun(LONGEST);
    private final long[] floors = new long[RaceWorld.BLOCKS.length];

    RaceReader(RaceWorld world, int slot, long seed) {
        this.world = world;
        prefetch = new PagePrefetch(world.pages, world.space, slot % 2 == 0);
        this.slot = slot;
        this.random = new SplittableRandom(seed);
    }

    /** Looks until the writer has ended; returns how often. */
    long lookUntilEnded() {
        long looks = 0;
        try {
            while (!world.hasEnded()) {
                look();
                looks++;
            }
            return looks;
        } catch (RuntimeException | AssertionError e) {
            world.fail();
            throw e;
        } finally {
            world.pins.set(slot, RaceWorld.NOT_PINNED);
        }
    }

    private void look() {
        List<Volume> volumes = world.volumes;
        Volume volume = volumes.get(0);
        for (Volume other : volumes) {
            if (random.nextInt(3) == 0) {
                volume = other;
            }
        }
        long merges = volume.merges.get();
        for (int i = 0; i < floors.length; i++) {
            floors[i] = volume.completed.get(i);
        }
        world.pins.set(slot, world.epoch.get());
        try {
            if (!volume.alive) {
                return;
            }
            pauseNowAndThen();
            int index = random.nextInt(RaceWorld.BLOCKS.length);
            long block = RaceWorld.BLOCKS[index];
            switch (random.nextInt(5)) {
                case 0 -> lookRun(volume, block, merges);
                case 1 -> lookExtents(volume, block);
                case 2 -> prefetch.write(volume.root, block, 1 + random.nextInt(LONGEST));
                default -> {
                    world.reader.lookup(volume.root, block, entry);
                    pauseNowAndThen();
                    judge(volume, block, entry.physical(), entry.checksum(), merges);
                }
            }
        } finally {
            world.pins.set(slot, RaceWorld.NOT_PINNED);
        }
    }

    /** Lets the writer go far ahead between two looks of one pin. */
    private void pauseNowAndThen() {
        if (random.nextInt(8) == 0) {
            for (int i = 0; i < PAUSE_SPINS; i++) {
                Thread.onSpinWait();
            }
        }
    }

    private void lookRun(Volume volume, long block, long merges) {
        int count = world.reader.lookupRun(volume.root, block, LONGEST, run);
        pauseNowAndThen();
        for (int i = 0; i < count; i++) {
            long physical = run.isMapped() ? run.physical() + i : 0;
            judge(volume, block + i, physical, run.isMapped() ? run.checksum(i) : 0, merges);
        }
    }

    private void lookExtents(Volume volume, long first) {
        long[] next = {first};
        world.reader.extents(volume.root, first, 1L << 25, (start, count, mapped) -> {
            require(start == next[0] && count > 0, "extents have a gap at " + start);
            next[0] = start + count;
            return true;
        });
        require(next[0] == first + (1L << 25), "extents end early");
    }

    private void judge(Volume volume, long block, long physical, int checksum, long merges) {
        int index = RaceWorld.indexOf(block);
        boolean merging = (merges & 1) != 0;
        if (physical == 0) {
            // Read after the look: if this block was being unmapped meanwhile, it is known by now.
            long unmapping = index < 0 ? Long.MAX_VALUE : volume.unmapping.get(index);
            boolean fresh = index < 0 || unmapping >= floors[index];
            if (!fresh && !merging && merges == volume.merges.get()) {
                throw new AssertionError("block " + block + " is unmapped, but was written in " + floors[index]);
            }
            return;
        }
        Write write = world.contents.get((int) physical);
        require(index >= 0 && write != null && write.block() == block, "block " + block + " shows " + write);
        require(write.checksum() == checksum, "block " + block + " has another checksum than " + write);
        require(volume.mayShow(write), "block " + block + " shows another volume's " + write);
        if (write.seq() < floors[index] && !merging && merges == volume.merges.get()) {
            throw new AssertionError("block " + block + " shows " + write.seq() + " after " + floors[index]);
        }
    }

    private static void require(boolean condition, String otherwise) {
        if (!condition) {
            throw new AssertionError(otherwise);
        }
    }
}
