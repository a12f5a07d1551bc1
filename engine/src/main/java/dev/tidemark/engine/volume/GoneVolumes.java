package dev.tidemark.engine.volume;

import dev.tidemark.engine.mapping.PageArray;
import dev.tidemark.engine.mapping.PageStore;
import dev.tidemark.engine.mapping.TreeAudit;
import dev.tidemark.engine.message.Rules;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.agrona.UnsafeApi;

/**
 * What is remembered of volumes that are gone, in pages: so a checkpoint writes what is new, an open reads none of it,
 * and memory holds what was looked at, though a store that takes a snapshot a minute has five millions of them after
 * ten years.
 *
 * <pre>
 *   log    records in the order in which volumes went, none across the end of a page
 *   index  512 entries of 64 bits a page, by id: 1 + the record's position in the log, 0 = not gone
 *
 *   record | length of what follows (8) | numbers, 7 bits a byte, lowest first, the last one below 128 | name |
 *          numbers: id, kind (0 origin, 1 snapshot), source, family, created seq, created ms, ended seq - created seq,
 *          ended ms, merged into, length of the name; length 0 = the rest of the page is empty
 * </pre>
 *
 * Nothing that was written is changed later. Writer thread.
 */
public final class GoneVolumes {
    private static final int PAGE_BITS = 12;
    private static final int PAGE_BYTES = 1 << PAGE_BITS;
    private static final int INDEX_BITS = 9;
    /** The shortest record: its length, ten numbers, and a name of one character. */
    private static final int MIN_RECORD_BYTES = 12;
    /** The longest record but for its length: ten numbers of ten bytes at most, and the characters of a name. */
    private static final int MAX_RECORD_BYTES = 10 * 10 + Rules.MAX_NAME_CHARS;

    private final PageArray log;
    private final PageArray index;
    private final byte[] record = new byte[MAX_RECORD_BYTES];
    private long count;
    private long endBytes;

    /**
     * What a checkpoint keeps of it, beside the pages.
     *
     * @param count how many are gone
     * @param endBytes where the next record goes, or would if it fits its page
     * @param logRoot the root page of the log, 0 for none
     * @param logHeight of its tree
     * @param indexRoot the root page of the index, 0 for none
     * @param indexHeight of its tree
     */
    public record Roots(long count, long endBytes, long logRoot, int logHeight, long indexRoot, int indexHeight) {}

    /** None is gone. */
    GoneVolumes(PageStore pages) {
        log = new PageArray(pages);
        index = new PageArray(pages);
    }

    /** For a checkpoint. */
    public Roots roots() {
        return new Roots(count, endBytes, log.rootPage(), log.height(), index.rootPage(), index.height());
    }

    /**
     * Continues from a checkpoint. Only while none is gone.
     *
     * @throws IllegalArgumentException when the roots contradict each other
     */
    public void restore(Roots roots) {
        boolean none = roots.count == 0;
        if (count != 0
                || roots.count < 0
                || roots.count > roots.endBytes / MIN_RECORD_BYTES
                || none != (roots.endBytes == 0)
                || none != (roots.logRoot == 0)
                || none != (roots.indexRoot == 0)) {
            throw new IllegalArgumentException(roots.toString());
        }
        log.restore(roots.logRoot, roots.logHeight);
        index.restore(roots.indexRoot, roots.indexHeight);
        long pages = (roots.endBytes + PAGE_BYTES - 1) >>> PAGE_BITS;
        if (pages > PageArray.capacity(roots.logHeight)
                || (!none && pages <= PageArray.capacity(roots.logHeight - 1))) {
            throw new IllegalArgumentException(roots.toString());
        }
        count = roots.count;
        endBytes = roots.endBytes;
    }

    /** How many. */
    public long count() {
        return count;
    }

