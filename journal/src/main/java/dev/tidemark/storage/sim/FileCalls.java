package dev.tidemark.storage.sim;

import dev.tidemark.storage.NoSpaceException;
import java.io.IOException;
import java.nio.ByteBuffer;

/** What the handles of a {@link SimStorage} do to the content of files. Guarded by the storage's monitor. */
final class FileCalls {
    private final SimStorage storage;
    private final Disk disk;
    private final Calls calls;
    private final SplitMix random;

    FileCalls(SimStorage storage, Disk disk, Calls calls, SplitMix random) {
        this.storage = storage;
        this.disk = disk;
        this.calls = calls;
        this.random = random;
    }

    private Node.File use(SimFile file, String action) throws IOException {
        calls.requireAlive();
        if (file.closed) {
            throw storage.violation(file.name, action + ": the file is closed");
        }
        return disk.file(file.node);
    }

    private Node.File useForWriting(SimFile file, String action, long end) throws IOException {
        Node.File node = use(file, action);
        if (!file.writable) {
            throw storage.violation(file.name, action + ": the file is open for reading only");
        }
        if (end > PageMap.MAX_BYTES) {
            throw new IOException(file.name + ": " + action + ": File too large");
        }
        return node;
    }

    long size(SimFile file) throws IOException {
        return use(file, "size").cache.size();
    }

    int read(SimFile file, long offset, ByteBuffer dst) throws IOException {
        Node.File node = use(file, "read");
        Fault.Effect effect = calls.enter(Operation.READ, file.name, offset, dst.remaining());
        calls.failIf(effect == Fault.Effect.FLIP_BIT ? null : effect, file.name, "read at " + offset);
        if (storage.strictReads()) {
            long unwritten = node.cache.firstUnwritten(offset, dst.remaining());
            if (unwritten >= 0) {
                throw storage.violation(file.name, "read of a byte that was never written, at " + unwritten);
            }
        }
        int start = dst.position();
        int count = node.cache.read(offset, dst);
        if (effect == Fault.Effect.FLIP_BIT && count > 0) {
            int at = start + random.below(count);
            dst.put(at, (byte) (dst.get(at) ^ 1 << random.below(Byte.SIZE)));
        }
        return count;
    }

    void write(SimFile file, long offset, ByteBuffer src) throws IOException {
        int length = src.remaining();
        Node.File node = useForWriting(file, "write", offset + length);
        if (length == 0) {
            return;
        }
        Fault.Effect effect = calls.enter(Operation.WRITE, file.name, offset, length);
        byte[] bytes = new byte[length];
        src.get(src.position(), bytes);
        put(file, node, Change.data(calls.lastStamp(), offset, bytes), effect);
        src.position(src.limit());
    }

    void preallocate(SimFile file, long offset, long length) throws IOException {
        Node.File node = useForWriting(file, "preallocate", offset + length);
        if (length == 0) {
            return;
        }
        Fault.Effect effect = calls.enter(Operation.PREALLOCATE, file.name, offset, length);
        put(file, node, Change.zeros(calls.lastStamp(), offset, length), effect);
    }

    private void put(SimFile file, Node.File node, Change change, Fault.Effect effect) throws IOException {
        if (calls.dying() != Calls.Death.NONE) {
            if (calls.dying() == Calls.Death.PROCESS) {
                storePart(node, change, 0, killedAfter(change));
            } else {
                store(node, change, change);
            }
            calls.leave();
        }
        String action = change.kind == Change.Kind.DATA ? "write at " : "preallocate at ";
        long fits = fits(node, change);
        if (fits < change.length) {
            storePart(node, change, 0, fits);
            calls.log.note("full after " + fits);
            throw new NoSpaceException(file.name + ": " + action + change.offset + ": No space left on device");
        }
        if (effect == null) {
            store(node, change, change);
            return;
        }
        switch (effect) {
            case LIE -> {
                change.applyTo(node.writableCache());
                node.diverged = true;
                return;
            }
            case MISDIRECT -> {
                storeWrongly(node, change, change.movedTo(aside(change)));
                return;
            }
            case FLIP_BIT -> {
                storeWrongly(node, change, change.flipped(random.below(change.length * Byte.SIZE)));
                return;
            }
            case IO_ERROR -> {
                boolean any = random.chance(75);
                boolean all = random.chance(33);
                long from = all ? 0 : random.below(change.length);
                long to = all ? change.length : from + 1 + random.below(change.length - from);
                storePart(node, change, from, any ? to : from);
            }
            case NO_SPACE, SHORT_WRITE -> storePart(node, change, 0, partial(change));
        }
        calls.failIf(effect, file.name, action + change.offset);
    }

