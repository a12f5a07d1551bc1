package dev.tidemark.storage.sim;

import dev.tidemark.storage.FileNames;
import dev.tidemark.storage.Storage;
import dev.tidemark.storage.StorageFile;
import dev.tidemark.storage.StorageLock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A device in memory that keeps the contract of {@link Storage} and no more than that: whatever the contract leaves
 * open is drawn from the seed, and goes wrong when planned. See the package's documentation for a tour.
 *
 * <p>Thread-safe: every call runs under the object's monitor. Used by one thread it is deterministic: the same seed,
 * plan and calls give the same results and the same crash states.
 */
public final class SimStorage implements Storage {
    private final long seed;
    private final SplitMix random;
    private final Disk disk;
    private final Calls calls;
    private final FileCalls fileCalls;
    private final Set<SimFile> openFiles = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Map<Integer, SimLock> locks = new HashMap<>();
    private final List<String> violations = new ArrayList<>();
    private long capacityBytes = Long.MAX_VALUE;
    private boolean strictReads;
    private boolean closed;

    /** An empty device, which draws from {@code seed} what the contract leaves open. */
    public SimStorage(long seed) {
        this(seed, new Disk(), 0);
    }

    private SimStorage(long seed, Disk disk, long firstStamp) {
        this.seed = seed;
        this.random = new SplitMix(seed);
        this.disk = disk;
        this.calls = new Calls(this, firstStamp, random);
        this.fileCalls = new FileCalls(this, disk, calls, random);
    }

    // ---- what goes wrong, and when ----

    /** Plans faults, beside those that are planned already. */
    public synchronized void plan(Fault... faults) {
        for (Fault fault : faults) {
            calls.faults.add(fault);
        }
    }

    /** Forgets all planned faults. */
    public synchronized void clearPlan() {
        calls.faults.clear();
    }

    /** Limits the space that visible and open files take, in bytes, counted in pages of 4 KiB. */
    public synchronized void limitCapacity(long bytes) {
        capacityBytes = bytes;
    }

    /** From now on a read of bytes within a file that were never written fails and is a violation. */
    public synchronized void refuseUnwrittenReads() {
        strictReads = true;
    }

    /**
     * Cuts the power in the operation of that number (from 0): whether it is done is decided as for all that is
     * undecided.
     */
    public synchronized void cutPowerAt(long number) {
        calls.cutAt(number);
    }

    /** Kills the process in the operation of that number (from 0); the operation is done, in part or not at all. */
    public synchronized void killProcessAt(long number) {
        calls.killAt(number);
    }

    /** Cuts the power now: from now on every call fails. */
    public synchronized void cutPower() {
        calls.die(Calls.Death.POWER);
    }

    /** Kills the process now: from now on every call fails. */
    public synchronized void killProcess() {
        calls.die(Calls.Death.PROCESS);
    }

    /** Whether power was cut or the process killed. */
    public synchronized boolean isDead() {
        return calls.isDead();
    }

    /** Has an observer told of every operation from now on; null for none. */
    public synchronized void observe(Observer observer) {
        calls.observe(observer);
    }

    // ---- what is left afterwards ----

    /**
     * A device as it can be after a power cut at this moment, or at the one that was planned. This one stays as it is,
     * so that any number of outcomes can be had of one moment. Faults and numbers start anew; the capacity and the
     * strictness stay.
     */
    public synchronized SimStorage afterPowerCut(long survivalSeed) {
        SplitMix source = new SplitMix(SplitMix.mix(seed) ^ survivalSeed);
        return inheriting(new SimStorage(source.next(), disk.afterPowerCut(survival(source)), calls.stamp()));
    }

    /**
     * All devices that can be there after a power cut at this moment, made one by one.
     *
     * @param limit how many the caller can stand; the iterator throws an {@link IllegalStateException} when there are
     *     more
     */
    public synchronized Iterable<SimStorage> allPowerCuts(long limit, Granularity granularity) {
        Disk frozen = disk.fork();
        long stamp = calls.stamp();
        return () -> new PowerCuts(limit, granularity, survival -> {
            Disk after = frozen.afterPowerCut(survival);
            return inheriting(new SimStorage(seed, after, stamp));
        });
    }

    /**
     * A device as the next process finds it: everything that was written can be read, nothing more is durable than
     * before, no file is open and no lock held. On a live device it is a copy of the moment.
     */
    public synchronized SimStorage afterProcessDeath() {
        return inheriting(new SimStorage(random.copy().next(), disk.fork(), calls.stamp()));
    }

    private SimStorage inheriting(SimStorage heir) {
        heir.capacityBytes = capacityBytes;
        heir.strictReads = strictReads;
        return heir;
    }

    Survival survival(SplitMix source) {
        long end = calls.stamp();
        return new SeededSurvival(source, disk.firstUndecided(end), end);
    }

    // ---- damage at rest ----

