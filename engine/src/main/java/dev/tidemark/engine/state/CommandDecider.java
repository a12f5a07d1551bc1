package dev.tidemark.engine.state;

import dev.tidemark.engine.mapping.MappingEntry;
import dev.tidemark.engine.mapping.MappingReader;
import dev.tidemark.engine.message.Command;
import dev.tidemark.engine.message.ErrorCode;
import dev.tidemark.engine.message.Line;
import dev.tidemark.engine.message.Rules;
import dev.tidemark.engine.message.Sizes;
import dev.tidemark.engine.message.VolumeRef;
import dev.tidemark.engine.state.Drafts.Draft;
import dev.tidemark.engine.volume.Catalogue;
import dev.tidemark.engine.volume.DeadVolume;
import dev.tidemark.engine.volume.VolumeKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Decides the commands of one message, in order, each on what those before it will have made. For one message. */
final class CommandDecider {
    private final State state;
    private final DecisionContext context;
    private final Drafts drafts;
    private final List<Change> changes = new ArrayList<>();
    private final List<Line> lines = new ArrayList<>();
    private final List<Decision.Boundary> boundaries = new ArrayList<>();
    private final List<Long> forced = new ArrayList<>();
    private final long seq;
    private boolean checkpoint;

    /** @param seq what the answers say: the event's seq, or the present one when there is no event */
    CommandDecider(State state, DecisionContext context, long seq) {
        this.state = state;
        this.context = context;
        this.seq = seq;
        drafts = new Drafts(state);
    }

    List<Change> changes() {
        return changes;
    }

    /** One line for each command. */
    List<Line> lines() {
        return lines;
    }

    List<Decision.Boundary> boundaries() {
        return boundaries;
    }

    List<Long> forced() {
        return forced;
    }

    boolean asksForCheckpoint() {
        return checkpoint;
    }

    /** Decides the next command; throws {@link RefusedException}. */
    void decide(Command command) {
        if (command instanceof Command.CreateOrigin c) {
            createOrigin(c);
        } else if (command instanceof Command.CreateSnapshot c) {
            createSnapshot(c);
        } else if (command instanceof Command.Clone c) {
            cloneSnapshot(c);
        } else if (command instanceof Command.Delete c) {
            delete(c);
        } else if (command instanceof Command.Merge c) {
            merge(c);
        } else if (command instanceof Command.Resize c) {
            resize(c);
        } else if (command instanceof Command.Rename c) {
            rename(c);
        } else if (command instanceof Command.Label c) {
            label(c);
        } else if (command instanceof Command.SetReadonly c) {
            Draft volume = find(c.volume());
            volume.readonly = c.readonly();
            done(new Change.ReadonlySet(volume.id, c.readonly()), Line.of("id", volume.id, "seq", seq));
        } else {
            checkpoint |= command instanceof Command.Checkpoint;
            lines.add(Line.of("seq", seq));
        }
    }

    private void done(Change change, Line line) {
        changes.add(change);
        lines.add(line);
    }

    private void createOrigin(Command.CreateOrigin command) {
        requireFree(command.name(), null);
        requireRoom();
        long id = drafts.nextVolumeId();
        Draft draft = new Draft(id, command.name(), VolumeKind.ORIGIN, 0, id);
        draft.sizeBytes = command.sizeBytes();
        draft.readonly = command.readonly();
        drafts.add(draft);
        done(new Change.VolumeCreated(id, command.name(), command.sizeBytes(), command.readonly()), created(draft));
    }

    private void createSnapshot(Command.CreateSnapshot command) {
        Draft origin = find(command.origin());
        if (origin.kind != VolumeKind.ORIGIN) {
            throw new RefusedException(
                    ErrorCode.WRONG_KIND,
                    origin.name + " is a snapshot; for a snapshot of a snapshot write: clone " + command.name()
                            + " source=" + command.origin(),
                    "volume",
                    origin.name,
                    "kind",
                    origin.kind);
        }
        snapshot(command.name(), origin, command.readonly(), false);
    }

