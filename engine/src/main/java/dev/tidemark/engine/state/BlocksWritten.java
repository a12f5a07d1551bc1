package dev.tidemark.engine.state;

import java.util.Arrays;

/**
 * A run of a volume's logical blocks has new content, in these physical blocks. A mutable flyweight: {@link #reset} it,
 * add runs and their checksums in order, hand it on, use it again. One thread at a time. It grows to the largest
 * request
 * that it has seen and allocates nothing from then on.
 */
public final class BlocksWritten implements Event {
    /** The most blocks of one event: 32 MiB of 4 KiB blocks, and one more when both ends lie inside a block. */
    public static final int MAX_BLOCKS = (32 << 20) / 4096 + 1;

    private static final int INITIAL_RUNS = 4;
    private static final int INITIAL_BLOCKS = 16;

    private long timeMs;
    private long volumeId;
    private long firstBlock;
    private int blocks;
    private int runs;
    private long[] runStarts = new long[INITIAL_RUNS];
    private int[] runLengths = new int[INITIAL_RUNS];
    private int[] checksums = new int[INITIAL_BLOCKS];

    /** Begins an event of no blocks. */
    public BlocksWritten reset(long newTimeMs, long newVolumeId, long newFirstBlock) {
        timeMs = newTimeMs;
        volumeId = newVolumeId;
        firstBlock = newFirstBlock;
        blocks = 0;
        runs = 0;
        return this;
    }

    /**
     * Adds {@code length} blocks that lie at {@code start} and after. A run that continues the last one becomes part of
     * it. Their checksums are set next, by {@link #checksum(int, int)}.
     *
     * @return the index of the run's first block in this event
     */
    public int addRun(long start, int length) {
        int first = blocks;
        if (length < 1 || start < 1 || length > MAX_BLOCKS - first) {
            throw new IllegalArgumentException("run of " + length + " blocks at " + start + " after " + first);
        }
        if (runs > 0 && runStarts[runs - 1] + runLengths[runs - 1] == start) {
            runLengths[runs - 1] += length;
        } else {
            addSeparateRun(start, length);
        }
        blocks = first + length;
        if (blocks > checksums.length) {
            checksums = Arrays.copyOf(checksums, Math.min(MAX_BLOCKS, Math.max(blocks, checksums.length * 2)));
        }
        return first;
    }

    private void addSeparateRun(long start, int length) {
        if (runs == runStarts.length) {
            runStarts = Arrays.copyOf(runStarts, runs * 2);
            runLengths = Arrays.copyOf(runLengths, runs * 2);
        }
        runStarts[runs] = start;
        runLengths[runs] = length;
        runs++;
    }

    /** Sets the CRC32C of the block with that index in this event, from 0. */
    public void checksum(int index, int crc32c) {
        checksums[index] = crc32c;
    }

    @Override
    public long timeMs() {
        return timeMs;
    }

    /** The volume. */
    public long volumeId() {
        return volumeId;
    }

    /** The first logical block. */
    public long firstBlock() {
        return firstBlock;
    }

    /** How many blocks; 0 only for a part of a {@link RangeZeroed} that is not there. */
    public int blocks() {
        return blocks;
    }

    /** How many runs of adjacent physical blocks. */
    public int runs() {
        return runs;
    }

    /** The physical block where that run begins. */
    public long runStart(int run) {
        return runStarts[run];
    }

    /** How many blocks that run has. */
    public int runLength(int run) {
        return runLengths[run];
    }

    /** The CRC32C of the block with that index in this event, from 0. */
    public int checksum(int index) {
        return checksums[index];
    }

    /** All checksums; only the first {@link #blocks()} are valid. Not a copy: for reading. */
    public int[] checksums() {
        return checksums;
    }

    /** Takes over the content of another one. */
    public BlocksWritten set(BlocksWritten other) {
        reset(other.timeMs, other.volumeId, other.firstBlock);
        for (int run = 0; run < other.runs; run++) {
            addRun(other.runStarts[run], other.runLengths[run]);
        }
        System.arraycopy(other.checksums, 0, checksums, 0, blocks);
        return this;
    }

    @Override
    public boolean equals(Object object) {
        return object instanceof BlocksWritten other
                && timeMs == other.timeMs
                && volumeId == other.volumeId
                && firstBlock == other.firstBlock
                && blocks == other.blocks
                && Arrays.equals(runStarts, 0, runs, other.runStarts, 0, other.runs)
                && Arrays.equals(runLengths, 0, runs, other.runLengths, 0, other.runs)
                && Arrays.equals(checksums, 0, blocks, other.checksums, 0, blocks);
    }

    @Override
    public int hashCode() {
        return Long.hashCode(volumeId * 31 + firstBlock) * 31 + blocks;
    }

    @Override
    public String toString() {
        StringBuilder out = new StringBuilder("BlocksWritten[volume=" + volumeId + " first=" + firstBlock + " at=");
        for (int run = 0; run < runs; run++) {
            out.append(run == 0 ? "" : ",").append(runStarts[run]).append('+').append(runLengths[run]);
        }
        return out.append(']').toString();
    }
}
