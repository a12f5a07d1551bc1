package dev.tidemark.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;

/**
 * A file of a {@link DiskStorage}. See there for what an interrupt does.
 *
 * <p>Positional reads and writes of a {@link FileChannel} share nothing, so calls of different threads run side by
 * side.
 */
final class DiskFile implements StorageFile {
    /**
     * How much one system call moves for a heap buffer: the JDK keeps a direct buffer of that size for every thread.
     */
    private static final int HEAP_CHUNK_BYTES = 256 * 1024;

    /**
     * How much one system call of {@link #preallocate} writes. Linux 6.16 and later keeps what was written at once in
     * one piece of its cache, and each later write, and the force after it, goes through all blocks of that piece:
     * 3,000 times 4 KiB at random and a force took 18 to 20 µs of processor time each after writes of 256 KiB, 11 after
     * 64 KiB, 8 after 16 KiB and 6 after 4 KiB. But small pieces cost reads: 1.7, 2.0, 2.0 and 1.9 µs.
     */
    private static final int ZERO_CHUNK_BYTES = 16 * 1024;

    private static final ByteBuffer ZEROS =
            ByteBuffer.allocateDirect(ZERO_CHUNK_BYTES).asReadOnlyBuffer();

    private final OpenFiles openFiles;
    private final String name;
    private final boolean writable;
    private final boolean uninterruptible;
    private final Object fileKey;
    private volatile Path path;
    private volatile FileChannel channel;
    private volatile boolean closed;

    DiskFile(
            OpenFiles openFiles, String name, Path path, boolean writable, boolean uninterruptible, FileChannel channel)
            throws IOException {
        this.openFiles = openFiles;
        this.name = name;
        this.path = path;
        this.writable = writable;
        this.uninterruptible = uninterruptible;
        this.fileKey = uninterruptible ? null : key(path);
        this.channel = channel;
    }

    private static Object key(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    }

    @Override
    public boolean isUninterruptible() {
        return uninterruptible;
    }

    Path path() {
        return path;
    }

