package dev.tidemark.storage;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileStore;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * A folder of real files.
 *
 * <ul>
 *   <li>The folder itself exists already, or is made by {@code createDirectory("")} in an existing one.
 *   <li>New files have mode 0600 and new directories 0700, whatever the process's umask.
 *   <li>{@link StorageFile#deallocate} does nothing: plain Java can't punch holes, and zeros would take space, not give
 *       it back.
 *   <li>Interrupts: with {@code --add-opens java.base/sun.nio.ch=ALL-UNNAMED} an interrupt touches no file. Without it,
 *       an interrupt in the middle of a call closes the channel underneath; it is then opened again (the file is
 *       followed through renames made here, and its identity is checked) and the call is done again, except a force,
 *       which fails.
 *   <li>Every name is looked up when it is used; whoever renames or deletes the folder itself leaves this object with
 *       nothing but its open files.
 *   <li>All I/O goes through the page cache. Direct I/O was measured and left out: into written space, which is where
 *       the journal and the metadata go, it gains nothing that could be told from noise, and what it gains where a file
 *       grows is paid back by every later read. The module's README has the figures.
 * </ul>
 */
public final class DiskStorage implements Storage {
    private static final Set<PosixFilePermission> FILE_MODE = PosixFilePermissions.fromString("rw-------");
    private static final Set<PosixFilePermission> DIRECTORY_MODE = PosixFilePermissions.fromString("rwx------");
    private static final FileAttribute<?>[] NO_ATTRIBUTES = {};

    private final Path root;
    private final boolean posix;
    private final OpenFiles openFiles;
    private volatile FileStore fileStore;
    private volatile boolean closed;

    /** A storage in the folder {@code root}, which need not exist yet (see {@link #createDirectory}). */
    public DiskStorage(Path root) {
        this(root, Uninterruptible.available());
    }

    /** As above; {@code uninterruptible} says whether to keep interrupts away from channels where that is possible. */
    DiskStorage(Path root, boolean uninterruptible) {
        this.root = root.toAbsolutePath().normalize();
        this.posix = root.getFileSystem().supportedFileAttributeViews().contains("posix");
        this.openFiles = new OpenFiles(uninterruptible);
    }

    /** The folder, absolute. */
    public Path root() {
        return root;
    }

    @Override
    public StorageFile open(String name, Mode mode) throws IOException {
        Path path = resolve(name);
        try {
            DiskLock.refuseIfHeld(path);
            return openFiles.open(name, path, mode != Mode.READ, openChannel(path, mode));
        } catch (IOException e) {
            throw DiskErrors.describe(e, path, "open");
        }
    }

    private FileChannel openChannel(Path path, Mode mode) throws IOException {
        return switch (mode) {
            case READ -> existing(path, Set.of(StandardOpenOption.READ));
            case WRITE -> existing(path, Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE));
            case CREATE_NEW -> create(path);
            case CREATE -> existingOrNew(path);
        };
    }

    private FileChannel existingOrNew(Path path) throws IOException {
        while (true) { // ends unless others make and delete the file in step with this loop
            try {
                return existing(path, Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE));
            } catch (NoSuchFileException missing) {
                try {
                    return create(path);
                } catch (FileAlreadyExistsException lostRace) {
                    // somebody made it in between: open theirs
                }
            }
        }
    }

    private static FileChannel existing(Path path, Set<? extends OpenOption> options) throws IOException {
        if (Files.isDirectory(path)) { // Linux opens a directory for reading, and fails only later
            throw new FileSystemException(path.toString(), null, "Is a directory");
        }
        return FileChannel.open(path, options, NO_ATTRIBUTES);
    }

    private FileChannel create(Path path) throws IOException {
        FileChannel channel = FileChannel.open(
                path,
                Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW),
                attributes(FILE_MODE));
        setMode(path, FILE_MODE, channel);
        return channel;
    }

    private FileAttribute<?>[] attributes(Set<PosixFilePermission> mode) {
        return posix ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(mode)} : NO_ATTRIBUTES;
    }

    /** A umask can take bits away from the mode that was asked for; this puts them back. */
    private void setMode(Path path, Set<PosixFilePermission> mode, FileChannel channel) throws IOException {
        if (!posix) {
            return;
        }
        try {
            Files.setPosixFilePermissions(path, mode);
        } catch (IOException e) {
            if (channel != null) {
                channel.close();
            }
            throw e;
        }
    }

    @Override
    public boolean exists(String name) throws IOException {
        Path path = resolve(name);
        try {
            Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            return true;
        } catch (NoSuchFileException e) {
            return false;
        } catch (IOException e) {
            throw DiskErrors.describe(e, path, "look up");
        }
    }

    @Override
    public List<String> list(String directory) throws IOException {
        Path path = resolve(directory);
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
            for (Path entry : entries) {
                names.add(entry.getFileName().toString());
            }
        } catch (DirectoryIteratorException e) {
            throw DiskErrors.describe(e.getCause(), path, "list");
        } catch (IOException e) {
            throw DiskErrors.describe(e, path, "list");
        }
        Collections.sort(names);
        return names;
    }

    @Override
    public void createDirectory(String name) throws IOException {
        Path path = resolve(name);
        try {
            Files.createDirectory(path, attributes(DIRECTORY_MODE));
            setMode(path, DIRECTORY_MODE, null);
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(path)) {
                throw e;
            }
        } catch (IOException e) {
            throw DiskErrors.describe(e, path, "create directory");
        }
    }

    @Override
    public void rename(String from, String to) throws IOException {
        Path source = resolve(FileNames.checkEntry(from));
        Path target = resolve(FileNames.checkEntry(to));
        try {
            BasicFileAttributes attributes = Files.readAttributes(source, BasicFileAttributes.class);
            boolean targetIsDirectory = Files.isDirectory(target);
            if (targetIsDirectory || (attributes.isDirectory() && Files.exists(target))) {
                throw new FileAlreadyExistsException(target.toString());
            }
            synchronized (openFiles) { // so that a channel that is opened again finds the file by its present name
                Files.move(source, target, StandardCopyOption.ATOMIC_MOVE);
                openFiles.renamed(source, target);
            }
        } catch (AtomicMoveNotSupportedException e) {
            throw new IOException(source + ": rename to " + target + ": not within one file system", e);
        } catch (IOException e) {
            throw DiskErrors.describe(e, source, "rename");
        }
    }

    @Override
    public void delete(String name) throws IOException {
        Path path = resolve(FileNames.checkEntry(name));
        try {
            Files.delete(path);
        } catch (IOException e) {
            throw DiskErrors.describe(e, path, "delete");
        }
    }

    @Override
    public void syncDirectory(String name) throws IOException {
        Path path = resolve(name);
        boolean interrupted = Thread.interrupted();
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            Uninterruptible.make(channel);
            channel.force(true);
        } catch (IOException e) {
            throw DiskErrors.describe(e, path, "sync directory");
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public StorageLock tryLock(String name) throws IOException {
        Path path = resolve(name);
        try {
            return DiskLock.tryLock(path, () -> openChannel(path, Mode.CREATE));
        } catch (IOException e) {
            throw DiskErrors.describe(e, path, "lock");
        }
    }

    @Override
    public long usableBytes() throws IOException {
        requireOpen();
        try {
            FileStore known = fileStore;
            if (known == null) { // finding it reads the list of mounts; asking it is one system call
                known = Files.getFileStore(root);
                fileStore = known;
            }
            return known.getUsableSpace();
        } catch (IOException e) {
            throw DiskErrors.describe(e, root, "usable space");
        }
    }

    @Override
    public void close() {
        closed = true;
    }

    private Path resolve(String name) throws IOException {
        Objects.requireNonNull(name, "name");
        requireOpen();
        return root.resolve(FileNames.check(name));
    }

    private void requireOpen() throws IOException {
        if (closed) {
            throw new IOException(root + ": the storage is closed");
        }
    }

    @Override
    public String toString() {
        return "DiskStorage[" + root + ']';
    }
}