    private static void storeWrongly(Node.File node, Change seen, Change onDevice) {
        store(node, seen, onDevice);
        node.diverged = true;
    }

    private static void store(Node.File node, Change seen, Change onDevice) {
        seen.applyTo(node.writableCache());
        node.unforced.add(onDevice);
    }

    private static void storePart(Node.File node, Change change, long from, long to) {
        if (from < to) {
            Change part = change.part(from, to);
            store(node, part, part);
        }
    }

    /** A killed process's write ends between two pages, if it does not get to its end. */
    private long killedAfter(Change change) {
        long end = (change.offset / PageMap.PAGE_BYTES + random.below(change.length / PageMap.PAGE_BYTES + 2))
                * PageMap.PAGE_BYTES;
        return Math.max(0, Math.min(change.length, end - change.offset));
    }

    /** A write that is cut short ends between two sectors. */
    private long partial(Change change) {
        long end = (change.offset / Change.SECTOR_BYTES + random.below(change.sectors())) * Change.SECTOR_BYTES;
        return Math.max(0, Math.min(change.length, end - change.offset));
    }

    private long aside(Change change) {
        long distance = (1 + random.below(8L)) * Change.SECTOR_BYTES;
        return change.offset >= distance && random.coin() ? change.offset - distance : change.offset + distance;
    }

    /** How much of a write from its start there is room for. */
    private long fits(Node.File node, Change change) {
        long free = storage.freePages();
        if (free == Long.MAX_VALUE || node.cache.missingPages(change.offset, change.length) <= free) {
            return change.length;
        }
        long at = change.offset;
        while (true) {
            long next = (at / PageMap.PAGE_BYTES + 1) * PageMap.PAGE_BYTES;
            free -= node.cache.missingPages(at, 1);
            if (free < 0) {
                return at - change.offset;
            }
            at = next;
        }
    }

    void deallocate(SimFile file, long offset, long length) throws IOException {
        Node.File node = useForWriting(file, "deallocate", 0);
        Fault.Effect effect = calls.enter(Operation.DEALLOCATE, file.name, offset, length);
        calls.failIf(effect, file.name, "deallocate at " + offset);
        long inFile = Math.max(0, Math.min(length, node.cache.size() - offset));
        if (calls.isDone() && inFile > 0 && random.coin()) { // a device need not give anything back
            Change change = Change.hole(calls.lastStamp(), offset, inFile);
            store(node, change, change);
        }
        calls.leave();
    }

    void truncate(SimFile file, long size) throws IOException {
        Node.File node = useForWriting(file, "truncate", size);
        Fault.Effect effect = calls.enter(Operation.TRUNCATE, file.name, -1, size);
        calls.failIf(effect, file.name, "truncate to " + size);
        if (calls.isDone()) {
            Change change = Change.resize(calls.lastStamp(), size);
            store(node, change, change);
        }
        calls.leave();
    }

    void force(SimFile file) throws IOException {
        Node.File node = use(file, "force");
        Fault.Effect effect = calls.enter(Operation.FORCE, file.name, -1, -1);
        if (calls.dying() == Calls.Death.NONE && node.failedInBackground) {
            node.failedInBackground = false;
            node.lost(storage.survival(random));
            throw new IOException(file.name + ": force: Input/output error");
        }
        if (calls.dying() == Calls.Death.NONE && effect != null && effect != Fault.Effect.LIE) {
            node.lost(storage.survival(random));
            calls.failIf(effect, file.name, "force");
        }
        if (calls.dying() != Calls.Death.POWER && effect == null && calls.isDone()) {
            node.forced();
        }
        calls.leave();
    }

    void close(SimFile file) {
        if (!file.closed) {
            file.closed = true;
            storage.closed(file);
        }
    }
}
