package dev.tidemark.engine.exception;

import dev.tidemark.storage.StorageFile;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The file of physical blocks. Block {@code n} lies at byte {@code n * blockSize}; block 0 is never given out, so that
 * 0
 * can mean "unmapped".
 *
 * <p>All methods may be called from any thread. Who may write where is the allocator's business: a block that is
 * mapped, or that a reader may still look at, is never written.
 */
public final class ExceptionStore implements AutoCloseable {
    /** The file's name in the store's folder. */
    public static final String FILE_NAME = "exceptions.data";

    private final StorageFile file;
    private final int blockSizeBytes;
    private Throwable failedForce;

    public ExceptionStore(StorageFile file, int blockSizeBytes) {
        this.file = file;
        this.blockSizeBytes = blockSizeBytes;
    }

    public int blockSizeBytes() {
        return blockSizeBytes;
    }

    /** Writes all that remains in {@code source}, whole blocks, from physical block {@code physical} on. */
    public void write(long physical, ByteBuffer source) throws IOException {
        file.write(physical * blockSizeBytes, source);
    }

    /**
     * Reads physically adjacent blocks until {@code target} has no room left.
     *
     * @throws EOFException when the file ends before: a block that is mapped was never written, or the file was cut
     */
    public void read(long physical, ByteBuffer target) throws IOException {
        int wanted = target.remaining();
        int got = file.read(physical * blockSizeBytes, target);
        if (got < wanted) {
            throw new EOFException(FILE_NAME + " ends at byte " + (physical * blockSizeBytes + got) + ", inside block "
                    + (physical + got / blockSizeBytes) + ": it was cut or replaced");
        }
    }

    /**
     * Forces everything written before the call. One force at a time: the kernel tells a failure to one of those who
     * wait for it, so whoever comes next learns of it here. A failure is final for the process (G9).
     */
    public synchronized void force() throws IOException {
        if (failedForce != null) {
            throw new IOException(
                    "a force of " + FILE_NAME + " failed before: " + failedForce.getMessage(), failedForce);
        }
        try {
            file.force();
        } catch (IOException | RuntimeException | Error e) {
            failedForce = e;
            throw e;
        }
    }

    /** The file's size in bytes. */
    public long sizeBytes() throws IOException {
        return file.size();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
