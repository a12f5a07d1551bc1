package dev.tidemark.engine.volume;

import dev.tidemark.engine.mapping.PageStore;
import dev.tidemark.engine.message.VolumeRef;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.agrona.collections.Long2ObjectHashMap;

/**
 * All volumes that exist, by id and by name, and what is remembered of those that are gone, which is in pages. Every
 * operation takes the same time whatever the number of volumes, but for {@link #volumes}, {@link #copies} and {@link
 * #forEachDead}.
 *
 * <p>Invariants, which a full check looks at again: (C1) ids ascend and are never given twice; (C2) every live volume
 * stands once by id and once by its present name; (C3) no id is both live and dead, and each id given is one of them.
 *
 * <p>The writer thread changes it. {@link #find}, {@link #byName} and {@link #volumes} may be called from any thread.
 */
public final class Catalogue {
    /** The most live volumes: each takes about half a KiB of memory, so that these take half a GiB. */
    public static final int MAX_VOLUMES = 1 << 20;

    // For the writer: no boxing on the way of every write event.
    private final Long2ObjectHashMap<LiveVolume> writersById = new Long2ObjectHashMap<>();
    private final ConcurrentHashMap<Long, LiveVolume> byId = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, LiveVolume> byName = new ConcurrentHashMap<>();
    private final GoneVolumes gone;
    private long nextVolumeId = 1;
    private final AtomicInteger origins = new AtomicInteger();

    /** Without a volume; what will be remembered of those that go is in these pages. */
    public Catalogue(PageStore pages) {
        gone = new GoneVolumes(pages);
    }

    /** The id that the next volume gets. Writer. */
    public long nextVolumeId() {
        return nextVolumeId;
    }

    /** How many volumes exist. Any thread. */
    public int size() {
        return byId.size();
    }

    /** How many of them are origins. Any thread. */
    public int origins() {
        return origins.get();
    }

    /** The volume, or null. Any thread. */
    public LiveVolume find(VolumeRef reference) {
        if (reference instanceof VolumeRef.ById ref) {
            return byId.get(ref.id());
        }
        return byName.get(((VolumeRef.ByName) reference).name());
    }

    /** The volume with that name, or null. Any thread. */
    public LiveVolume byName(String name) {
        return byName.get(name);
    }

    /** The volume with that id, or null. Writer; allocates nothing. */
    public LiveVolume byId(long id) {
        return writersById.get(id);
    }

    /** All volumes in ascending order of their ids. Any thread; a list of its own. */
    public List<LiveVolume> volumes() {
        List<LiveVolume> volumes = new ArrayList<>(byId.values());
        volumes.sort(Comparator.comparingLong(LiveVolume::id));
        return volumes;
    }

    /**
     * What is remembered of a volume that is gone; null for one that is not. Writer.
     *
     * @throws dev.tidemark.engine.mapping.PageUnreadableException when a page can't be read
     */
    public DeadVolume dead(long id) {
        return gone.find(id);
    }

    /** How many are gone. Writer. */
    public long deadCount() {
        return gone.count();
    }

    /**
     * Hands out all that are gone, in the order in which they went. Writer.
     *
     * @throws dev.tidemark.engine.mapping.PageUnreadableException when a page can't be read
     */
    public void forEachDead(Consumer<DeadVolume> sink) {
        gone.forEach(sink);
    }

    /** The table of those that are gone: for checkpoints, checks, and whoever brings its pages in. */
    public GoneVolumes gone() {
        return gone;
    }

    /** Copies of all volumes as they are, in no order, which do not change any more. Writer. */
    public List<LiveVolume> copies() {
        List<LiveVolume> copies = new ArrayList<>(writersById.size());
        writersById.values().forEach(volume -> copies.add(volume.copy()));
        return copies;
    }

    /** Adds a volume with the next id, or, from a checkpoint, a greater one. Writer. */
    public void add(LiveVolume volume) {
        if (volume.id() < nextVolumeId || byName.containsKey(volume.name())) {
            throw new IllegalStateException("volume " + volume + " is there already, or out of order");
        }
        nextVolumeId = volume.id() + 1;
        writersById.put(volume.id(), volume);
        byId.put(volume.id(), volume);
        byName.put(volume.name(), volume);
        if (volume.kind() == VolumeKind.ORIGIN) {
            origins.incrementAndGet();
        }
    }

    /**
     * Ends a volume: its name is free at once, its lineage stays. Before its tree is handed on, so that a reader that
     * finds it alive finds its tree, too. Writer.
     *
     * @param mergedInto the volume that took its content; 0 when it was deleted
     */
    public void end(LiveVolume volume, long seq, long timeMs, long mergedInto) {
        writersById.remove(volume.id());
        byName.remove(volume.name(), volume);
        byId.remove(volume.id());
        if (volume.kind() == VolumeKind.ORIGIN) {
            origins.decrementAndGet();
        }
        volume.end();
        gone.add(new DeadVolume(
                volume.id(),
                volume.name(),
                volume.kind(),
                volume.sourceId(),
                volume.familyId(),
                volume.createdSeq(),
                volume.createdMs(),
                seq,
                timeMs,
                mergedInto));
    }