    void moved(Path to) {
        path = to;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public long size() throws IOException {
        boolean interrupted = takeInterrupt();
        try {
            while (true) {
                FileChannel current = channel;
                try {
                    return current.size();
                } catch (ClosedChannelException e) {
                    interrupted |= reopen(current, "size", e);
                }
            }
        } catch (IOException e) {
            throw describe(e, "size");
        } finally {
            restoreInterrupt(interrupted);
        }
    }

    @Override
    public int read(long offset, ByteBuffer dst) throws IOException {
        checkOffset(offset);
        boolean interrupted = takeInterrupt();
        int start = dst.position();
        int limit = dst.limit();
        try {
            while (dst.position() < limit) {
                FileChannel current = channel;
                dst.limit(chunkEnd(dst, limit));
                try {
                    int count = current.read(dst, offset + (dst.position() - start));
                    if (count < 0) {
                        break;
                    }
                } catch (ClosedChannelException e) {
                    interrupted |= reopen(current, "read", e);
                }
            }
            return dst.position() - start;
        } catch (IOException e) {
            throw describe(e, "read at " + (offset + (dst.position() - start)));
        } finally {
            dst.limit(limit);
            restoreInterrupt(interrupted);
        }
    }

    @Override
    public void write(long offset, ByteBuffer src) throws IOException {
        checkOffset(offset);
        requireWritable("write");
        if (!src.hasRemaining()) {
            requireOpen("write");
            return;
        }
        writeFully(offset, src, "write");
    }

    private void writeFully(long offset, ByteBuffer src, String action) throws IOException {
        boolean interrupted = takeInterrupt();
        int start = src.position();
        int limit = src.limit();
        try {
            while (src.position() < limit) {
                FileChannel current = channel;
                src.limit(chunkEnd(src, limit));
                try {
                    current.write(src, offset + (src.position() - start));
                } catch (ClosedChannelException e) {
                    interrupted |= reopen(current, action, e);
                }
            }
        } catch (IOException e) {
            throw describe(e, action + " at " + (offset + (src.position() - start)));
        } finally {
            src.limit(limit);
            restoreInterrupt(interrupted);
        }
    }

    private static int chunkEnd(ByteBuffer buffer, int limit) {
        int position = buffer.position();
        return buffer.isDirect() ? limit : position + Math.min(limit - position, HEAP_CHUNK_BYTES);
    }

    @Override
    public void force() throws IOException {
        boolean interrupted = takeInterrupt();
        try {
            while (true) {
                FileChannel current = channel;
                try {
                    current.force(false);
                    return;
                } catch (AsynchronousCloseException e) {
                    // Whether the data is durable is unknown, and nobody can ask again: the caller's force has failed.
                    interrupted |= reopen(current, "force", e);
                    throw new IOException(path + ": force: ended by an interrupt", e);
                } catch (ClosedChannelException e) { // closed before this force began: nothing is lost yet
                    interrupted |= reopen(current, "force", e);
                }
            }
        } catch (IOException e) {
            throw describe(e, "force");
        } finally {
            restoreInterrupt(interrupted);
        }
    }

    @Override
    public void truncate(long size) throws IOException {
        checkOffset(size);
        requireWritable("truncate");
        boolean interrupted = takeInterrupt();
        try {
            while (true) {
                FileChannel current = channel;
                try {
                    if (current.size() < size) {
                        // A channel can only cut. So write one byte behind the end and cut it off again.
                        ByteBuffer one = ZEROS.duplicate().limit(1);
                        current.write(one, size);
                    }
                    current.truncate(size);
                    return;
                } catch (ClosedChannelException e) {
                    interrupted |= reopen(current, "truncate", e);
                }
            }
        } catch (IOException e) {
            throw describe(e, "truncate to " + size);
        } finally {
            restoreInterrupt(interrupted);
        }
    }

    @Override
    public void preallocate(long offset, long length) throws IOException {
        checkRange(offset, length);
        requireWritable("preallocate");
        requireOpen("preallocate");
        ByteBuffer zeros = ZEROS.duplicate();
        for (long done = 0; done < length; ) {
            int chunk = (int) Math.min(ZERO_CHUNK_BYTES, length - done);
            writeFully(offset + done, zeros.limit(chunk).position(0), "preallocate");
            done += chunk;
        }
    }

    /** Does nothing but check: see {@link DiskStorage}. */
    @Override
    public void deallocate(long offset, long length) throws IOException {
        checkRange(offset, length);
        requireWritable("deallocate");
        requireOpen("deallocate");
    }

    @Override
    public void close() throws IOException {
        FileChannel last;
        synchronized (this) { // so that no channel is opened again behind this one's back
            closed = true;
            last = channel;
        }
        if (!uninterruptible) {
            openFiles.remove(this);
        }
        try {
            last.close();
        } catch (IOException e) {
            throw describe(e, "close");
        }
    }

    /**
     * Opens the file again after the channel {@code old} was found closed.
     *
     * @return whether it was this thread's interrupt that closed it; the flag is then taken down, so that the call can
     *     go on, and the caller puts it up again at its end
     */
    private boolean reopen(FileChannel old, String action, ClosedChannelException cause) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            synchronized (openFiles) { // keeps renames away
                synchronized (this) {
                    requireOpen(action);
                    if (channel == old) {
                        channel = openAgain(cause);
                    }
                }
            }
        } catch (IOException | RuntimeException e) {
            restoreInterrupt(interrupted);
            throw e;
        }
        return interrupted;
    }

    private FileChannel openAgain(ClosedChannelException cause) throws IOException {
        FileChannel fresh;
        try {
            fresh = writable
                    ? FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)
                    : FileChannel.open(path, StandardOpenOption.READ);
        } catch (NoSuchFileException e) {
            throw lost(cause);
        }
        if (!Objects.equals(fileKey, key(path))) {
            fresh.close();
            throw lost(cause);
        }
        return fresh;
    }

    private IOException lost(ClosedChannelException cause) {
        return new IOException(
                path + ": an interrupt closed the file, and another, or none, has its name now"
                        + " (--add-opens java.base/sun.nio.ch=ALL-UNNAMED keeps interrupts away)",
                cause);
    }

    /** Takes down the interrupt flag: a channel call that starts with it up would only close the channel. */
    private boolean takeInterrupt() {
        return !uninterruptible && Thread.interrupted();
    }

    private static void restoreInterrupt(boolean interrupted) {
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void requireOpen(String action) throws IOException {
        if (closed) {
            throw new IOException(path + ": " + action + ": the file is closed");
        }
    }

    private void requireWritable(String action) throws IOException {
        if (!writable) {
            requireOpen(action);
            throw new IOException(path + ": " + action + ": the file is open for reading only");
        }
    }

    private static void checkOffset(long offset) {
        if (offset < 0) {
            throw new IllegalArgumentException("offset=" + offset + ": negative");
        }
    }

    private static void checkRange(long offset, long length) {
        if (offset < 0 || length < 0 || offset > Long.MAX_VALUE - length) {
            throw new IllegalArgumentException("offset=" + offset + " length=" + length + ": no range");
        }
    }

    private IOException describe(IOException e, String action) {
        return DiskErrors.describe(e, path, action);
    }

    @Override
    public String toString() {
        return "DiskFile[" + path + ']';
    }
}
