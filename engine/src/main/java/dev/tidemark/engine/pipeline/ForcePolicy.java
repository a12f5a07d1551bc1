package dev.tidemark.engine.pipeline;

import java.util.concurrent.TimeUnit;

/**
 * When to force without being asked, and when to hold answers back (G2): nanoseconds and bytes.
 *
 * @param intervalNanos how old the oldest write that was answered and is not forced may become: from half of it on a
 *     force is begun, from all of it on writes are answered only after their force
 * @param forceBytes data waiting for a force that begins one
 * @param holdBytes data waiting for a force beyond which writes are answered only after their force
 * @param inlineBytes data up to which a frame carries it instead of a force of the exception store
 * @param homeLagBytes carried data whose home copies are not forced, beyond which they are: it bounds what recovery
 *     has to write again
 */
public record ForcePolicy(long intervalNanos, long forceBytes, long holdBytes, int inlineBytes, long homeLagBytes) {
    /** See {@code engine/ARCHITECTURE.md} for the measurements behind the figures. */
    public static final ForcePolicy DEFAULT =
            new ForcePolicy(TimeUnit.SECONDS.toNanos(1), 48L << 20, 128L << 20, 256 << 10, 64L << 20);

    public ForcePolicy withIntervalNanos(long nanos) {
        return new ForcePolicy(nanos, forceBytes, holdBytes, inlineBytes, homeLagBytes);
    }

    public ForcePolicy withInlineBytes(int bytes) {
        return new ForcePolicy(intervalNanos, forceBytes, holdBytes, bytes, homeLagBytes);
    }
}