    /** Flips a bit (0 to 7) of a byte of a file, on the device and in the cache. */
    public synchronized void flipBit(String name, long offset, int bit) throws IOException {
        byte[] bytes = new byte[1];
        requireFile(name).cache.read(offset, ByteBuffer.wrap(bytes));
        bytes[0] ^= (byte) (1 << bit);
        damage(name, offset, bytes);
    }

    /** Makes the sector that holds the byte at {@code offset} read as zeros. */
    public synchronized void zeroSector(String name, long offset) throws IOException {
        long start = offset / Change.SECTOR_BYTES * Change.SECTOR_BYTES;
        long size = requireFile(name).cache.size();
        damage(name, start, new byte[(int) Math.max(0, Math.min(Change.SECTOR_BYTES, size - start))]);
    }

    /** Puts the content of one sector over another one, as a misdirected write does. */
    public synchronized void copySector(String name, long fromOffset, long toOffset) throws IOException {
        byte[] bytes = new byte[Change.SECTOR_BYTES];
        long from = fromOffset / Change.SECTOR_BYTES * Change.SECTOR_BYTES;
        requireFile(name).cache.read(from, ByteBuffer.wrap(bytes));
        damage(name, toOffset / Change.SECTOR_BYTES * Change.SECTOR_BYTES, bytes);
    }

    /** Puts bytes into a file, on the device and in the cache. It is no operation: no number, no fault, no force. */
    public synchronized void damage(String name, long offset, byte[] bytes) throws IOException {
        Node.File file = requireFile(name);
        PageMap onDevice = file.durable.copy();
        boolean clean = file.cache == file.durable;
        onDevice.write(offset, bytes, 0, bytes.length);
        file.durable = onDevice;
        if (clean) {
            file.cache = onDevice;
        } else {
            file.cache.write(offset, bytes, 0, bytes.length);
        }
    }

    /**
     * The device fails to write what is unforced of a file, in the background: it is lost, and the next force says so.
     */
    public synchronized void failWriteback(String name) throws IOException {
        Node.File file = requireFile(name);
        file.lost(survival(random));
        file.failedInBackground = true;
    }

    /** Drops clean pages from the cache: what is read next is what the device holds. */
    public synchronized void dropCaches() {
        disk.evictAll();
    }

    private Node.File requireFile(String name) throws IOException {
        Node node = disk.find(FileNames.check(name));
        if (node instanceof Node.File file) {
            return file;
        }
        throw new NoSuchFileException(name);
    }

    // ---- what happened ----

    /** The seed. */
    public long seed() {
        return seed;
    }

    /** How many operations began so far: the number of the next one. */
    public synchronized long operations() {
        return calls.operations();
    }

    /** How many operations of a kind began so far. */
    public synchronized long operations(Operation kind) {
        return calls.count(kind);
    }

    /** The latest operations, one a line: number, kind, file, offset, length, and what went wrong. */
    public synchronized String log() {
        return "seed " + seed + '\n' + calls.log.text();
    }

    /** A hash of all names and contents that can be seen, to count distinct states by. */
    public synchronized long fingerprint() {
        return disk.hash();
    }

    /** What users did wrong so far, one text each. */
    public synchronized List<String> violations() {
        return List.copyOf(violations);
    }

    /** What is still open: files and locks, one text each. */
    public synchronized List<String> leaks() {
        List<String> leaks = new ArrayList<>();
        openFiles.forEach(file -> leaks.add("open file: " + file.name));
        locks.values().forEach(lock -> leaks.add("held lock: " + lock.name));
        Collections.sort(leaks);
        return leaks;
    }

    /**
     * Checks the users' conduct at the end of a test.
     *
     * @throws AssertionError if there were violations, or files or locks are still open on a device that is alive
     */
    public synchronized void checkUsers() {
        List<String> found = new ArrayList<>(violations);
        if (!calls.isDead()) {
            found.addAll(leaks());
        }
        if (!found.isEmpty()) {
            throw new AssertionError("users of the device: " + found + '\n' + log());
        }
    }

    // ---- files by name ----

    @Override
    public synchronized StorageFile open(String name, Mode mode) throws IOException {
        Node node = lookUp(name);
        if (node != null && mode == Mode.CREATE_NEW) {
            throw new FileAlreadyExistsException(name);
        }
        if (node instanceof Node.Folder) {
            throw new FileSystemException(name, null, "Is a directory");
        }
        if (node == null) {
            if (mode == Mode.READ || mode == Mode.WRITE) {
                throw new NoSuchFileException(name);
            }
            node = create(name);
        } else {
            if (locks.containsKey(node.id)) {
                throw violation(name, "open: this process holds the lock on it, and would lose it");
            }
            calls.failIf(calls.enter(Operation.OPEN, name, -1, -1), name, "open");
        }
        SimFile file = new SimFile(this, name, node.id, mode != Mode.READ);
        openFiles.add(file);
        return file;
    }

