package dev.tidemark.storage.sim;

import java.util.Arrays;
import java.util.BitSet;

/** One change of a file's content, not forced yet. Immutable. */
final class Change {
    static final int SECTOR_BYTES = 512;

    enum Kind {
        DATA,
        ZEROS,
        HOLE,
        /** Size set to {@code offset}. */
        RESIZE
    }

    final long operation;
    final Kind kind;
    final long offset;
    final long length;
    private final byte[] data;

    private Change(long operation, Kind kind, long offset, long length, byte[] data) {
        this.operation = operation;
        this.kind = kind;
        this.offset = offset;
        this.length = length;
        this.data = data;
    }

    static Change data(long operation, long offset, byte[] data) {
        return new Change(operation, Kind.DATA, offset, data.length, data);
    }

    static Change zeros(long operation, long offset, long length) {
        return new Change(operation, Kind.ZEROS, offset, length, null);
    }

    static Change hole(long operation, long offset, long length) {
        return new Change(operation, Kind.HOLE, offset, length, null);
    }

    static Change resize(long operation, long size) {
        return new Change(operation, Kind.RESIZE, size, 0, null);
    }

    /** The same bytes at another place. */
    Change movedTo(long newOffset) {
        return new Change(operation, kind, newOffset, length, data);
    }

    /** The part of a write from {@code from} up to {@code to}, counted in bytes from its own start. */
    Change part(long from, long to) {
        byte[] bytes = data == null ? null : Arrays.copyOfRange(data, (int) from, (int) to);
        return new Change(operation, kind, offset + from, to - from, bytes);
    }

    /** The same write with one bit (counted from its start) flipped. */
    Change flipped(long bit) {
        byte[] bytes = data.clone();
        bytes[(int) (bit >>> 3)] ^= (byte) (1 << (int) (bit & 7));
        return new Change(operation, kind, offset, length, bytes);
    }

    long end() {
        return offset + length;
    }

    /** How many sectors of the file it touches; each of them is written or not. */
    int sectors() {
        if (kind == Kind.RESIZE) {
            return 1;
        }
        return (int) ((end() + SECTOR_BYTES - 1) / SECTOR_BYTES - offset / SECTOR_BYTES);
    }

    /** Whether it alone would make a file of that size larger. */
    boolean extendsBeyond(long size) {
        return (kind == Kind.DATA || kind == Kind.ZEROS) && end() > size;
    }

    void applyTo(PageMap map) {
        if (kind == Kind.RESIZE) {
            map.resize(offset);
        } else {
            applyRange(map, offset, end());
        }
    }

    /** Applies only the sectors that are kept (counted from the first that it touches). */
    void applyTo(PageMap map, BitSet kept) {
        if (kind == Kind.RESIZE) {
            if (kept.get(0)) {
                map.resize(offset);
            }
            return;
        }
        long base = offset / SECTOR_BYTES;
        for (int from = kept.nextSetBit(0); from >= 0; ) {
            int to = kept.nextClearBit(from);
            long start = Math.max(offset, (base + from) * SECTOR_BYTES);
            long end = Math.min(end(), (base + to) * SECTOR_BYTES);
            if (start < end) {
                applyRange(map, start, end);
            }
            from = kept.nextSetBit(to);
        }
    }

    private void applyRange(PageMap map, long from, long to) {
        switch (kind) {
            case DATA -> map.write(from, data, (int) (from - offset), (int) (to - from));
            case ZEROS -> map.zero(from, to - from);
            case HOLE -> map.punch(from, to - from);
            case RESIZE -> throw new IllegalStateException("a size has no range");
        }
    }
}
