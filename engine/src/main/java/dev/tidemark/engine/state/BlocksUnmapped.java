package dev.tidemark.engine.state;

/**
 * A run of a volume's logical blocks reads as zeros again. A mutable flyweight like {@link BlocksWritten}. One thread
 * at a
 * time.
 */
public final class BlocksUnmapped implements Event {
    private long timeMs;
    private long volumeId;
    private long firstBlock;
    private long blocks;
    private long jobId;

    /**
     * Sets everything.
     *
     * @param newJobId the job that gives back what was mapped, when the range is cut out of the tree; 0 when the event
     *     itself releases every entry
     */
    public BlocksUnmapped set(long newTimeMs, long newVolumeId, long newFirstBlock, long newBlocks, long newJobId) {
        timeMs = newTimeMs;
        volumeId = newVolumeId;
        firstBlock = newFirstBlock;
        blocks = newBlocks;
        jobId = newJobId;
        return this;
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
    public long blocks() {
        return blocks;
    }

    /** The job, or 0. */
    public long jobId() {
        return jobId;
    }

    @Override
    public boolean equals(Object object) {
        return object instanceof BlocksUnmapped other
                && timeMs == other.timeMs
                && volumeId == other.volumeId
                && firstBlock == other.firstBlock
                && blocks == other.blocks
                && jobId == other.jobId;
    }

    @Override
    public int hashCode() {
        return Long.hashCode((volumeId * 31 + firstBlock) * 31 + blocks);
    }

    @Override
    public String toString() {
        return "BlocksUnmapped[volume=" + volumeId + " first=" + firstBlock + " blocks=" + blocks + " job=" + jobId
                + "]";
    }
}