    /**
     * Adds a volume that was gone already, as a checkpoint of version 2 saved it: in the order in which they went,
     * before the first event. Writer.
     */
    public void restore(DeadVolume volume) {
        gone.add(volume);
    }

    /** Sets the id that the next volume gets, when a checkpoint's volumes were added. Writer. */
    public void restoreNextVolumeId(long id) {
        if (id < nextVolumeId) {
            throw new IllegalStateException("the next volume would be #" + id + " instead of #" + nextVolumeId);
        }
        nextVolumeId = id;
    }

    /** Gives a volume another name, which no other one has. Writer. */
    public void rename(LiveVolume volume, String newName) {
        LiveVolume other = byName.get(newName);
        if (other != null && other != volume) {
            throw new IllegalStateException("the name of " + other + " is taken");
        }
        String oldName = volume.name();
        // The new name first: a reader on another thread may find the volume twice, but never not at all.
        byName.put(newName, volume);
        volume.name(newName);
        if (!oldName.equals(newName)) {
            byName.remove(oldName, volume);
        }
    }

    /** Sets the size. Writer. */
    public void resize(LiveVolume volume, long sizeBytes) {
        volume.sizeBytes(sizeBytes);
    }

    /** Makes a volume read-only, or writable. Writer. */
    public void setReadonly(LiveVolume volume, boolean readonly) {
        volume.readonly(readonly);
    }

    /** Sets labels; removes those with an empty value. Writer. */
    public void label(LiveVolume volume, Map<String, String> labels) {
        volume.labels(merge(volume.labels(), labels));
    }

    /** What labels become: sorted, without those that are set to an empty value. */
    public static Map<String, String> merge(Map<String, String> labels, Map<String, String> changes) {
        Map<String, String> merged = new TreeMap<>(labels);
        changes.forEach((key, value) -> {
            if (value.isEmpty()) {
                merged.remove(key);
            } else {
                merged.put(key, value);
            }
        });
        return Collections.unmodifiableMap(merged);
    }

    /** Checks the invariants; returns what is wrong, one line each. Writer. */
    public List<String> audit() {
        List<String> findings = new ArrayList<>();
        if (byName.size() != byId.size() || writersById.size() != byId.size()) {
            findings.add("catalogue: " + byId.size() + " volumes by id, " + writersById.size() + " for the writer, "
                    + byName.size() + " by name");
        }
        int originsSeen = 0;
        for (LiveVolume volume : volumes()) {
            String who = "volume " + volume + ": ";
            originsSeen += volume.kind() == VolumeKind.ORIGIN ? 1 : 0;
            if (byName.get(volume.name()) != volume || writersById.get(volume.id()) != volume || !volume.alive()) {
                findings.add(who + "is not found by its name and its id, or is marked as gone");
            }
            if (gone.find(volume.id()) != null) {
                findings.add(who + "is among the gone, too");
            }
            auditLineage(
                    who,
                    volume.id(),
                    volume.kind(),
                    volume.sourceId(),
                    volume.familyId(),
                    volume.createdSeq(),
                    findings);
        }
        if (originsSeen != origins.get()) {
            findings.add("catalogue: " + originsSeen + " origins, counted as " + origins.get());
        }
        long[] deadSeen = {0};
        gone.forEach(volume -> {
            deadSeen[0]++;
            String who = "volume #" + volume.id() + " " + volume.name() + ", gone: ";
            if (!volume.equals(gone.find(volume.id())) || volume.endedSeq() < volume.createdSeq()) {
                findings.add(who + "is not found by its id, or ended before it was made");
            }
            auditLineage(
                    who,
                    volume.id(),
                    volume.kind(),
                    volume.sourceId(),
                    volume.familyId(),
                    volume.createdSeq(),
                    findings);
        });
        if (deadSeen[0] != gone.count() || deadSeen[0] + byId.size() != nextVolumeId - 1) {
            findings.add("catalogue: " + byId.size() + " volumes and " + deadSeen[0] + " gone, but the next id is "
                    + nextVolumeId);
        }
        return findings;
    }

    private void auditLineage(
            String who,
            long id,
            VolumeKind kind,
            long sourceId,
            long familyId,
            long createdSeq,
            List<String> findings) {
        if (id >= nextVolumeId) {
            findings.add(who + "its id was not given yet");
        }
        if (kind == VolumeKind.ORIGIN) {
            if (sourceId != 0 || familyId != id) {
                findings.add(who + "an origin with source #" + sourceId + " and family #" + familyId);
            }
            return;
        }
        LiveVolume source = writersById.get(sourceId);
        DeadVolume past = source == null ? gone.find(sourceId) : null;
        if (source == null && past == null) {
            findings.add(who + "its source #" + sourceId + " is unknown");
            return;
        }
        long sourceFamily = source != null ? source.familyId() : past.familyId();
        long sourceSeq = source != null ? source.createdSeq() : past.createdSeq();
        if (sourceId >= id || sourceFamily != familyId || sourceSeq > createdSeq) {
            findings.add(who + "is older than its source #" + sourceId + ", or of another family");
        }
    }
}
