package dev.tidemark.engine.state;

import dev.tidemark.engine.job.ReclaimJob;
import dev.tidemark.engine.job.ReclaimReason;
import dev.tidemark.engine.mapping.MappingRoot;
import dev.tidemark.engine.volume.LiveVolume;
import dev.tidemark.engine.volume.VolumeKind;

/**
 * Turns an event into state: the only code that changes it, and the very same that replay runs. It can't fail for an
 * event
 * that was decided on the state that it is applied to; an {@link IllegalStateException} says that the event does not
 * belong to this history, and leaves a state that must not be used any more. Looks at nothing but the event and the
 * state. Write events allocate nothing. Writer thread.
 *
 * <p>What an event freed is added to {@code state.space().freed()}; the caller takes it from there.
 */
public final class Applier {
    private final State state;

    /** An applier for one state. */
    public Applier(State state) {
        this.state = state;
    }

    /** Applies the next event. Afterwards {@link State#seq} is its seq. */
    public void apply(Event event) {
        if (event instanceof BlocksWritten written) {
            write(written);
        } else if (event instanceof BlocksUnmapped unmapped) {
            unmap(unmapped);
        } else if (event instanceof RangeZeroed zeroed) {
            zero(zeroed);
        } else if (event instanceof Event.JobStepped stepped) {
            job(stepped.jobId()).step(state.trees(), stepped.maxEntries());
        } else if (event instanceof Event.JobCompleted completed) {
            complete(completed);
        } else if (event instanceof CatalogueChanged changed) {
            change(changed);
        }
        state.advance(event.changesCatalogue());
    }

    private void write(BlocksWritten event) {
        MappingRoot root = volume(event.volumeId()).root();
        long block = event.firstBlock();
        int index = 0;
        for (int run = 0; run < event.runs(); run++) {
            int length = event.runLength(run);
            state.trees().put(root, block + index, event.runStart(run), length, event.checksums(), index, 0);
            index += length;
        }
    }

    private void unmap(BlocksUnmapped event) {
        LiveVolume volume = volume(event.volumeId());
        if (event.jobId() == 0) {
            state.trees().unmap(volume.root(), event.firstBlock(), event.blocks());
            return;
        }
        MappingRoot removed = new MappingRoot();
        state.trees().cut(volume.root(), event.firstBlock(), event.blocks(), removed);
        startJob(event.jobId(), ReclaimReason.DISCARD, volume.id(), event.timeMs(), removed);
    }

    private void zero(RangeZeroed event) {
        if (event.middle().blocks() > 0) {
            unmap(event.middle());
        }
        write(event.head(), event.head().blocks());
        write(event.tail(), event.tail().blocks());
    }

    private void write(BlocksWritten event, int blocks) {
        if (blocks > 0) {
            write(event);
        }
    }

    private void complete(Event.JobCompleted event) {
        ReclaimJob job = job(event.jobId());
        if (!job.isFinished()) {
            throw new IllegalStateException("job " + job.id() + " is completed with " + job.root() + " left");
        }
        state.jobs().remove(job);
    }

    private void change(CatalogueChanged event) {
        for (Change change : event.changes()) {
            if (change instanceof Change.VolumeCreated created) {
                create(event, created);
            } else if (change instanceof Change.SnapshotTaken taken) {
                snapshot(event, taken);
            } else if (change instanceof Change.VolumeDeleted deleted) {
                delete(event, deleted);
            } else if (change instanceof Change.SnapshotMerged merged) {
                merge(event, merged);
            } else if (change instanceof Change.VolumeResized resized) {
                resize(event, resized);
            } else if (change instanceof Change.VolumeRenamed renamed) {
                state.catalogue().rename(volume(renamed.volumeId()), renamed.newName());
            } else if (change instanceof Change.VolumeLabeled labeled) {
                state.catalogue().label(volume(labeled.volumeId()), labeled.labels());
            } else if (change instanceof Change.ReadonlySet set) {
                state.catalogue().setReadonly(volume(set.volumeId()), set.readonly());
            }
        }
        if (event.request() != null) {
            state.requests().add(event.request());
        }
    }

