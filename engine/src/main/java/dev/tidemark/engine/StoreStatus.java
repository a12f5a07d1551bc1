package dev.tidemark.engine;

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
        long journalBytes,
        long journalRoomBytes,
        long checksumErrors,
        long recoveredEvents,
        long recoveryMs,
        boolean failed) {}
