package dev.tidemark.engine.state;

import dev.tidemark.engine.job.ReclaimJob;
import dev.tidemark.engine.mapping.TreeDigest;
import dev.tidemark.engine.volume.DeadVolume;
import dev.tidemark.engine.volume.LiveVolume;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Says in 64 characters whether two states are the same: the same events give the same digest, replayed from the first
 * one
 * or from a checkpoint, on any machine.
 *
 * <p>Covered: the seqs; every volume with name, size, labels and lineage, and those that are gone; every tree with its
 * shape
 * and every mapping (physical block, flags, checksum); reference counts; jobs and what is left of them; the window of
 * requests; the ids that come next. Not covered: page ids, entry versions, memory, caches, and whatever the pipeline
 * keeps
 * (the allocator, frees that wait, the durable position).
 */
public final class StateDigest {
    private final MessageDigest sha;
    private final byte[] number = new byte[Long.BYTES];

    private StateDigest() {
        try {
            sha = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    /** The digest in hex. Walks every page once. Writer thread. */
    public static String of(State state) {
        StateDigest digest = new StateDigest();
        digest.add(state);
        return HexFormat.of().formatHex(digest.sha.digest());
    }

    private void add(State state) {
        TreeDigest trees = new TreeDigest(state.pages());
        add(state.blockSizeBytes());
        add(state.seq());
        add(state.catalogueSeq());
        add(state.catalogue().nextVolumeId());
        add(state.catalogue().size());
        for (LiveVolume volume : state.catalogue().volumes()) {
            add(volume);
            add(trees.tree(volume.root()));
        }
        add(state.catalogue().deadCount());
        state.catalogue().forEachDead(this::add);
        add(state.jobs().nextJobId());
        add(state.jobs().size());
        for (ReclaimJob job : state.jobs().all()) {
            add(job);
            add(trees.tree(job.root()));
        }
        add(state.space().digest());
        add(state.space().usedBlocks());
        add(state.requests().size());
        state.requests().forEach(request -> {
            add(request.id());
            add(request.textDigest());
            add(request.reply());
        });
    }

    private void add(LiveVolume volume) {
        add(volume.id());
        add(volume.name());
        add(volume.kind().text());
        add(volume.sizeBytes());
        add(volume.readonly() ? 1 : 0);
        add(volume.sourceId());
        add(volume.familyId());
        add(volume.createdSeq());
        add(volume.createdMs());
        add(volume.root().mappedBlocks());
        add(volume.labels().size());
        volume.labels().forEach((key, value) -> {
            add(key);
            add(value);
        });
    }

    private void add(DeadVolume volume) {
        add(volume.id());
        add(volume.name());
        add(volume.kind().text());
        add(volume.sourceId());
        add(volume.familyId());
        add(volume.createdSeq());
        add(volume.createdMs());
        add(volume.endedSeq());
        add(volume.endedMs());
        add(volume.mergedInto());
    }

    private void add(ReclaimJob job) {
        add(job.id());
        add(job.reason().text());
        add(job.volumeId());
        add(job.startedSeq());
        add(job.startedMs());
        add(job.totalBlocks());
        add(job.root().mappedBlocks());
    }

    private void add(long value) {
        for (int i = 0; i < Long.BYTES; i++) {
            number[i] = (byte) (value >>> (Byte.SIZE * i));
        }
        sha.update(number);
    }

    private void add(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        add(bytes.length);
        sha.update(bytes);
    }
}
