package dev.tidemark.storage;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.Map;

/**
 * An exclusive lock on a real file.
 *
 * <p>The lock belongs to the process and to the file's inode, and closing <em>any</em> descriptor of that file drops
 * it. So this class knows every inode that is locked in this process, and none of them is opened a second time. The
 * table also keeps the lock alive when its holder forgets it: a collected channel would be closed.
 */
final class DiskLock implements StorageLock {
    /** What is locked in this process, by inode. Guards itself and every step of taking and giving back. */
    private static final Map<Object, DiskLock> HELD = new HashMap<>();

    private final Object key;
    private final FileChannel channel;

    private DiskLock(Object key, FileChannel channel) {
        this.key = key;
        this.channel = channel;
    }

    /** Opens the lock file, making it when it is missing. */
    interface Opener {
        FileChannel open() throws IOException;
    }

    static DiskLock tryLock(Path path, Opener opener) throws IOException {
        synchronized (HELD) {
            while (true) { // again only when somebody replaced the file in between
                if (keyOf(path) == null) {
                    opener.open().close(); // a new inode: nobody can have locked it
                }
                Object key = keyOf(path);
                if (key == null) {
                    continue;
                }
                if (HELD.containsKey(key)) {
                    return null;
                }
                FileChannel channel = opener.open();
                DiskLock lock = null;
                try {
                    FileLock taken = channel.tryLock();
                    if (taken == null) {
                        return null;
                    }
                    if (key.equals(keyOf(path))) {
                        lock = new DiskLock(key, channel);
                        HELD.put(key, lock);
                        return lock;
                    }
                } finally {
                    if (lock == null) {
                        channel.close();
                    }
                }
            }
        }
    }

    /** Refuses to open a file that this process has locked: closing it would drop the lock. */
    static void refuseIfHeld(Path path) throws IOException {
        synchronized (HELD) {
            if (!HELD.isEmpty() && HELD.containsKey(keyOf(path))) {
                throw new IOException(path + ": open: this process holds the lock on it, and would lose it");
            }
        }
    }

    private static Object keyOf(Path path) throws IOException {
        try {
            Object key = Files.readAttributes(path, BasicFileAttributes.class).fileKey();
            return key != null ? key : path.toRealPath();
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    @Override
    public void close() throws IOException {
        synchronized (HELD) {
            if (HELD.remove(key, this)) {
                channel.close(); // drops the lock
            }
        }
    }
}