    /**
     * Brings in what {@link #add} of a volume with that id will touch, also behind others of the same event.
     *
     * @throws dev.tidemark.engine.mapping.PageUnreadableException when a page can't be read
     */
    public void bringIn(long id) {
        log.bringIn(Math.max(0, endBytes - 1) >>> PAGE_BITS);
        index.bringIn(id >>> INDEX_BITS);
    }

    /** Adds one. */
    void add(DeadVolume dead) {
        int length = encode(dead);
        int inPage = (int) endBytes & (PAGE_BYTES - 1);
        if (inPage + 1 + length > PAGE_BYTES) {
            endBytes += PAGE_BYTES - inPage;
        }
        long at = log.writable(endBytes >>> PAGE_BITS) + (endBytes & (PAGE_BYTES - 1));
        UnsafeApi.putByte(at, (byte) length);
        for (int i = 0; i < length; i++) {
            UnsafeApi.putByte(at + 1 + i, record[i]);
        }
        UnsafeApi.putLong(entry(index.writable(dead.id() >>> INDEX_BITS), dead.id()), endBytes + 1);
        endBytes += 1 + length;
        count++;
    }

    private static long entry(long page, long id) {
        return page + (id & ((1 << INDEX_BITS) - 1)) * Long.BYTES;
    }

    private int encode(DeadVolume dead) {
        int at = 0;
        at = put(at, dead.id());
        at = put(at, dead.kind() == VolumeKind.ORIGIN ? 0 : 1);
        at = put(at, dead.sourceId());
        at = put(at, dead.familyId());
        at = put(at, dead.createdSeq());
        at = put(at, dead.createdMs());
        at = put(at, dead.endedSeq() - dead.createdSeq());
        at = put(at, dead.endedMs());
        at = put(at, dead.mergedInto());
        byte[] name = dead.name().getBytes(StandardCharsets.US_ASCII);
        at = put(at, name.length);
        System.arraycopy(name, 0, record, at, name.length);
        return at + name.length;
    }

    private int put(int at, long value) {
        int next = at;
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            record[next++] = (byte) ((rest & 0x7F) | 0x80);
            rest >>>= 7;
        }
        record[next++] = (byte) rest;
        return next;
    }

    /**
     * The one with that id, or null.
     *
     * @throws dev.tidemark.engine.mapping.PageUnreadableException when a page can't be read
     */
    DeadVolume find(long id) {
        long page = index.readable(id >>> INDEX_BITS);
        long position = page == 0 ? -1 : UnsafeApi.getLong(entry(page, id)) - 1;
        if (position < 0) {
            return null;
        }
        byte[] bytes = page(position >>> PAGE_BITS);
        return new Cursor(bytes, (int) position & (PAGE_BYTES - 1)).next();
    }

    /**
     * Hands out all, in the order in which they went.
     *
     * @throws dev.tidemark.engine.mapping.PageUnreadableException when a page can't be read
     */
    void forEach(Consumer<DeadVolume> sink) {
        for (long page = 0; page << PAGE_BITS < endBytes; page++) {
            Cursor cursor = new Cursor(page(page), 0);
            while (cursor.hasNext()) {
                sink.accept(cursor.next());
            }
        }
    }

    /** Tells the audit the links to all pages. */
    public void audit(TreeAudit audit) {
        log.audit(audit);
        index.audit(audit);
    }

    private byte[] page(long ordinal) {
        long page = log.readable(ordinal);
        byte[] bytes = new byte[PAGE_BYTES];
        for (int i = 0; page != 0 && i < PAGE_BYTES; i++) {
            bytes[i] = UnsafeApi.getByte(page + i);
        }
        return bytes;
    }

    /** Goes over the records of a page. */
    private static final class Cursor {
        private final byte[] bytes;
        private int position;

        Cursor(byte[] bytes, int position) {
            this.bytes = bytes;
            this.position = position;
        }

        boolean hasNext() {
            return position < bytes.length && bytes[position] != 0;
        }

        DeadVolume next() {
            position++;
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
}
