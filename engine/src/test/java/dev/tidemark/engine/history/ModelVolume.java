package dev.tidemark.engine.history;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/** A volume as the model sees it: whole blocks by number, those that are not there are not mapped. Immutable. */
public record ModelVolume(
        long id,
        String name,
        boolean origin,
        long sourceId,
        long familyId,
        long size,
        boolean readonly,
        Map<String, String> labels,
        Map<Long, byte[]> blocks) {

    private ModelVolume with(long newSize, Map<Long, byte[]> newBlocks) {
        return new ModelVolume(id, name, origin, sourceId, familyId, newSize, readonly, labels, newBlocks);
    }

    ModelVolume named(String newName) {
        return new ModelVolume(id, newName, origin, sourceId, familyId, size, readonly, labels, blocks);
    }

    ModelVolume readonly(boolean value) {
        return new ModelVolume(id, name, origin, sourceId, familyId, size, value, labels, blocks);
    }

    ModelVolume labeled(String key, String value) {
        Map<String, String> changed = new TreeMap<>(labels);
        if (value.isEmpty()) {
            changed.remove(key);
        } else {
            changed.put(key, value);
        }
        return new ModelVolume(id, name, origin, sourceId, familyId, size, readonly, changed, blocks);
    }

    ModelVolume taking(ModelVolume other) {
        return with(other.size, other.blocks);
    }

    ModelVolume resized(long newSize, int blockSize) {
        if (newSize >= size) {
            return with(newSize, blocks);
        }
        Map<Long, byte[]> kept = new HashMap<>(blocks);
        long end = (newSize + blockSize - 1) / blockSize;
        kept.keySet().removeIf(block -> block >= end);
        int inside = (int) (newSize % blockSize);
        byte[] last = kept.get(newSize / blockSize);
        if (inside != 0 && last != null) {
            byte[] cut = last.clone();
            Arrays.fill(cut, inside, blockSize, (byte) 0);
            kept.put(newSize / blockSize, cut);
        }
        return with(newSize, kept);
    }

    ModelVolume written(long offset, byte[] bytes, int blockSize) {
        Map<Long, byte[]> changed = new HashMap<>(blocks);
        int done = 0;
        while (done < bytes.length) {
            long block = (offset + done) / blockSize;
            int inside = (int) ((offset + done) % blockSize);
            int length = Math.min(blockSize - inside, bytes.length - done);
            byte[] old = changed.get(block);
            byte[] fresh = old == null ? new byte[blockSize] : old.clone();
            System.arraycopy(bytes, done, fresh, inside, length);
            changed.put(block, fresh);
            done += length;
        }
        return with(size, changed);
    }

    /** The whole blocks inside a range; the volume's last block counts as whole when the range goes to its end. */
    long[] whole(long offset, long length, int blockSize) {
        long end = offset + length;
        long first = (offset + blockSize - 1) / blockSize;
        long after = end == size ? (size + blockSize - 1) / blockSize : end / blockSize;
        return new long[] {first, after};
    }

    /** Whether a discard of that range touches a whole block: only then it is an event. */
    boolean discards(long offset, long length, int blockSize) {
        long[] range = whole(offset, length, blockSize);
        return range[0] < range[1];
    }

    ModelVolume discarded(long offset, long length, int blockSize) {
        long[] range = whole(offset, length, blockSize);
        Map<Long, byte[]> kept = new HashMap<>(blocks);
        kept.keySet().removeIf(block -> block >= range[0] && block < range[1]);
        return with(size, kept);
    }

    /** Whether zeroes there are an event: they unmap a whole block, or rewrite a part of a mapped one. */
    boolean zeroes(long offset, long length, int blockSize) {
        if (length == 0) {
            return false;
        }
        long end = offset + length;
        boolean head = offset % blockSize != 0 && blocks.containsKey(offset / blockSize);
        boolean tail = end != size && end % blockSize != 0 && blocks.containsKey(end / blockSize);
        return discards(offset, length, blockSize) || head || tail;
    }

    ModelVolume zeroed(long offset, long length, int blockSize) {
        ModelVolume middle = discarded(offset, length, blockSize);
        Map<Long, byte[]> changed = new HashMap<>(middle.blocks);
        long end = offset + length;
        for (long block : new long[] {offset / blockSize, end / blockSize}) {
            byte[] old = changed.get(block);
            if (old != null) {
                long start = block * blockSize;
                int from = (int) Math.max(0, offset - start);
                int to = (int) Math.min(blockSize, end - start);
                if (from < to) {
                    byte[] fresh = old.clone();
                    Arrays.fill(fresh, from, to, (byte) 0);
                    changed.put(block, fresh);
                }
            }
        }
        return with(size, changed);
    }

    /** The content of a range. */
    public byte[] read(long offset, int length, int blockSize) {
        byte[] bytes = new byte[length];
        int done = 0;
        while (done < length) {
            long block = (offset + done) / blockSize;
            int inside = (int) ((offset + done) % blockSize);
            int part = Math.min(blockSize - inside, length - done);
            byte[] content = blocks.get(block);
            if (content != null) {
                System.arraycopy(content, inside, bytes, done, part);
            }
            done += part;
        }
        return bytes;
    }

    @Override
    public String toString() {
        return "#" + id + " " + name + " size=" + size + (readonly ? " readonly" : "") + " blocks="
                + new TreeMap<>(blocks).keySet();
    }
}
