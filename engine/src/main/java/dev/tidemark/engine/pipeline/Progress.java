package dev.tidemark.engine.pipeline;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.IntStream;

/**
 * How far the stages are, for each other and for everybody who asks. Each field has one writer, named beside it; any
 * thread reads.
 */
public final class Progress {
    static final long NOTHING_WAITS = Long.MIN_VALUE;

    /** Sizes by powers of two: 0, 1, 2 to 3, 4 to 7, … 16,384 and more. */
    private static final int SIZES = 16;

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
    private final AtomicLongArray forcesByEvents = new AtomicLongArray(SIZES);
    private final AtomicLongArray forcesByWaiting = new AtomicLongArray(SIZES);

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
    void forced(long dataBytes, int framesOfIt, int eventsOfIt, int requestsWaiting) {
        dataBytesForced += dataBytes;
        forces++;
        frames += framesOfIt;
        count(forcesByEvents, eventsOfIt);
        count(forcesByWaiting, requestsWaiting);
    }

    private static void count(AtomicLongArray sizes, int size) {
        int index = Math.min(SIZES - 1, Integer.SIZE - Integer.numberOfLeadingZeros(size));
        sizes.lazySet(index, sizes.get(index) + 1);
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

    /** Forces by how many events each made durable: element 0 counts those of none, element i of less than 2^i. */
    public List<Long> forcesByEvents() {
        return list(forcesByEvents);
    }

    /** Forces by how many requests waited for each, counted likewise. */
    public List<Long> forcesByWaiting() {
        return list(forcesByWaiting);
    }

    private static List<Long> list(AtomicLongArray sizes) {
        return IntStream.range(0, sizes.length()).mapToObj(sizes::get).toList();
    }
}
