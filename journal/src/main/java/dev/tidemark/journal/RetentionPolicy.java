package dev.tidemark.journal;

import java.time.Duration;

/**
 * What becomes of segments that the caller has released: they are kept as history for as long as both limits hold, and
 * go once either is exceeded, oldest first. The segment that is written to never goes.
 *
 * @param maxBytes segments that are released go while all segments together take more than this
 * @param maxAge a segment that is released goes once its last byte is older than this
 */
public record RetentionPolicy(long maxBytes, Duration maxAge) {
    private static final Duration FOR_EVER = Duration.ofMillis(Long.MAX_VALUE);

    /** Nothing ever goes. */
    public static final RetentionPolicy ALL = new RetentionPolicy(Long.MAX_VALUE, FOR_EVER);

    /** What is released goes at once. */
    public static final RetentionPolicy NONE = new RetentionPolicy(0, FOR_EVER);

    public RetentionPolicy {
        if (maxBytes < 0) {
            throw new IllegalArgumentException("maxBytes=" + maxBytes + ": negative");
        }
        if (maxAge.isNegative()) {
            throw new IllegalArgumentException("maxAge=" + maxAge + ": negative");
        }
    }

    /** Keeps released segments while the journal takes at most that many bytes. */
    public static RetentionPolicy ofBytes(long maxBytes) {
        return new RetentionPolicy(maxBytes, FOR_EVER);
    }

    /** Keeps released segments until they are older than that. */
    public static RetentionPolicy ofAge(Duration maxAge) {
        return new RetentionPolicy(Long.MAX_VALUE, maxAge);
    }

    /** Whether a released segment goes. */
    boolean letsGo(long totalBytes, long ageMillis) {
        return totalBytes > maxBytes || ageMillis > maxAge.toMillis();
    }
}
