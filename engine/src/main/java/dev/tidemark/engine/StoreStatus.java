package dev.tidemark.engine;

import java.util.List;

/**
 * How a store is, for metrics; each figure is of about now, and they are not of one moment.
 *
 * @param appliedSeq seq of the last event that readers see
 * @param durableSeq seq up to which everything is durable
 * @param volumes how many exist
 * @param capacityBytes of the exception store
 * @param usedBytes of blocks that some volume maps
 * @param waitingDataBytes answered and not yet durable
 * @param inFlightBytes of writes under way
 * @param forces of the journal since the store was opened
 * @param frames of the journal since then
 * @param forcesByEvents the forces by how many events each made durable: element 0 counts those of none, element i
 *     those of 2^(i-1) or more and less than 2^i, the last one all larger ones, too
 * @param forcesByWaiting the forces by how many requests waited for each, counted likewise
 * @param journalBytes of all segments
 * @param journalRoomBytes written ahead
 * @param checksumErrors blocks that did not match since then
 * @param recoveredEvents replayed when it was opened
 * @param recoveryMs how long that took
 * @param failed whether it has stopped after a failure
 */
public record StoreStatus(
        long appliedSeq,
        long durableSeq,
        int volumes,
        long capacityBytes,
        long usedBytes,
        long waitingDataBytes,
        long inFlightBytes,
        long forces,
        long frames,
        List<Long> forcesByEvents,
        List<Long> forcesByWaiting,
        long journalBytes,
        long journalRoomBytes,
        long checksumErrors,
        long recoveredEvents,
        long recoveryMs,
        boolean failed) {
    /** Takes its own copies. */
    public StoreStatus {
        forcesByEvents = List.copyOf(forcesByEvents);
        forcesByWaiting = List.copyOf(forcesByWaiting);
    }
}
