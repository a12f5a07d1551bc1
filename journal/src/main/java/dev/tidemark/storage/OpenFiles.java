package dev.tidemark.storage;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/**
 * The open files of a {@link DiskStorage}, so that one whose channel an interrupt closed is found again after a rename.
 * Guarded by its own monitor.
 */
final class OpenFiles {
    private final Set<DiskFile> files = Collections.newSetFromMap(new IdentityHashMap<>());

    private final boolean keepInterruptsAway;

    OpenFiles(boolean keepInterruptsAway) {
        this.keepInterruptsAway = keepInterruptsAway;
    }

    DiskFile open(String name, Path path, boolean writable, FileChannel channel) throws IOException {
        DiskFile file;
        try {
            boolean uninterruptible = keepInterruptsAway && Uninterruptible.make(channel);
            file = new DiskFile(this, name, path, writable, uninterruptible, channel);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
        if (!file.isUninterruptible()) {
            synchronized (this) {
                files.add(file);
            }
        }
        return file;
    }

    synchronized void renamed(Path from, Path to) {
        for (DiskFile file : files) {
            Path path = file.path();
            if (path.startsWith(from)) {
                file.moved(path.equals(from) ? to : to.resolve(from.relativize(path)));
            }
        }
    }

    synchronized void remove(DiskFile file) {
        files.remove(file);
    }
}
