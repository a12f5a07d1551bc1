package dev.tidemark.engine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;

/**
 * A volume as a channel of bytes, for code that works on files: what {@code FileChannel} has of positions, positional
 * reads and writes, {@code force} and {@code size}. All of a volume's content is there from the start, so it behaves as
 * the channel of a block device does:
 *
 * <ul>
 *   <li>Reads end with the volume: they return fewer bytes there, and -1 from its end on.
 *   <li>Writes do not make the volume longer. A write that reaches beyond the end writes what fits and returns how much
 *       that was; one that begins at or behind the end, with bytes to write, throws an {@link IOException}. {@link
 *       #truncate} can't make it shorter either: both is done by the message {@code resize}.
 *   <li>Every write of up to {@link Volume#MAX_REQUEST_BYTES} is one request, which a crash leaves whole or not at all.
 *       Longer ones are several requests, in order.
 *   <li>What was written is durable after {@link #force}, whoever wrote it.
 * </ul>
 *
 * <p>While the channel is open the volume has one client more: {@code delete} and {@code merge} are {@code busy}, and
 * with {@code force=true} close the channel.
 *
 * <p>Any thread may call. Methods that use the channel's own position take turns; those that are given one do not. They
 * block, so they must not be called from a {@link Volume.Completion}. Unlike a {@code FileChannel}, this one is not
 * closed by an interrupt: a call goes on to its end, and the thread's interrupt flag stays set. {@link #close} does not
 * wait for calls that are under way: they come to their own end.
 *
 * <p>Errors: {@link ClosedChannelException} once the channel was closed; {@link NonWritableChannelException} for a
 * write to a channel or a volume that is read-only; for the rest an {@link IOException} whose cause is the {@link
 * StoreException}.
 */
public final class VolumeChannel implements SeekableByteChannel {
    private final Volume volume;
    private final boolean writable;
    private final Object positionLock = new Object();
    private long position; // under its lock
    private volatile boolean open = true;
    /** Null for the moment before it is known, in which the volume may be asked for already. */
    private volatile Volume.Attachment attachment;

    private VolumeChannel(Volume volume, boolean writable) {
        this.volume = volume;
        this.writable = writable;
        attachment = volume.attach(this::close);
        if (!open) {
            close(); // it was asked for before there was an attachment to close
        }
    }

    /**
     * Opens a volume for reading and writing, at position 0. A read-only volume can be opened so as well; its writes
     * are refused one by one.
     *
     * @throws StoreException {@code no-such-volume}
     */
    public static VolumeChannel open(Volume volume) {
        return new VolumeChannel(volume, true);
    }

    /**
     * Opens a volume for reading, at position 0.
     *
     * @throws StoreException {@code no-such-volume}
     */
    public static VolumeChannel openReadOnly(Volume volume) {
        return new VolumeChannel(volume, false);
    }

    /** Returns the volume. */
    public Volume volume() {
        return volume;
    }

    // ---- at the channel's position

    /**
     * Reads from the channel's position on, and moves it by the bytes read.
     *
     * @return the bytes read, -1 at the volume's end
     */
    @Override
    public int read(ByteBuffer target) throws IOException {
        synchronized (positionLock) {
            int before = target.remaining();
            try {
                return read(target, position);
            } finally {
                position += before - target.remaining();
            }
        }
    }

    /**
     * Writes from the channel's position on, and moves it by the bytes written.
     *
     * @return the bytes written: all that remain, but for a write that reaches beyond the volume's end
     */
    @Override
    public int write(ByteBuffer source) throws IOException {
        synchronized (positionLock) {
            int before = source.remaining();
            try {
                return write(source, position);
            } finally {
                position += before - source.remaining();
            }
        }
    }

    @Override
    public long position() throws IOException {
        synchronized (positionLock) {
            checkOpen();
            return position;
        }
    }

    /**
     * Moves the channel's position, also behind the volume's end.
     *
     * @param newPosition in bytes, from 0
     */
    @Override
    public VolumeChannel position(long newPosition) throws IOException {
        synchronized (positionLock) {
            checkOpen();
            position = checkPosition(newPosition);
            return this;
        }
    }

    // ---- at a given position

