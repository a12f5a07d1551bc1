package dev.tidemark.engine.pipeline;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * How far the stages are, for each other and for everybody who asks. Each field has one writer, named beside it; any
 * thread reads.
 */
public final class Progress {
    static final long NOTHING_WAITS = Long.MIN_VALUE;

    // PLACE
    private volatile long appliedSeq;
    private volatile long dataBytesPlaced;
    private volatile int parkedJobs;
    private final AtomicBoolean proofWanted = new AtomicBoolean(); // JOURNAL takes it back

    // JOURNAL
    private volatile long durableSeq;
    private volatile long provenSeq;
    private volatile long homeDurableSeq;
    private volatile long dataBytesForced;
    private volatile long waitingSinceNanos = NOTHING_WAITS;
    private volatile long forces;
    private volatile long frames;

    /** Where recovery ended: all of it applied, durable, proven, and its data at home. */
    public Progress(long recoveredSeq) {
        appliedSeq = recoveredSeq;
        durableSeq = recoveredSeq;
        provenSeq = recoveredSeq;
        homeDurableSeq = recoveredSeq;
    }

    /** Seq of the last event that readers see. */
    public long appliedSeq() {
        return appliedSeq;
    }

    void appliedSeq(long seq) {
        appliedSeq = seq;
    }

    /** Seq up to which everything is on stable storage. */
    public long durableSeq() {
        return durableSeq;
    }

    void durableSeq(long seq) {
        durableSeq = seq;
    }

    /** Seq up to which a forced frame says that it is durable: blocks freed up to here may be used again. */
    public long provenSeq() {
        return provenSeq;
    }

    void provenSeq(long seq) {
        provenSeq = seq;
    }

    /** Seq up to which the exception store's own copies are forced. */
    public long homeDurableSeq() {
        return homeDurableSeq;
    }

    void homeDurableSeq(long seq) {
        homeDurableSeq = seq;
    }

    /** Data bytes applied and not yet durable. */
    public long waitingDataBytes() {
        return dataBytesPlaced - dataBytesForced;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // PLACE alone
    void placed(long dataBytes) {
        dataBytesPlaced += dataBytes;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // JOURNAL alone
    void forced(long dataBytes, int framesOfIt) {
        dataBytesForced += dataBytes;
        forces++;
        frames += framesOfIt;
    }

    /** When the oldest event that is not durable was first seen by JOURNAL, or {@link #NOTHING_WAITS}. */
    long waitingSinceNanos() {
        return waitingSinceNanos;
    }

    void waitingSinceNanos(long nanos) {
        waitingSinceNanos = nanos;
    }

    /** Whether PLACE is short of blocks and wants a marker that proves what is durable. */
    boolean proofWanted() {
        return proofWanted.get();
    }

    void wantProof() {
        proofWanted.set(true);
    }

    /** JOURNAL, before it gives the proof: what is asked for after that is not forgotten. */
    boolean takeProofWanted() {
        return proofWanted.getAndSet(false);
    }

    /** Jobs that can't go on since a page of theirs can't be read. */
    public int parkedJobs() {
        return parkedJobs;
    }

    void parkedJobs(int jobs) {
        parkedJobs = jobs;
    }

    /** Journal forces since the store was opened. */
    public long forces() {
        return forces;
    }

    /** Frames since the store was opened. */
    public long frames() {
        return frames;
    }
}
