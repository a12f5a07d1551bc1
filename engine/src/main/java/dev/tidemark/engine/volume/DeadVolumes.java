package dev.tidemark.engine.volume;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The dead, in the order in which they died, packed: about 30 bytes and the name each, and 8 bytes for the way from an
 * id
 * to them, so that a store that took a snapshot every minute for ten years keeps them in some 300 MB and one with a
 * million
 * in some 60. One thread, but for {@link GoneVolumes}: a record that was added is never written again.
 */
final class DeadVolumes {
    private static final int CHUNK_BYTES = 1 << 16;
    /** The longest record: flags, nine numbers of ten bytes at most, the length and the characters of a name. */
    private static final int MAX_RECORD_BYTES = 1 + 9 * 10 + 2 + 128;

    private static final int INDEX_BITS = 10;

    private final List<byte[]> chunks = new ArrayList<>();
    private final List<Integer> chunkEnds = new ArrayList<>();
    // By id: position + 1, 0 for an id that is not dead. Chunks of ids without any dead are null.
    private final List<long[]> index = new ArrayList<>();
    private int used = CHUNK_BYTES;
    private int cursor;
    private long count;

    long count() {
        return count;
    }

    void add(DeadVolume dead) {
        if (CHUNK_BYTES - used < MAX_RECORD_BYTES) {
            chunks.add(new byte[CHUNK_BYTES]);
            chunkEnds.add(0);
            used = 0;
        }
        int chunk = chunks.size() - 1;
        byte[] bytes = chunks.get(chunk);
        index(dead.id(), (((long) chunk << 16) | used) + 1);
        cursor = used;
        put(bytes, dead.id());
        put(bytes, dead.kind() == VolumeKind.ORIGIN ? 0 : 1);
        put(bytes, dead.sourceId());
        put(bytes, dead.familyId());
        put(bytes, dead.createdSeq());
        put(bytes, dead.createdMs());
        put(bytes, dead.endedSeq() - dead.createdSeq());
        put(bytes, dead.endedMs());
        put(bytes, dead.mergedInto());
        byte[] name = dead.name().getBytes(StandardCharsets.US_ASCII);
        put(bytes, name.length);
        System.arraycopy(name, 0, bytes, cursor, name.length);
        used = cursor + name.length;
        chunkEnds.set(chunk, used);
        count++;
    }

    /** The dead volume with that id, or null. */
    DeadVolume find(long id) {
        long slot = id >>> INDEX_BITS;
        long[] part = slot < index.size() ? index.get((int) slot) : null;
        long position = part == null ? 0 : part[(int) id & ((1 << INDEX_BITS) - 1)];
        if (position == 0) {
            return null;
        }
        return new Cursor(chunks.get((int) ((position - 1) >>> 16)), (int) (position - 1) & (CHUNK_BYTES - 1)).next();
    }

    /** Hands out all, in the order in which they died. */
    void forEach(Consumer<DeadVolume> sink) {
        soFar().forEach(sink);
    }

    /** All up to now. What a chunk holds stays as it is, so this takes a reference for each chunk. */
    GoneVolumes soFar() {
        return new GoneVolumes(
                chunks.toArray(new byte[0][]),
                chunkEnds.stream().mapToInt(Integer::intValue).toArray(),
                count);
    }

    /** Goes over the records of a chunk. */
    static final class Cursor {
        private final byte[] bytes;
        private int position;

        Cursor(byte[] bytes, int position) {
            this.bytes = bytes;
            this.position = position;
        }

        /** Where the next record begins, or would. */
        int position() {
            return position;
        }

        DeadVolume next() {
            long id = get();
            VolumeKind kind = get() == 0 ? VolumeKind.ORIGIN : VolumeKind.SNAPSHOT;
            long sourceId = get();
            long familyId = get();
            long createdSeq = get();
            long createdMs = get();
            long endedSeq = get() + createdSeq;
            long endedMs = get();
            long mergedInto = get();
            int length = (int) get();
            String name = new String(bytes, position, length, StandardCharsets.US_ASCII);
            position += length;
            return new DeadVolume(
                    id, name, kind, sourceId, familyId, createdSeq, createdMs, endedSeq, endedMs, mergedInto);
        }

        private long get() {
            long value = 0;
            int shift = 0;
            byte next;
            do {
                next = bytes[position++];
                value |= (next & 0x7FL) << shift;
                shift += 7;
            } while (next < 0);
            return value;
        }
    }

    private void index(long id, long position) {
        int slot = Math.toIntExact(id >>> INDEX_BITS);
        while (index.size() <= slot) {
            index.add(null);
        }
        long[] part = index.get(slot);
        if (part == null) {
            part = new long[1 << INDEX_BITS];
            index.set(slot, part);
        }
        part[(int) id & ((1 << INDEX_BITS) - 1)] = position;
    }

    private void put(byte[] bytes, long value) {
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            bytes[cursor++] = (byte) ((rest & 0x7F) | 0x80);
            rest >>>= 7;
        }
        bytes[cursor++] = (byte) rest;
    }
}
