package dev.tidemark.storage;

import java.io.IOException;
import java.util.List;
import java.util.Objects;

/**
 * A directory of another storage, seen as a storage of its own. It keeps nothing: closing it leaves the other one open,
 * and a rename of the directory leaves it without one. Its files' names and errors are those of the other storage.
 */
public final class SubStorage implements Storage {
    private final Storage parent;
    private final String directory;
    private volatile boolean closed;

    /** The directory need not exist yet: {@code createDirectory("")} makes it. */
    public SubStorage(Storage parent, String directory) {
        this.parent = Objects.requireNonNull(parent);
        this.directory = FileNames.checkEntry(directory);
    }

    private void requireOpen() throws IOException {
        if (closed) {
            throw new IOException(directory + ": the storage is closed");
        }
    }

    private String name(String name) throws IOException {
        requireOpen();
        return FileNames.check(name).isEmpty() ? directory : directory + "/" + name;
    }

    @Override
    public StorageFile open(String name, Mode mode) throws IOException {
        return parent.open(name(name), mode);
    }

    @Override
    public boolean exists(String name) throws IOException {
        return parent.exists(name(name));
    }

    @Override
    public List<String> list(String name) throws IOException {
        return parent.list(name(name));
    }

    @Override
    public void createDirectory(String name) throws IOException {
        parent.createDirectory(name(name));
    }

    @Override
    public void rename(String from, String to) throws IOException {
        parent.rename(name(FileNames.checkEntry(from)), name(FileNames.checkEntry(to)));
    }

    @Override
    public void delete(String name) throws IOException {
        parent.delete(name(FileNames.checkEntry(name)));
    }

    @Override
    public void syncDirectory(String name) throws IOException {
        parent.syncDirectory(name(name));
    }

    @Override
    public StorageLock tryLock(String name) throws IOException {
        return parent.tryLock(name(name));
    }

    @Override
    public long usableBytes() throws IOException {
        requireOpen();
        return parent.usableBytes();
    }

    @Override
    public void close() {
        closed = true;
    }
}
