package dev.tidemark.storage;

import java.io.IOException;
import java.util.List;

/**
 * The only way to files in the project: a folder of named files. Names are relative, with {@code /} between directories
 * ({@code "journal/0000000000000000.seg"}); {@code ""} is the folder itself.
 *
 * <p>The contract, which {@link DiskStorage} keeps on a real file system and the simulated device keeps to the letter:
 *
 * <ul>
 *   <li>A <b>creation, rename or deletion</b> is visible at once, and durable only once {@link #syncDirectory} of its
 *       parent (for a rename across directories: of both parents) has returned. Until then a power cut may undo it,
 *       each one on its own. The content of a file is durable apart from its name: it needs
 *       {@link StorageFile#force}.
 *   <li>A <b>rename</b> replaces an existing target atomically: whoever opens the target afterwards, also after a power
 *       cut, finds either the old or the new file whole (as far as each was forced), never neither.
 *   <li><b>Names</b> that leave the folder, or have empty, {@code .} or {@code ..} parts, are an
 *       {@link IllegalArgumentException}; so is {@code ""} where it can only be something in the folder.
 *   <li><b>Errors</b> are {@link IOException}s whose message names the file. {@link NoSpaceException} means that the
 *       device is full, {@link java.nio.file.NoSuchFileException} and {@link java.nio.file.FileAlreadyExistsException}
 *       what they say. No error of a read is fatal. A failed force, or a failed write to the journal or metadata, is
 *       fatal for the caller's process (G9); this seam reports, the caller stops.
 *   <li><b>After {@link #close}</b> every call but {@code close} is an {@link IOException} that says so.
 *   <li><b>Threads</b>: every method may be called from any thread.
 * </ul>
 */
public interface Storage extends AutoCloseable {
    /** How a file is opened. */
    enum Mode {
        /** An existing file, for reading only. */
        READ,
        /** An existing file, for reading and writing. */
        WRITE,
        /** A new file, for reading and writing; an existing one is an error. */
        CREATE_NEW,
        /** A file for reading and writing, made empty when there is none. */
        CREATE
    }

    /**
     * Opens a file. A new one is empty and has mode 0600.
     *
     * @throws java.nio.file.NoSuchFileException for a missing file with {@code READ} or {@code WRITE}, or a missing
     *     parent directory
     * @throws java.nio.file.FileAlreadyExistsException for an existing file with {@code CREATE_NEW}
     * @throws IOException also for a directory, and for a file that this process has locked (see {@link #tryLock})
     */
    StorageFile open(String name, Mode mode) throws IOException;

    /** Whether a file or directory of that name is visible now. */
    boolean exists(String name) throws IOException;

    /** The plain names (no directory part) of what is in a directory, sorted; files and directories alike. */
    List<String> list(String directory) throws IOException;

    /** Makes a directory of mode 0700 in an existing one. An existing directory is left as it is. */
    void createDirectory(String name) throws IOException;

    /**
     * Renames a file, replacing an existing file, or a directory. Files that are open stay so.
     *
     * @throws java.nio.file.FileAlreadyExistsException if the target is a directory, or exists and the source is one
     */
    void rename(String from, String to) throws IOException;

    /**
     * Deletes a file or an empty directory. A missing one is an error. Files that are open stay usable, and their space
     * taken, until they are closed.
     */
    void delete(String name) throws IOException;

    /** Makes all creations, renames and deletions in a directory durable. */
    void syncDirectory(String name) throws IOException;

    /**
     * Takes an exclusive lock on a file (made when missing), held until the lock is closed or the process ends.
     *
     * <p>Nobody may open that file by other means: a process that opens and closes its own lock file again loses the
     * lock.
     *
     * @return the lock, or null when another process, or another holder in this one, has it
     */
    StorageLock tryLock(String name) throws IOException;

    /** Bytes that the host file system would still take, as far as it tells; {@code Long.MAX_VALUE} if it does not. */
    long usableBytes() throws IOException;

    /** Closes the folder; files that are open stay usable until they are closed themselves. */
    @Override
    void close() throws IOException;
}