    private void cloneSnapshot(Command.Clone command) {
        Draft source = find(command.source());
        if (source.kind != VolumeKind.SNAPSHOT) {
            throw new RefusedException(
                    ErrorCode.WRONG_KIND,
                    source.name + " is an origin; for a snapshot of an origin write: create " + command.name()
                            + " origin=" + command.source(),
                    "volume",
                    source.name,
                    "kind",
                    source.kind);
        }
        snapshot(command.name(), source, command.readonly(), true);
    }

    private void snapshot(String name, Draft source, boolean readonly, boolean cloned) {
        requireFree(name, null);
        requireRoom();
        Draft draft = new Draft(drafts.nextVolumeId(), name, VolumeKind.SNAPSHOT, source.id, source.familyId);
        draft.readonly = readonly;
        draft.takeContent(source);
        drafts.add(draft);
        done(new Change.SnapshotTaken(draft.id, name, source.id, readonly, cloned), created(draft));
    }

    private Line created(Draft draft) {
        return Line.of("id", draft.id, "name", draft.name, "seq", seq);
    }

    private void delete(Command.Delete command) {
        Draft volume = find(command.volume());
        requireClosed(volume, command.force(), "delete");
        long jobId = drafts.takeJobId();
        drafts.end(volume);
        done(new Change.VolumeDeleted(volume.id, jobId), Line.of("id", volume.id, "seq", seq, "job", jobId));
    }

    private void merge(Command.Merge command) {
        Draft snapshot = find(command.snapshot());
        if (snapshot.kind != VolumeKind.SNAPSHOT) {
            throw new RefusedException(
                    ErrorCode.WRONG_KIND,
                    snapshot.name + " is an origin: merge takes a snapshot, whose content goes into a volume",
                    "volume",
                    snapshot.name,
                    "kind",
                    snapshot.kind);
        }
        Draft into = command.into() != null ? find(command.into()) : sourceOf(snapshot);
        if (into == snapshot) {
            throw new RefusedException(
                    ErrorCode.BAD_MESSAGE,
                    snapshot.name + " can't be merged into itself: name another volume with into=");
        }
        if (into.familyId != snapshot.familyId) {
            throw new RefusedException(
                    ErrorCode.WRONG_KIND,
                    into.name + " is not of the family of " + snapshot.name
                            + ": they have no ancestor in common, so name " + "a volume that has with into=",
                    "volume",
                    into.name,
                    "origin_id",
                    into.familyId,
                    "snapshot_origin_id",
                    snapshot.familyId);
        }
        requireWritable(into, "takes no snapshot's content");
        requireClosed(snapshot, command.force(), "merge");
        requireClosed(into, command.force(), "merge");
        long jobId = drafts.takeJobId();
        into.takeContent(snapshot);
        drafts.end(snapshot);
        done(
                new Change.SnapshotMerged(snapshot.id, into.id, jobId),
                Line.of("id", snapshot.id, "into", into.id, "seq", seq, "job", jobId));
    }

    private Draft sourceOf(Draft snapshot) {
        Draft source = drafts.byId(snapshot.sourceId);
        if (source == null) {
            throw new RefusedException(
                    ErrorCode.NO_SUCH_VOLUME,
                    "the volume that " + snapshot.name + " was taken from, #" + snapshot.sourceId
                            + ", is gone: name the volume that takes its content with into=",
                    "volume",
                    "#" + snapshot.sourceId);
        }
        return source;
    }

    private void resize(Command.Resize command) {
        Draft volume = find(command.volume());
        requireWritable(volume, "keeps its size");
        long size = command.sizeBytes();
        if (size < volume.sizeBytes && !command.shrink()) {
            throw new RefusedException(
                    ErrorCode.BAD_SIZE,
                    volume.name + " has " + Sizes.print(volume.sizeBytes)
                            + ": a smaller size cuts off what lies beyond, " + "so it needs shrink=true",
                    "volume",
                    volume.name,
                    "size",
                    volume.sizeBytes);
        }
        long jobId = 0;
        if (size < volume.sizeBytes && volume.mayHoldBeyond(size)) {
            jobId = drafts.takeJobId();
            cutBoundary(volume, size);
        }
        volume.contentBytes = Math.min(volume.contentBytes, size);
        volume.sizeBytes = size;
        done(new Change.VolumeResized(volume.id, size, jobId, 0, 0), Line.of("id", volume.id, "seq", seq));
    }

