package dev.tidemark.engine.state;

import dev.tidemark.engine.job.ReclaimJob;
import dev.tidemark.engine.mapping.MappingReader;
import dev.tidemark.engine.mapping.MappingTrees;
import dev.tidemark.engine.mapping.TreeAudit;
import dev.tidemark.engine.message.Rules;
import dev.tidemark.engine.message.Sizes;
import dev.tidemark.engine.space.Allocator;
import dev.tidemark.engine.space.PendingFrees;
import dev.tidemark.engine.volume.LiveVolume;
import java.util.ArrayList;
import java.util.List;

/**
 * The full check of a state: trees against reference counts, counts against each other, names and lineage, and whether
 * anything is mapped where no volume reaches. Takes time and memory in proportion to the pages. Writer thread.
 */
public final class StateCheck {
    private StateCheck() {}

    /** What is wrong, one line each; empty when all is well. */
    public static List<String> check(State state) {
        List<String> findings = new ArrayList<>(state.catalogue().audit());
        TreeAudit audit = new TreeAudit(state.pages());
        MappingReader reader = new MappingReader(state.pages());
        for (LiveVolume volume : state.catalogue().volumes()) {
            audit.tree("volume " + volume, volume.root());
            checkVolume(state, volume, reader, findings);
        }
        for (ReclaimJob job : state.jobs().all()) {
            audit.tree("job " + job.id(), job.root());
            checkJob(state, job, findings);
        }
        state.space().audit(audit);
        state.catalogue().gone().audit(audit);
        findings.addAll(audit.finish());
        if (state.requests().size() > RequestWindow.MAX_REQUESTS) {
            findings.add("requests: " + state.requests().size() + " are remembered");
        }
        if (state.catalogueSeq() > state.seq()) {
            findings.add("seq " + state.seq() + " is before the catalogue's " + state.catalogueSeq());
        }
        return findings;
    }

    /**
     * What is wrong between the state and those who hand blocks out: every block of the capacity is used, or free, or
     * waits
     * to be free, or was given to a write that is not applied yet.
     *
     * @param inFlightBlocks blocks that were allocated and stand in no applied event
     */
    public static List<String> checkSpace(State state, Allocator allocator, PendingFrees pending, long inFlightBlocks) {
        long used = state.space().usedBlocks();
        long sum = used + allocator.freeBlocks() + pending.blocks() + inFlightBlocks;
        // Block 0 is never given out.
        long expected = allocator.capacityBlocks() - 1;
        return sum == expected
                ? List.of()
                : List.of("space: " + used + " blocks used, " + allocator.freeBlocks() + " free, " + pending.blocks()
                        + " waiting, " + inFlightBlocks + " in flight: " + sum + " instead of " + expected);
    }

    private static void checkVolume(State state, LiveVolume volume, MappingReader reader, List<String> findings) {
        String who = "volume " + volume + ": ";
        long size = volume.sizeBytes();
        if (size < Sizes.MIN_SIZE_BYTES || size > Sizes.MAX_SIZE_BYTES || size % Sizes.SECTOR_BYTES != 0) {
            findings.add(who + "a size of " + size + " bytes");
            return;
        }
        if (!Rules.isName(volume.name()) || volume.labels().size() > Rules.MAX_LABELS) {
            findings.add(who + "its name, or the number of its labels, is not allowed");
        }
        if (volume.createdSeq() < 1 || volume.createdSeq() > state.seq()) {
            findings.add(who + "made at seq " + volume.createdSeq() + " of " + state.seq());
        }
        long end = volume.blocks(state.blockSizeBytes());
        long beyond = MappingTrees.MAX_BLOCKS - end;
        if (beyond > 0 && reader.extentAt(volume.root(), end, beyond) != -beyond) {
            findings.add(who + "blocks are mapped beyond its end");
        }
    }

    private static void checkJob(State state, ReclaimJob job, List<String> findings) {
        String who = "job " + job.id() + ": ";
        if (job.id() < 1 || job.id() >= state.jobs().nextJobId()) {
            findings.add(who + "its id was not given yet");
        }
        if (job.doneBlocks() < 0 || job.doneBlocks() > job.totalBlocks()) {
            findings.add(who + job.doneBlocks() + " of " + job.totalBlocks() + " blocks done");
        }
        if (job.volumeId() < 1 || job.volumeId() >= state.catalogue().nextVolumeId()) {
            findings.add(who + "its volume #" + job.volumeId() + " never was");
        }
    }
}
