package dev.tidemark.storage;

import java.io.IOException;
import java.util.List;
import java.util.Objects;

/**
 * A directory of another storage, seen as a storage of its own. It keeps nothing: closing it closes nothing, and a
 * rename
 * of the directory leaves it without one.
 */
public final class SubStorage implements Storage {
    private final Storage parent;
    private final String directory;

    /** The directory need not exist yet: {@code createDirectory("")} makes it. */
    public SubStorage(Storage parent, String directory) {
        this.parent = Objects.requireNonNull(parent);
        this.directory = Objects.requireNonNull(directory);
    }

    private String name(String name) {
        return name.isEmpty() ? directory : directory + "/" + name;
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
        parent.rename(name(from), name(to));
    }

    @Override
    public void delete(String name) throws IOException {
        parent.delete(name(name));
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
        return parent.usableBytes();
    }

    @Override
    public void close() {}
}