    /** Asks for the zeroing of the rest of the block that the new end lies in, when it is mapped. */
    private void cutBoundary(Draft volume, long sizeBytes) {
        long block = sizeBytes / state.blockSizeBytes();
        int keepBytes = (int) (sizeBytes % state.blockSizeBytes());
        if (keepBytes == 0) {
            return;
        }
        MappingReader reader = new MappingReader(state.pages());
        if (reader.lookup(volume.content.root(), block, new MappingEntry())) {
            boundaries.add(new Decision.Boundary(changes.size(), volume.content.id(), block, keepBytes));
        }
    }

    private void rename(Command.Rename command) {
        Draft volume = find(command.volume());
        requireFree(command.newName(), volume);
        drafts.rename(volume, command.newName());
        done(new Change.VolumeRenamed(volume.id, command.newName()), Line.of("id", volume.id, "seq", seq));
    }

    private void label(Command.Label command) {
        Draft volume = find(command.volume());
        Map<String, String> labels = Catalogue.merge(volume.labels, command.labels());
        if (labels.size() > Rules.MAX_LABELS) {
            throw new RefusedException(
                    ErrorCode.BAD_MESSAGE,
                    volume.name + " would have " + labels.size() + " labels, more than " + Rules.MAX_LABELS
                            + ": remove some with KEY=");
        }
        volume.labels = labels;
        done(new Change.VolumeLabeled(volume.id, command.labels()), Line.of("id", volume.id, "seq", seq));
    }

    private Draft find(VolumeRef reference) {
        Draft draft = drafts.find(reference);
        if (draft == null) {
            throw noSuchVolume(state, reference);
        }
        return draft;
    }

    /** Says that a volume does not exist, and what became of it as far as its id tells. */
    static RefusedException noSuchVolume(State state, VolumeRef reference) {
        String fate = "there is no volume " + reference + " (list shows all that exist)";
        DeadVolume dead =
                reference instanceof VolumeRef.ById ref ? state.catalogue().dead(ref.id()) : null;
        if (dead != null) {
            fate = "volume " + reference + ", last named " + dead.name() + ", was "
                    + (dead.mergedInto() == 0 ? "deleted" : "merged into #" + dead.mergedInto()) + " at seq "
                    + dead.endedSeq();
        }
        return new RefusedException(ErrorCode.NO_SUCH_VOLUME, fate, "volume", reference);
    }

    private void requireFree(String name, Draft except) {
        Draft holder = drafts.byName(name);
        if (holder != null && holder != except) {
            throw new RefusedException(
                    ErrorCode.NAME_TAKEN,
                    "volume #" + holder.id + " has the name " + name + ": take another one, or rename that volume",
                    "volume",
                    name,
                    "id",
                    holder.id);
        }
    }

    private void requireRoom() {
        if (drafts.isFull()) {
            throw new RefusedException(
                    ErrorCode.OUT_OF_SPACE,
                    "there are " + Catalogue.MAX_VOLUMES + " volumes, the most that a store has: delete some");
        }
    }

    private static void requireWritable(Draft volume, String consequence) {
        if (volume.readonly) {
            throw new RefusedException(
                    ErrorCode.READ_ONLY,
                    volume.name + " is read-only and " + consequence + ": first set " + volume.name + " readonly=false",
                    "volume",
                    volume.name);
        }
    }

    private void requireClosed(Draft volume, boolean force, String verb) {
        int connections = context.openConnections().applyAsInt(volume.id);
        if (connections == 0) {
            return;
        }
        if (!force) {
            throw new RefusedException(
                    ErrorCode.BUSY,
                    connections + (connections == 1 ? " client has " : " clients have ") + volume.name
                            + " open: close, or " + verb + " with force=true",
                    "volume",
                    volume.name,
                    "connections",
                    connections);
        }
        if (!forced.contains(volume.id)) {
            forced.add(volume.id);
        }
    }
}
