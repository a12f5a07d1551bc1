package dev.tidemark.tools.bench;

import dev.tidemark.storage.Storage;
import dev.tidemark.storage.StorageFile;
import dev.tidemark.storage.StorageLock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A folder whose exception store keeps no data: it takes every write and reads as zeros, so that a volume of terabytes
 * that holds nothing but zeros needs a disk for its metadata and journal only. It can also stop taking writes, as if
 * the process had died there.
 */
final class NoDataStorage implements Storage {
    private static final String DATA_FILE = "exceptions.data";
    private static final String METADATA_FILE = "metadata.data";

    private final Storage inner;
    private final AtomicLong metadataBytes = new AtomicLong();
    private volatile boolean cut;
    /** So much of the exception store is on the disk, used round and round; 0 for nothing. */
    private volatile long keptBytes;

    NoDataStorage(Storage inner) {
        this.inner = inner;
    }

    /** From now on every write and force fails, whoever asks. */
    void cut() {
        cut = true;
    }

    /**
     * From now on what is written goes to a file on the disk, what is read comes from there, and forces force it: so
     * that each costs what it costs. It must be zeros, still, for positions that are a multiple of {@code bytes} apart
     * are one place of that file, which is no longer.
     *
     * @param bytes a multiple of the largest request; {@link Long#MAX_VALUE} for a place of its own for each byte; 0
     *     for keeping nothing any more
     */
    void keepData(long bytes) {
        keptBytes = bytes;
    }

    /** Bytes that were written to the metadata file, but for those that only make it larger. */
    long metadataBytes() {
        return metadataBytes.get();
    }

    @Override
    public StorageFile open(String name, Mode mode) throws IOException {
        StorageFile file = inner.open(name, mode);
        return name.endsWith(DATA_FILE) ? new NoData(file) : new Cuttable(file);
    }

    @Override
    public boolean exists(String name) throws IOException {
        return inner.exists(name);
    }

    @Override
    public List<String> list(String directory) throws IOException {
        return inner.list(directory);
    }

    @Override
    public void createDirectory(String name) throws IOException {
        inner.createDirectory(name);
    }

    @Override
    public void rename(String from, String to) throws IOException {
        inner.rename(from, to);
    }

    @Override
    public void delete(String name) throws IOException {
        inner.delete(name);
    }

    @Override
    public void syncDirectory(String name) throws IOException {
        inner.syncDirectory(name);
    }

    @Override
    public StorageLock tryLock(String name) throws IOException {
        return inner.tryLock(name);
    }

    @Override
    public long usableBytes() throws IOException {
        return inner.usableBytes();
    }

    @Override
    public void close() throws IOException {
        inner.close();
    }

    /** Hands everything on until the cut. */
    private class Cuttable implements StorageFile {
        private final StorageFile file;

        Cuttable(StorageFile file) {
            this.file = file;
        }

        private void requireWhole() throws IOException {
            if (cut) {
                throw new IOException(name() + ": the benchmark has cut the store off");
            }
        }

        @Override
        public String name() {
            return file.name();
        }

        @Override
        public long size() throws IOException {
            return file.size();
        }

        @Override
        public int read(long offset, ByteBuffer dst) throws IOException {
            return file.read(offset, dst);
        }

        @Override
        public void write(long offset, ByteBuffer src) throws IOException {
            requireWhole();
            if (file.name().endsWith(METADATA_FILE)) {
                metadataBytes.addAndGet(src.remaining());
            }
            file.write(offset, src);
        }

        @Override
        public void force() throws IOException {
            requireWhole();
            file.force();
        }

        @Override
        public void truncate(long size) throws IOException {
            requireWhole();
            file.truncate(size);
        }

        @Override
        public void preallocate(long offset, long length) throws IOException {
            requireWhole();
            file.preallocate(offset, length);
        }

        @Override
        public void deallocate(long offset, long length) throws IOException {
            requireWhole();
            file.deallocate(offset, length);
        }

        @Override
        public boolean isUninterruptible() {
            return file.isUninterruptible();
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }

    /** Zeros of any length. */
    private final class NoData extends Cuttable {
        private static final byte[] ZEROS = new byte[64 << 10];
        private final AtomicLong size = new AtomicLong();

        NoData(StorageFile file) {
            super(file);
        }

        @Override
        public long size() {
            return size.get();
        }

        @Override
        public int read(long offset, ByteBuffer dst) throws IOException {
            int length = dst.remaining();
            long kept = keptBytes;
            if (kept > 0) {
                around(kept, offset, dst, super::read);
            }
            // what was never written, and what is not kept
            while (dst.hasRemaining()) {
                dst.put(ZEROS, 0, Math.min(ZEROS.length, dst.remaining()));
            }
            return length;
        }

        @Override
        public void write(long offset, ByteBuffer src) throws IOException {
            size.accumulateAndGet(offset + src.remaining(), Math::max);
            long kept = keptBytes;
            if (kept > 0) {
                around(kept, offset, src, super::write);
            } else {
                src.position(src.limit());
            }
        }

        @Override
        public void force() throws IOException {
            if (keptBytes > 0) {
                super.force();
            }
        }

        @Override
        public void truncate(long newSize) {
            size.set(newSize);
        }

        @Override
        public void preallocate(long offset, long length) throws IOException {
            size.accumulateAndGet(offset + length, Math::max);
            if (keptBytes == Long.MAX_VALUE) {
                super.preallocate(offset, length);
            }
        }

        @Override
        public void deallocate(long offset, long length) {}

        /** One access to the file as two where it runs over the end; less when the access came to an end by itself. */
        private void around(long kept, long offset, ByteBuffer buffer, Access access) throws IOException {
            long at = offset % kept;
            int limit = buffer.limit();
            int first = (int) Math.min(buffer.remaining(), kept - at);
            buffer.limit(buffer.position() + first);
            access.at(at, buffer);
            if (!buffer.hasRemaining() && limit > buffer.limit()) {
                buffer.limit(limit);
                access.at(0, buffer);
            }
            buffer.limit(limit);
        }
    }

    @FunctionalInterface
    private interface Access {
        void at(long offset, ByteBuffer buffer) throws IOException;
    }
}
