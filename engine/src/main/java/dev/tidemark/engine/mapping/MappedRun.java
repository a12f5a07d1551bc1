package dev.tidemark.engine.mapping;

/**
 * A run of blocks that one file read serves: mapped to adjacent physical blocks, or all unmapped. Filled by {@link
 * MappingReader#lookupRun}, reusable, for one thread.
 */
public final class MappedRun {
    private final int[] checksums;
    private long block;
    private int count;
    private long physical;
    private int flags;

    /**
     * @param capacityBlocks the longest mapped run that it can take, at least 1 (a longer one is cut there)
     */
    public MappedRun(int capacityBlocks) {
        if (capacityBlocks < 1) {
            throw new IllegalArgumentException("capacityBlocks=" + capacityBlocks);
        }
        checksums = new int[capacityBlocks];
    }

    /** The first logical block. */
    public long block() {
        return block;
    }

    /** How many blocks, at least 1. */
    public int count() {
        return count;
    }

    /** The first physical block, 0 for an unmapped run. */
    public long physical() {
        return physical;
    }

    public boolean isMapped() {
        return physical != 0;
    }

    /** The flags that all blocks of the run have in common. */
    public int flags() {
        return flags;
    }

    /** CRC32C of the block at {@code block() + index}; only of a mapped run. */
    public int checksum(int index) {
        return checksums[index];
    }

    int capacityBlocks() {
        return checksums.length;
    }

    void begin(long firstBlock, long place) {
        block = firstBlock;
        physical = MappingPage.physical(place);
        flags = MappingPage.flags(place);
        count = 0;
    }

    void add(int checksum) {
        checksums[count++] = checksum;
    }

    void unmapped(long firstBlock, int blocks) {
        block = firstBlock;
        physical = 0;
        flags = 0;
        count = blocks;
    }
}
