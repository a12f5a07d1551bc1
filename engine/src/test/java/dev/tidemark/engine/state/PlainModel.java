package dev.tidemark.engine.state;

import dev.tidemark.engine.message.Command;
import dev.tidemark.engine.message.Message;
import dev.tidemark.engine.message.VolumeRef;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongToIntFunction;

/**
 * The oracle: what a store should hold, in plain maps, with every snapshot a whole copy. Written against the grammar's
 * rules, not against the decider.
 */
final class PlainModel {
    static final int BLOCK = 4096;

    /** A block's content: which write made it, and how many of its bytes were kept; zeros after them. */
    record Content(int write, int keepBytes) {
        int checksum() {
            return write * 0x9E3779B1 + keepBytes;
        }

        Content cut(int bytes) {
            return new Content(write, Math.min(keepBytes, bytes));
        }
    }

    /** One volume. */
    static final class Volume {
        long id;
        String name;
        boolean snapshot;
        long size;
        boolean readonly;
        long source;
        long family;
        Map<String, String> labels = new TreeMap<>();
        TreeMap<Long, Content> blocks = new TreeMap<>();

        Volume copy() {
            Volume copy = new Volume();
            copy.id = id;
            copy.name = name;
            copy.snapshot = snapshot;
            copy.size = size;
            copy.readonly = readonly;
            copy.source = source;
            copy.family = family;
            copy.labels = new TreeMap<>(labels);
            copy.blocks = new TreeMap<>(blocks);
            return copy;
        }

        long blockCount() {
            return (size + BLOCK - 1) / BLOCK;
        }
    }

    /** The expected reply: an error code, or for each command the fields that are known beforehand. */
    record Outcome(String code, int command, List<String> lines) {}

    private final LongToIntFunction open;
    TreeMap<Long, Volume> volumes = new TreeMap<>();
    Map<Long, String> gone = new HashMap<>();
    long nextId = 1;
    long seq;
    long catalogueSeq;

    PlainModel(LongToIntFunction open) {
        this.open = open;
    }

    private static final class No extends RuntimeException {
        private static final long serialVersionUID = 1L;

        No(String code) {
            super(code, null, false, false);
        }
    }

    /** Does all commands of a message, or none. */
    Outcome send(Message message) {
        TreeMap<Long, Volume> before = new TreeMap<>();
        volumes.forEach((id, volume) -> before.put(id, volume.copy()));
        Map<Long, String> goneBefore = new HashMap<>(gone);
        long idBefore = nextId;
        List<String> lines = new ArrayList<>();
        boolean changed = false;
        for (Command command : message.commands()) {
            try {
                if (command.options().ifSeq() >= 0
                        && catalogueSeq > command.options().ifSeq()) {
                    throw new No("changed");
                }
                lines.add(run(command));
                changed |= !(command instanceof Command.Flush);
            } catch (No no) {
                volumes = before;
                gone = goneBefore;
                nextId = idBefore;
                return new Outcome(no.getMessage(), message.commands().size() > 1 ? lines.size() + 1 : 0, List.of());
            }
        }
        if (changed || message.request() != null) {
            seq++;
            catalogueSeq = changed ? seq : catalogueSeq;
        }
        return new Outcome(null, 0, lines);
    }

    private String run(Command command) {
        if (command instanceof Command.CreateOrigin c) {
            return create(c.name(), null, c.sizeBytes(), c.readonly());
        } else if (command instanceof Command.CreateSnapshot c) {
            Volume origin = find(c.origin());
            refuseIf(origin.snapshot, "wrong-kind");
            return create(c.name(), origin, origin.size, c.readonly());
        } else if (command instanceof Command.Clone c) {
            Volume source = find(c.source());
            refuseIf(!source.snapshot, "wrong-kind");
            return create(c.name(), source, source.size, c.readonly());
        } else if (command instanceof Command.Delete c) {
            Volume volume = find(c.volume());
            refuseIf(open.applyAsInt(volume.id) > 0 && !c.force(), "busy");
            end(volume, "deleted");
            return "id=" + volume.id;
        } else if (command instanceof Command.Merge c) {
            return merge(c);
        } else if (command instanceof Command.Resize c) {
            Volume volume = find(c.volume());
            refuseIf(volume.readonly, "read-only");
            refuseIf(c.sizeBytes() < volume.size && !c.shrink(), "bad-size");
            resize(volume, c.sizeBytes());
            return "id=" + volume.id;
        } else if (command instanceof Command.Rename c) {
            Volume volume = find(c.volume());
            Volume holder = byName(c.newName());
            refuseIf(holder != null && holder != volume, "name-taken");
            volume.name = c.newName();
            return "id=" + volume.id;
        } else if (command instanceof Command.Label c) {
            Volume volume = find(c.volume());
            volume.labels.putAll(c.labels());
            volume.labels.values().removeIf(String::isEmpty);
            return "id=" + volume.id;
        } else if (command instanceof Command.SetReadonly c) {
            Volume volume = find(c.volume());
            volume.readonly = c.readonly();
            return "id=" + volume.id;
        }
        return "";
    }

    private String create(String name, Volume source, long size, boolean readonly) {
        refuseIf(byName(name) != null, "name-taken");
        Volume volume = source == null ? new Volume() : source.copy();
        volume.id = nextId++;
        volume.name = name;
        volume.snapshot = source != null;
        volume.size = size;
        volume.readonly = readonly;
        volume.source = source == null ? 0 : source.id;
        volume.family = source == null ? volume.id : source.family;
        volume.labels = new TreeMap<>();
        volumes.put(volume.id, volume);
        return "id=" + volume.id + " name=" + name;
    }

    private String merge(Command.Merge command) {
        Volume snapshot = find(command.snapshot());
        refuseIf(!snapshot.snapshot, "wrong-kind");
        Volume into = command.into() != null ? find(command.into()) : volumes.get(snapshot.source);
        refuseIf(into == null, "no-such-volume");
        refuseIf(into == snapshot, "bad-message");
        refuseIf(into.family != snapshot.family, "wrong-kind");
        refuseIf(into.readonly, "read-only");
        boolean anyOpen = open.applyAsInt(snapshot.id) > 0 || open.applyAsInt(into.id) > 0;
        refuseIf(anyOpen && !command.force(), "busy");
        into.blocks = new TreeMap<>(snapshot.blocks);
        into.size = snapshot.size;
        end(snapshot, "merged");
        return "id=" + snapshot.id + " into=" + into.id;
    }

    private static void resize(Volume volume, long size) {
        if (size < volume.size) {
            volume.blocks.tailMap((size + BLOCK - 1) / BLOCK, true).clear();
            if (size % BLOCK != 0) {
                volume.blocks.computeIfPresent(size / BLOCK, (block, old) -> old.cut((int) (size % BLOCK)));
            }
        }
        volume.size = size;
    }

    private void end(Volume volume, String how) {
        volumes.remove(volume.id);
        gone.put(volume.id, how);
    }

    private Volume find(VolumeRef reference) {
        Volume volume = reference instanceof VolumeRef.ById ref
                ? volumes.get(ref.id())
                : byName(((VolumeRef.ByName) reference).name());
        refuseIf(volume == null, "no-such-volume");
        return volume;
    }

    Volume byName(String name) {
        return volumes.values().stream()
                .filter(volume -> volume.name.equals(name))
                .findFirst()
                .orElse(null);
    }

    private static void refuseIf(boolean condition, String code) {
        if (condition) {
            throw new No(code);
        }
    }
}