    private Node.File create(String name) throws IOException {
        disk.folder(FileNames.parent(name));
        calls.failIf(calls.enter(Operation.CREATE, name, -1, -1), name, "create");
        Node.File file = null;
        if (calls.isDone()) {
            file = disk.createFile(calls.lastStamp(), name);
        }
        calls.leave();
        return file;
    }

    @Override
    public synchronized boolean exists(String name) throws IOException {
        return lookUp(name) != null;
    }

    @Override
    public synchronized List<String> list(String directory) throws IOException {
        requireStorageOpen();
        return new ArrayList<>(disk.folder(FileNames.check(directory)).visible.keySet());
    }

    @Override
    public synchronized void createDirectory(String name) throws IOException {
        Node node = lookUp(name);
        if (node instanceof Node.File) {
            throw new FileAlreadyExistsException(name);
        }
        if (node == null) {
            disk.folder(FileNames.parent(name));
            calls.failIf(calls.enter(Operation.CREATE_DIRECTORY, name, -1, -1), name, "create directory");
            if (calls.isDone()) {
                disk.createFolder(calls.lastStamp(), name);
            }
            calls.leave();
        }
    }

    @Override
    public synchronized void rename(String from, String to) throws IOException {
        requireStorageOpen();
        disk.checkRename(FileNames.checkEntry(from), FileNames.checkEntry(to));
        calls.failIf(calls.enter(Operation.RENAME, from, -1, -1), from, "rename");
        calls.log.note("to " + to);
        if (calls.isDone()) {
            disk.rename(calls.lastStamp(), from, to);
        }
        calls.leave();
    }

    @Override
    public synchronized void delete(String name) throws IOException {
        requireStorageOpen();
        disk.checkDelete(FileNames.checkEntry(name));
        calls.failIf(calls.enter(Operation.DELETE, name, -1, -1), name, "delete");
        if (calls.isDone()) {
            disk.delete(calls.lastStamp(), name);
        }
        calls.leave();
    }

    @Override
    public synchronized void syncDirectory(String name) throws IOException {
        requireStorageOpen();
        Node.Folder folder = disk.folder(FileNames.check(name));
        Fault.Effect effect = calls.enter(Operation.SYNC_DIRECTORY, name, -1, -1);
        if (calls.dying() == Calls.Death.NONE && effect != null && effect != Fault.Effect.LIE) {
            disk.loseNames(folder, survival(random));
            calls.failIf(effect, name, "sync directory");
        }
        if (calls.dying() != Calls.Death.POWER && calls.isDone() && effect == null) {
            disk.sync(folder);
            disk.forgetUnreachable(this::isOpen);
        }
        calls.leave();
    }

    @Override
    public synchronized StorageLock tryLock(String name) throws IOException {
        Node node = lookUp(name);
        if (node instanceof Node.Folder) {
            throw new FileSystemException(name, null, "Is a directory");
        }
        if (node == null) {
            node = create(name);
        }
        if (locks.containsKey(node.id)) {
            return null;
        }
        SimLock lock = new SimLock(name, node.id);
        locks.put(node.id, lock);
        return lock;
    }

    private final class SimLock implements StorageLock {
        private final String name;
        private final int node;

        SimLock(String name, int node) {
            this.name = name;
            this.node = node;
        }

        @Override
        public void close() {
            synchronized (SimStorage.this) {
                locks.remove(node, this);
            }
        }
    }

    @Override
    public synchronized long usableBytes() throws IOException {
        requireStorageOpen();
        return capacityBytes == Long.MAX_VALUE ? Long.MAX_VALUE : freePages() * PageMap.PAGE_BYTES;
    }

    @Override
    public synchronized void close() {
        closed = true;
    }

    // ---- shared with the handles ----

    /** What content of files goes through; call it under this object's monitor. */
    FileCalls fileCalls() {
        return fileCalls;
    }

    IOException violation(String name, String text) {
        violations.add(name + ": " + text);
        return new IOException(name + ": " + text);
    }

    boolean strictReads() {
        return strictReads;
    }

    /** Pages that may still be taken. */
    long freePages() {
        if (capacityBytes == Long.MAX_VALUE) {
            return Long.MAX_VALUE;
        }
        return Math.max(0, capacityBytes / PageMap.PAGE_BYTES - disk.usedPages(this::isOpen));
    }

    void closed(SimFile file) {
        openFiles.remove(file);
    }

    private boolean isOpen(int node) {
        for (SimFile file : openFiles) {
            if (file.node == node) {
                return true;
            }
        }
        return false;
    }

    private Node lookUp(String name) throws IOException {
        requireStorageOpen();
        return disk.find(FileNames.check(name));
    }

    private void requireStorageOpen() throws IOException {
        calls.requireAlive();
        if (closed) {
            throw violation("", "the storage is closed");
        }
    }

    @Override
    public String toString() {
        return "SimStorage[seed=" + seed + ", operations=" + operations() + ']';
    }
}
