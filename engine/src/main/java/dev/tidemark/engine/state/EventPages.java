package dev.tidemark.engine.state;

import dev.tidemark.engine.job.ReclaimJob;
import dev.tidemark.engine.mapping.MappingRoot;
import dev.tidemark.engine.mapping.PagesAhead;
import dev.tidemark.engine.volume.LiveVolume;
import java.util.HashMap;
import java.util.Map;

/**
 * Brings in every page that applying an event will touch, so that {@link Applier} can't fail on a page that can't be
 * read: it has a case for each of the applier's. Nothing is changed but what is in memory. Write events allocate
 * nothing. Writer thread.
 */
public final class EventPages {
    private final State state;
    private final PagesAhead ahead;

    /** For one state. */
    public EventPages(State state) {
        this.state = state;
        ahead = state.trees().ahead();
    }

    /**
     * Call it right before the event is applied: other events in between may have changed where it goes.
     *
     * @throws dev.tidemark.engine.mapping.PageUnreadableException when a page can't be read: the event must not be
     *     applied
     */
    public void bringIn(Event event) {
        if (!ahead.isNeeded()) {
            return;
        }
        if (event instanceof BlocksWritten written) {
            write(written);
        } else if (event instanceof BlocksUnmapped unmapped) {
            unmap(unmapped);
        } else if (event instanceof RangeZeroed zeroed) {
            unmap(zeroed.middle());
            write(zeroed.head());
            write(zeroed.tail());
        } else if (event instanceof Event.JobStepped stepped) {
            ReclaimJob job = state.jobs().find(stepped.jobId());
            if (job != null) {
                ahead.reclaimStep(job.root(), stepped.maxEntries());
            }
        } else if (event instanceof CatalogueChanged changed) {
            new Changes().bringIn(changed);
        }
    }

    private void write(BlocksWritten event) {
        if (event.blocks() == 0) {
            return;
        }
        ahead.put(root(event.volumeId()), event.firstBlock(), event.blocks(), false);
        for (int run = 0; run < event.runs(); run++) {
            ahead.claim(event.runStart(run), event.runLength(run));
        }
    }

    private void unmap(BlocksUnmapped event) {
        if (event.blocks() == 0) {
            return;
        }
        if (event.jobId() == 0) {
            ahead.unmap(root(event.volumeId()), event.firstBlock(), event.blocks());
        } else {
            ahead.cut(root(event.volumeId()), event.firstBlock(), event.blocks(), false);
        }
    }

    private MappingRoot root(long volumeId) {
        LiveVolume volume = state.catalogue().byId(volumeId);
        if (volume == null) {
            throw new IllegalStateException("an event is about volume #" + volumeId + ", which does not exist");
        }
        return volume.root();
    }

    /** The changes of one message: each volume as the changes before leave it. */
    private final class Changes {
        private final Map<Long, Shown> volumes = new HashMap<>();

        /** The tree that a volume will show, null for an empty one, and its size. */
        private record Shown(MappingRoot root, long sizeBytes) {}

        void bringIn(CatalogueChanged event) {
            for (Change change : event.changes()) {
                if (change instanceof Change.VolumeCreated created) {
                    volumes.put(created.volumeId(), new Shown(null, created.sizeBytes()));
                } else if (change instanceof Change.SnapshotTaken taken) {
                    Shown source = shown(taken.sourceId());
                    if (source.root != null) {
                        ahead.share(source.root);
                    }
                    volumes.put(taken.volumeId(), source);
                } else if (change instanceof Change.SnapshotMerged merged) {
                    volumes.put(merged.intoId(), shown(merged.snapshotId()));
                    state.catalogue().gone().bringIn(merged.snapshotId());
                } else if (change instanceof Change.VolumeDeleted deleted) {
                    state.catalogue().gone().bringIn(deleted.volumeId());
                } else if (change instanceof Change.VolumeResized resized) {
                    resize(resized);
                }
            }
        }

        /** As if the tree had been shared before: a snapshot in the same message may do that. */
        private void resize(Change.VolumeResized change) {
            Shown before = shown(change.volumeId());
            volumes.put(change.volumeId(), new Shown(before.root, change.sizeBytes()));
            long oldBlocks = LiveVolume.blocks(before.sizeBytes, state.blockSizeBytes());
            long newBlocks = LiveVolume.blocks(change.sizeBytes(), state.blockSizeBytes());
            if (before.root != null && change.jobId() != 0 && newBlocks < oldBlocks) {
                ahead.cut(before.root, newBlocks, oldBlocks - newBlocks, true);
            }
            if (change.boundaryPhysical() != 0) {
                if (before.root != null) {
                    ahead.put(before.root, change.sizeBytes() / state.blockSizeBytes(), 1, true);
                }
                ahead.claim(change.boundaryPhysical(), 1);
            }
        }

        private Shown shown(long volumeId) {
            Shown shown = volumes.get(volumeId);
            if (shown == null) {
                LiveVolume volume = state.catalogue().byId(volumeId);
                shown = new Shown(volume.root(), volume.sizeBytes());
            }
            return shown;
        }
    }
}
