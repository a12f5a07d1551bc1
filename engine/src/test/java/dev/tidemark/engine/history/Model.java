package dev.tidemark.engine.history;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What a store must hold: volumes by id, as plain maps. Mutable; {@link #copy} is cheap, for volumes are immutable. */
public final class Model {
    private final int blockSize;
    private final Map<Long, ModelVolume> volumes;
    private final Map<String, Remembered> requests;
    private long lastId;
    private long catalogueSeq;

    /** A message under a request id, and what was answered first; null for not known. */
    record Remembered(Message message, String reply) {}

    /** An empty store. */
    public Model(int blockSize) {
        this(blockSize, new TreeMap<>(), new TreeMap<>(), 0, 0);
    }

    private Model(
            int blockSize,
            Map<Long, ModelVolume> volumes,
            Map<String, Remembered> requests,
            long lastId,
            long catalogueSeq) {
        this.blockSize = blockSize;
        this.volumes = volumes;
        this.requests = requests;
        this.lastId = lastId;
        this.catalogueSeq = catalogueSeq;
    }

    /** A model that goes its own way from here. */
    public Model copy() {
        return new Model(blockSize, new TreeMap<>(volumes), new TreeMap<>(requests), lastId, catalogueSeq);
    }

    private void become(Model other) {
        volumes.clear();
        volumes.putAll(other.volumes);
        requests.clear();
        requests.putAll(other.requests);
        lastId = other.lastId;
        catalogueSeq = other.catalogueSeq;
    }

    public int blockSize() {
        return blockSize;
    }

    /** The volume of that id, or null. */
    public ModelVolume volume(long id) {
        return volumes.get(id);
    }

    /** A volume by choice, or null when there is none. */
    public ModelVolume pick(int choice) {
        if (volumes.isEmpty()) {
            return null;
        }
        return new ArrayList<>(volumes.values()).get(choice % volumes.size());
    }

    private ModelVolume byName(String name) {
        for (ModelVolume volume : volumes.values()) {
            if (volume.name().equals(name)) {
                return volume;
            }
        }
        return null;
    }

    /** What answer a write, discard or zeroes must get: an error's code, or null for none. */
    public String refusal(long id, long offset, long length) {
        ModelVolume volume = volumes.get(id);
        if (volume == null) {
            return "no-such-volume";
        } else if (offset + length > volume.size()) {
            return "bad-size";
        }
        return volume.readonly() ? "read-only" : null;
    }

    /** A write took effect. */
    public void write(long id, long offset, byte[] bytes) {
        volumes.computeIfPresent(id, (key, volume) -> volume.written(offset, bytes, blockSize));
    }

    /** Whether a discard is an event now. */
    public boolean discards(long id, long offset, long length) {
        ModelVolume volume = volumes.get(id);
        return volume != null && volume.discards(offset, length, blockSize);
    }

    /** A discard took effect. */
    public void discard(long id, long offset, long length) {
        volumes.computeIfPresent(id, (key, volume) -> volume.discarded(offset, length, blockSize));
    }

    /** Whether zeroes are an event now. */
    public boolean zeroes(long id, long offset, long length) {
        ModelVolume volume = volumes.get(id);
        return volume != null && volume.zeroes(offset, length, blockSize);
    }

    /** Zeroes took effect. */
    public void zero(long id, long offset, long length) {
        volumes.computeIfPresent(id, (key, volume) -> volume.zeroed(offset, length, blockSize));
    }

    /** What a message did: an error's code, or null; and whether it was an event. */
    public record Said(String error, boolean event) {}

    /** The catalogue was changed by the event of that seq, as far as is known. */
    void changedAt(long seq) {
        catalogueSeq = seq;
    }

    /** What was answered first to the message with a request id. */
    void replied(String request, String reply) {
        requests.computeIfPresent(request, (id, first) -> new Remembered(first.message(), reply));
    }

    /** The message with that request id that took effect, or null. */
    Remembered remembered(String request) {
        return request == null ? null : requests.get(request);
    }

    /** A message with a request id, by choice, or null when there is none. */
    Message pickRemembered(int choice) {
        List<Remembered> all = new ArrayList<>(requests.values());
        return all.isEmpty() ? null : all.get(choice % all.size()).message();
    }

    /** Carries a message out: all of it, or nothing. */
    public Said say(Message message) {
        if (message.request() != null) {
            Remembered first = requests.get(message.request());
            if (first != null) {
                return new Said(first.message().text().equals(message.text()) ? null : "bad-message", false);
            }
        }
        if (message.ifSeq() != Message.NO_IF && catalogueSeq > message.ifSeq()) {
            return new Said("changed", false);
        }
        Model draft = copy();
        boolean event = message.request() != null;
        for (Message.Part part : message.parts()) {
            String error = draft.carryOut(part, message.open());
            if (error != null) {
                return new Said(error, false);
            }
            event |= part.kind().changes();
        }
        if (message.request() != null) {
            draft.requests.put(message.request(), new Remembered(message, null));
        }
        become(draft);
        return new Said(null, event);
    }

    private String carryOut(Message.Part part, Set<Long> open) {
        ModelVolume volume = part.volume() == 0 ? null : volumes.get(part.volume());
        if (part.volume() != 0 && volume == null) {
            return "no-such-volume";
        }
        switch (part.kind()) {
            case CREATE -> {
                return create(part, null);
            }
            case SNAPSHOT -> {
                return volume.origin() ? create(part, volume) : "wrong-kind";
            }
            case CLONE -> {
                return volume.origin() ? "wrong-kind" : create(part, volume);
            }
            case DELETE -> {
                if (!part.force() && open.contains(volume.id())) {
                    return "busy";
                }
                volumes.remove(volume.id());
            }
            case MERGE -> {
                return merge(volume, part.into(), part.force() ? Set.of() : open);
            }
            case RESIZE -> {
                return resize(volume, part.size(), part.flag());
            }
            case RENAME -> {
                ModelVolume holder = byName(part.name());
                if (holder != null && holder.id() != volume.id()) {
                    return "name-taken";
                }
                volumes.put(volume.id(), volume.named(part.name()));
            }
            case LABEL -> volumes.put(volume.id(), volume.labeled("k" + part.size() % 3, part.name()));
            case READONLY -> volumes.put(volume.id(), volume.readonly(part.flag()));
            case FLUSH, CHECKPOINT -> {}
        }
        return null;
    }

    private String create(Message.Part part, ModelVolume source) {
        if (byName(part.name()) != null) {
            return "name-taken";
        }
        long id = ++lastId;
        ModelVolume made = source == null
                ? new ModelVolume(
                        id, part.name(), true, 0, id, part.size(), part.flag(), new TreeMap<>(), new HashMap<>())
                : new ModelVolume(
                        id,
                        part.name(),
                        false,
                        source.id(),
                        source.familyId(),
                        source.size(),
                        part.flag(),
                        new TreeMap<>(),
                        source.blocks());
        volumes.put(id, made);
        return null;
    }

    private String merge(ModelVolume snapshot, long intoId, Set<Long> open) {
        if (snapshot.origin()) {
            return "wrong-kind";
        }
        ModelVolume into = volumes.get(intoId == 0 ? snapshot.sourceId() : intoId);
        if (into == null) {
            return "no-such-volume";
        } else if (into.id() == snapshot.id()) {
            return "bad-message";
        } else if (into.familyId() != snapshot.familyId()) {
            return "wrong-kind";
        } else if (into.readonly()) {
            return "read-only";
        } else if (open.contains(into.id()) || open.contains(snapshot.id())) {
            return "busy";
        }
        volumes.put(into.id(), into.taking(snapshot));
        volumes.remove(snapshot.id());
        return null;
    }

    private String resize(ModelVolume volume, long size, boolean shrink) {
        if (volume.readonly()) {
            return "read-only";
        } else if (size < volume.size() && !shrink) {
            return "bad-size";
        }
        volumes.put(volume.id(), volume.resized(size, blockSize));
        return null;
    }

    /** The volumes as they are now, for good. */
    public List<ModelVolume> picture() {
        return List.copyOf(volumes.values());
    }

    @Override
    public String toString() {
        return volumes.values().toString();
    }
}
