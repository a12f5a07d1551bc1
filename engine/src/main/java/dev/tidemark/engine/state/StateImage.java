package dev.tidemark.engine.state;

import dev.tidemark.engine.job.ReclaimJob;
import dev.tidemark.engine.volume.LiveVolume;
import java.util.List;

/**
 * What a state is at one moment, but for its pages: for a checkpoint that another thread writes while the state goes
 * on. To make it takes a copy of some fields for each volume that lives and for each job, and a reference for each
 * request that is remembered. Nothing of it changes any more.
 *
 * @param seq of the last event
 * @param catalogueSeq of the last event that changed the catalogue
 * @param blockSizeBytes of the state
 * @param nextVolumeId the id that the next volume gets
 * @param nextJobId the id that the next job gets
 * @param volumes those that live, in no order
 * @param jobs oldest first
 * @param requests that are remembered, oldest first
 * @param requestBytes their ids and replies, in UTF-8
 */
public record StateImage(
        long seq,
        long catalogueSeq,
        int blockSizeBytes,
        long nextVolumeId,
        long nextJobId,
        List<LiveVolume> volumes,
        List<ReclaimJob> jobs,
        List<RequestRecord> requests,
        long requestBytes) {
    /** Of the state as it is. Its writer, between events. */
    public static StateImage of(State state) {
        return new StateImage(
                state.seq(),
                state.catalogueSeq(),
                state.blockSizeBytes(),
                state.catalogue().nextVolumeId(),
                state.jobs().nextJobId(),
                state.catalogue().copies(),
                state.jobs().copies(),
                state.requests().all(),
                state.requests().utf8Bytes());
    }
}
