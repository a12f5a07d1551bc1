package dev.tidemark.storage;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * An open file.
 *
 * <ul>
 *   <li>A <b>write</b> that returned is visible to every later read of the file, and durable only after a
 *       {@link #force} that began after it returned. In a power cut, each write that was not forced survives whole, in
 *       part (torn at sectors of 512 bytes) or not at all, in any combination and order with others.
 *   <li>A <b>force</b> that returned made every write, truncation and size that returned before it began durable. A
 *       force that failed leaves all of that in doubt for good: the kernel may have dropped the pages, so a second
 *       force that succeeds proves nothing about them.
 *   <li>A write that <b>fails</b> may have written any part of its range.
 *   <li><b>Interrupts</b>: an interrupt of a calling thread must harm nobody: the call goes on or is done again, the
 *       thread's interrupt flag stays set, and other threads notice nothing. A force that an interrupt ended has
 *       failed.
 *   <li><b>Threads</b>: all methods may be called at the same time; overlapping writes at the same time end in an
 *       unspecified mixture.
 *   <li>After {@link #close} every call but {@code close} and {@code name} is an {@link IOException} that says so; a
 *       write, truncation, preallocation or deallocation of a file that is open for reading only is one, too. Negative
 *       offsets and lengths are an {@link IllegalArgumentException}.
 *   <li>A steady run of reads, writes and forces with direct buffers allocates nothing on the heap.
 * </ul>
 */
public interface StorageFile extends AutoCloseable {
    /** The name that the file was opened by. */
    String name();

    /** Size in bytes. */
    long size() throws IOException;

    /**
     * Reads from {@code offset} until {@code dst} has no room left or the file ends; moves {@code dst}'s position.
     *
     * @return the number of bytes read, 0 at or beyond the end; less than asked for only at the end of the file
     */
    int read(long offset, ByteBuffer dst) throws IOException;

    /** Writes all that remains in {@code src} at {@code offset}, or throws; moves {@code src}'s position. */
    void write(long offset, ByteBuffer src) throws IOException;

    /** Forces all completed writes and the size to stable storage (as {@code fdatasync} does). */
    void force() throws IOException;

    /** Cuts or extends (with zeros that read as zeros but take no space) the file to {@code size} bytes. */
    void truncate(long size) throws IOException;

    /**
     * Physically writes zeros over {@code length} bytes from {@code offset}, so that a later write there can't run out
     * of space and a force there has no file-system metadata to write. Durable after a force.
     *
     * @throws NoSpaceException when the device has no room for it; any part may then have been written
     */
    void preallocate(long offset, long length) throws IOException;

    /**
     * Gives a range back to the device where it can (punches a hole); it reads as zeros afterwards, or is unchanged.
     */
    void deallocate(long offset, long length) throws IOException;

    /**
     * Whether an interrupt of a calling thread can't end a {@link #force}. Then any thread may force; else only one
     * that
     * nobody interrupts.
     */
    default boolean isUninterruptible() {
        return false;
    }

    /** Closes without forcing. Closing twice is allowed. */
    @Override
    void close() throws IOException;
}
