package dev.tidemark.journal;

import dev.tidemark.storage.NoSpaceException;
import dev.tidemark.storage.Storage;
import dev.tidemark.storage.StorageFile;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes segments ahead: zero-filled, forced, then renamed to a segment's name and that synced, so that a force of the
 * journal has nothing to allocate, the host file system can't run out under an append, and a file with a segment's name
 * is never half-written. A device without room, or an I/O error, only lowers the number of segments that are ready:
 * nothing that was acknowledged depends on them. What failed is thrown away and written anew, under a name that is made
 * anew and synced again: a failed force or sync says nothing about what follows it.
 *
 * <p>With a helper thread the work is done there; without, in the calls of {@link #prepareAhead} and {@link #take}.
 */
final class SegmentPreparer implements AutoCloseable {
    /** A segment that is ready: its file and its first offset. */
    record Ready(String path, StorageFile file, long first, long length) {}

    private static final Logger LOG = LoggerFactory.getLogger(SegmentPreparer.class);
    /** After an I/O error the helper tries again by itself; after a lack of room when it is told of some. */
    private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Storage storage;
    private final String directory;
    private final long length;
    /** What a segment holds beside the caller's frames, the room at its end that the next may not fit included. */
    private final long lostBytes;

    private final int target;
    private final StickyFailure failure;
    private final Thread helper;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<Ready> ready = new ArrayDeque<>();
    private long nextFirst;
    private boolean starved;
    private boolean closed;
    /** Why the last try failed, null when it did not. */
    private volatile IOException shortage;

    private volatile long roomBytes;

    /**
     * @param first the first offset of the first segment to come
     */
    SegmentPreparer(Storage storage, JournalConfig config, StickyFailure failure, long first) {
        this.storage = storage;
        this.directory = config.directory();
        this.length = config.segmentBytes();
        this.lostBytes = config.segmentBytes()
                - SegmentDescriptor.usableBytes(config.segmentBytes())
                + FrameDescriptor.frameBytes(config.maxPayloadBytes());
        this.target = config.preparedSegments();
        this.failure = failure;
        this.nextFirst = first;
        this.helper = config.helperThread() ? new Thread(this::run, "tidemark-journal-prepare") : null;
        if (helper != null) {
            helper.setDaemon(true);
        }
    }

    /** Takes over a segment that an earlier process wrote ahead and this one has forced. Before {@link #start}. */
    void adopt(String path, StorageFile file, long first, long fileLength) {
        ready.add(new Ready(path, file, first, fileLength));
        countRoom();
        nextFirst = first + fileLength;
    }

    void start() throws IOException {
        if (helper == null) {
            prepareAhead();
        } else {
            helper.start();
        }
    }

    /** Bytes of frames that surely fit into what is ready. Any thread, without a lock: each write asks. */
    long roomBytes() {
        return roomBytes;
    }

    /** See {@link Journal#shortage}. */
    IOException shortage() {
        return shortage;
    }

    /** See {@link Journal#segmentRoomBytes}. */
    long segmentRoomBytes() {
        return Math.max(1, length - lostBytes); // from 1: however small it is, a segment is wanted
    }

    /** Under the lock, after {@link #ready} changed. */
    private void countRoom() {
        long room = 0;
        for (Ready segment : ready) {
            room += Math.max(segment.length() == length ? segmentRoomBytes() : 0, segment.length() - lostBytes);
        }
        roomBytes = room;
    }

    /** Room may have been made: tries again. */
    void retry() {
        lock.lock();
        try {
            starved = false;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Without a helper: prepares as many as there should be. */
    void prepareAhead() throws IOException {
        while (helper == null && isWanted()) {
            prepareOne();
        }
    }

    /** With a helper: waits until it has prepared as many as there should be, or can't. */
    void awaitAhead() {
        lock.lock();
        try {
            while (helper != null && isWanted()) {
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean isWanted() {
        lock.lock();
        try {
            // by room: what an earlier configuration wrote ahead may be shorter
            return !closed && !starved && roomBytes < target * segmentRoomBytes() && !failure.isSet();
        } finally {
            lock.unlock();
        }
    }

    /**
     * The next segment; waits for the helper, or makes it.
     *
     * @throws JournalFullException if the device has no room, or fails; nothing has changed then
     */
    Ready take() throws IOException {
        lock.lock();
        try {
            if (ready.isEmpty()) {
                retry();
            }
            prepareAhead();
            // An interrupt harms nobody: the wait goes on, and the thread's flag stays set.
            while (helper != null && ready.isEmpty() && !starved && !closed && !failure.isSet()) {
                changed.awaitUninterruptibly();
            }
            Ready segment = ready.poll();
            if (segment != null) {
                countRoom();
                changed.signalAll();
                return segment;
            }
            failure.check();
            throw new JournalFullException(
                    "no journal segment could be written ahead: "
                            + (shortage == null ? "closed" : shortage.getMessage()),
                    shortage);
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        while (awaitWork()) {
            try {
                prepareOne();
            } catch (IOException | RuntimeException | Error e) {
                failure.set("writing a segment ahead", e);
                retry(); // wakes whoever waits for a segment
                return;
            }
        }
    }

    private boolean awaitWork() {
        lock.lock();
        try {
            while (!closed && !failure.isSet() && !isWanted()) {
                if (starved && !(shortage instanceof NoSpaceException)) {
                    starved = awaitRetry();
                } else {
                    changed.awaitUninterruptibly();
                }
            }
            return !closed && !failure.isSet();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until something changes, or it is time for another try; whether to go on waiting. Under the lock. */
    private boolean awaitRetry() {
        long deadline = System.nanoTime() + RETRY_NANOS;
        long left = RETRY_NANOS;
        while (starved && !closed && !failure.isSet() && left > 0) {
            try {
                left = changed.awaitNanos(left);
            } catch (InterruptedException e) {
                left = deadline - System.nanoTime(); // nobody has reason to interrupt the helper: it goes on
            }
        }
        return starved && left > 0;
    }

    private void prepareOne() throws IOException {
        long first = nextFirst; // only this thread changes it
        String path = SegmentFile.path(directory, first);
        String draft = directory + "/" + SegmentName.draft(first);
        StorageFile file = null;
        try {
            if (storage.exists(draft)) {
                storage.delete(draft); // left by an attempt that failed
            }
            file = storage.open(draft, Storage.Mode.CREATE_NEW);
            file.preallocate(0, length);
            file.force();
            storage.rename(draft, path);
            storage.syncDirectory(directory);
        } catch (IOException e) {
            closeQuietly(file);
            deleteQuietly(draft);
            deleteQuietly(path); // if its name could not be synced
            starve(path, e);
            return;
        } catch (RuntimeException e) {
            closeQuietly(file);
            throw failure.set("writing segment " + path + " ahead", e);
        }
        lock.lock();
        try {
            if (closed) {
                closeQuietly(file);
            } else {
                ready.add(new Ready(path, file, first, length));
                countRoom();
                nextFirst = first + length;
                shortage = null;
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void starve(String path, IOException why) {
        if (shortage == null) { // once, however long it lasts
            LOG.warn(
                    "can't write journal segment {} ahead; it is tried again, and what needs it is refused: {}",
                    path,
                    why.getMessage());
        }
        lock.lock();
        try {
            starved = true;
            shortage = why;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void deleteQuietly(String path) {
        try {
            if (storage.exists(path)) {
                storage.delete(path);
            }
        } catch (IOException e) {
            LOG.debug("{} stays until the next attempt replaces it: {}", path, e.getMessage());
        }
    }

    private static void closeQuietly(StorageFile file) {
        if (file != null) {
            try {
                file.close();
            } catch (IOException e) {
                return; // nothing in it is needed
            }
        }
    }

    /** Ends the helper; what is ready stays for the next open. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        boolean interrupted = false;
        while (helper != null && helper.isAlive()) {
            try {
                helper.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        ready.forEach(segment -> closeQuietly(segment.file()));
        ready.clear();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