    private void create(CatalogueChanged event, Change.VolumeCreated change) {
        state.catalogue()
                .add(new LiveVolume(
                        change.volumeId(),
                        change.name(),
                        VolumeKind.ORIGIN,
                        change.sizeBytes(),
                        change.readonly(),
                        0,
                        change.volumeId(),
                        nextSeq(),
                        event.timeMs(),
                        new MappingRoot()));
    }

    private void snapshot(CatalogueChanged event, Change.SnapshotTaken change) {
        LiveVolume source = volume(change.sourceId());
        MappingRoot root = new MappingRoot();
        state.trees().share(source.root(), root);
        state.catalogue()
                .add(new LiveVolume(
                        change.volumeId(),
                        change.name(),
                        VolumeKind.SNAPSHOT,
                        source.sizeBytes(),
                        change.readonly(),
                        source.id(),
                        source.familyId(),
                        nextSeq(),
                        event.timeMs(),
                        root));
    }

    private void delete(CatalogueChanged event, Change.VolumeDeleted change) {
        LiveVolume volume = volume(change.volumeId());
        MappingRoot left = new MappingRoot();
        state.catalogue().end(volume, nextSeq(), event.timeMs(), 0);
        state.trees().handOver(volume.root(), left);
        startJob(change.jobId(), ReclaimReason.DELETE, volume.id(), event.timeMs(), left);
    }

    private void merge(CatalogueChanged event, Change.SnapshotMerged change) {
        LiveVolume snapshot = volume(change.snapshotId());
        LiveVolume into = volume(change.intoId());
        MappingRoot replaced = new MappingRoot();
        state.catalogue().end(snapshot, nextSeq(), event.timeMs(), into.id());
        state.trees().merge(into.root(), snapshot.root(), replaced);
        state.catalogue().resize(into, snapshot.sizeBytes());
        startJob(change.jobId(), ReclaimReason.MERGE, into.id(), event.timeMs(), replaced);
    }

    private void resize(CatalogueChanged event, Change.VolumeResized change) {
        LiveVolume volume = volume(change.volumeId());
        int blockSize = state.blockSizeBytes();
        long oldBlocks = volume.blocks(blockSize);
        long newBlocks = LiveVolume.blocks(change.sizeBytes(), blockSize);
        if (change.jobId() != 0) {
            MappingRoot removed = new MappingRoot();
            if (newBlocks < oldBlocks) {
                state.trees().cut(volume.root(), newBlocks, oldBlocks - newBlocks, removed);
            }
            startJob(change.jobId(), ReclaimReason.SHRINK, volume.id(), event.timeMs(), removed);
        }
        if (change.boundaryPhysical() != 0) {
            int[] checksum = {change.boundaryChecksum()};
            long block = change.sizeBytes() / blockSize;
            state.trees().put(volume.root(), block, change.boundaryPhysical(), 1, checksum, 0, 0);
        }
        state.catalogue().resize(volume, change.sizeBytes());
    }

    private void startJob(long jobId, ReclaimReason reason, long volumeId, long timeMs, MappingRoot left) {
        state.jobs().add(new ReclaimJob(jobId, reason, volumeId, nextSeq(), timeMs, left));
    }

    private long nextSeq() {
        return state.seq() + 1;
    }

    private LiveVolume volume(long id) {
        LiveVolume volume = state.catalogue().byId(id);
        if (volume == null) {
            throw new IllegalStateException(
                    "event " + nextSeq() + " is about volume #" + id + ", which does not exist");
        }
        return volume;
    }

    private ReclaimJob job(long id) {
        ReclaimJob job = state.jobs().find(id);
        if (job == null) {
            throw new IllegalStateException("event " + nextSeq() + " is about job " + id + ", which does not exist");
        }
        return job;
    }
}
