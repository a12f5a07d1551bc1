package dev.tidemark.engine.space;

import java.util.BitSet;

/** An allocator over a plain set of blocks in use, for tests that need no trees: what is taken is applied at once. */
final class TestSpace implements RegionSource {
    final BitSet used = new BitSet();
    final Allocator allocator;

    TestSpace(long capacityBlocks, long reserveBlocks) {
        allocator = new Allocator(capacityBlocks, reserveBlocks, Allocator.DEFAULT_REUSE_SHARE, 1, 0, this);
    }

    /** As after recovery. */
    static Allocator over(RegionSource source, BitSet used, long capacityBlocks, long reserveBlocks) {
        return new Allocator(
                capacityBlocks,
                reserveBlocks,
                Allocator.DEFAULT_REUSE_SHARE,
                Math.max(1, used.length()),
                used.cardinality(),
                source);
    }

    long allocate(int maxBlocks, boolean urgent) {
        long run = allocator.allocate(maxBlocks, urgent);
        int start = (int) Allocator.start(run);
        used.set(start, start + Allocator.length(run));
        allocator.settle();
        return run;
    }

    void give(long start, int length) {
        allocator.give(start, length);
        used.clear((int) start, (int) start + length);
    }

    @Override
    public int usedBlocks(int region) {
        int from = region * Allocator.REGION_BLOCKS;
        return used.get(from, from + Allocator.REGION_BLOCKS).cardinality();
    }

    @Override
    public void usedBits(int region, long[] bits) {
        int from = region * Allocator.REGION_BLOCKS;
        java.util.Arrays.fill(bits, 0);
        long[] words = used.get(from, from + Allocator.REGION_BLOCKS).toLongArray();
        System.arraycopy(words, 0, bits, 0, words.length);
    }
}