    /**
     * Reads from the volume's byte {@code from} on, as much as the target takes and the volume has. When it fails, what
     * was read before the failing request is in the target, and its position says how much.
     *
     * @param from in bytes, from 0
     * @return the bytes read, -1 at or behind the volume's end
     */
    public int read(ByteBuffer target, long from) throws IOException {
        checkPosition(from);
        checkOpen();
        int limit = target.limit();
        int start = target.position();
        if (start == limit) {
            return 0;
        }
        long left = left(from);
        if (left <= 0) {
            return -1;
        }
        int end = (int) Math.min(limit, start + left);
        try {
            while (target.position() < end) {
                int at = target.position();
                target.limit(at + Math.min(end - at, Volume.MAX_REQUEST_BYTES));
                volume.read(from + (at - start), target);
            }
        } catch (StoreException e) {
            throw describe(e);
        } finally {
            target.limit(limit);
        }
        return target.position() - start;
    }

    /**
     * Writes to the volume's byte {@code to} on. When it fails, what was written before the failing request stays
     * written, and the source's position says how much that is.
     *
     * @param to in bytes, from 0
     * @return the bytes written: all that remain, but for a write that reaches beyond the volume's end
     */
    public int write(ByteBuffer source, long to) throws IOException {
        checkPosition(to);
        checkOpen();
        if (!writable) {
            throw new NonWritableChannelException();
        }
        int limit = source.limit();
        int start = source.position();
        if (start == limit) {
            return 0;
        }
        long left = left(to);
        if (left <= 0) {
            throw new IOException("byte " + to + " lies behind the end of volume " + volume + " at byte "
                    + volume.sizeBytes() + ": make it longer with the message resize");
        }
        int end = (int) Math.min(limit, start + left);
        try {
            while (source.position() < end) {
                int at = source.position();
                source.limit(at + Math.min(end - at, Volume.MAX_REQUEST_BYTES));
                volume.write(to + (at - start), source);
            }
        } catch (StoreException e) {
            throw describe(e);
        } finally {
            source.limit(limit);
        }
        return source.position() - start;
    }

    // ---- the whole

    /** Returns the volume's size in bytes as it is now: resizes show. */
    @Override
    public long size() throws IOException {
        checkOpen();
        return volume.sizeBytes();
    }

    /**
     * Does nothing to the volume; a channel's position behind {@code size} is moved there, as in a file.
     *
     * @param size in bytes, from 0
     * @throws UnsupportedOperationException for a size below the volume's: that needs the message {@code resize}
     */
    @Override
    public VolumeChannel truncate(long size) throws IOException {
        checkPosition(size);
        synchronized (positionLock) {
            checkOpen();
            if (size < volume.sizeBytes()) {
                throw new UnsupportedOperationException(
                        "a channel can't make volume " + volume + " shorter: use the message resize");
            }
            position = Math.min(position, size);
            return this;
        }
    }

    /**
     * Returns when all that was written before, by anybody, is durable: see {@link Volume#flush}.
     *
     * @param metadata as {@code FileChannel} has it; a volume's size is always durable
     */
    public void force(boolean metadata) throws IOException {
        checkOpen();
        try {
            volume.flush();
        } catch (StoreException e) {
            throw describe(e);
        }
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    /** Closes the channel; the volume stays. What was written is not forced. Calling it again does nothing. */
    @Override
    public void close() {
        open = false;
        Volume.Attachment mine = attachment;
        if (mine != null) {
            mine.close();
        }
    }

    /** Bytes from a position to the volume's end; 0 or less behind it. */
    private long left(long from) {
        return volume.sizeBytes() - from;
    }

    private static long checkPosition(long value) {
        if (value < 0) {
            throw new IllegalArgumentException("position or size " + value + " is negative");
        }
        return value;
    }

    private void checkOpen() throws ClosedChannelException {
        if (!open) {
            throw new ClosedChannelException();
        }
    }

    private static IOException describe(StoreException e) {
        if (e.code().equals(StoreException.READ_ONLY)) {
            NonWritableChannelException readOnly = new NonWritableChannelException();
            readOnly.initCause(e);
            throw readOnly;
        }
        return new IOException(e.getMessage(), e);
    }

    @Override
    public String toString() {
        return "channel of volume " + volume;
    }
}
