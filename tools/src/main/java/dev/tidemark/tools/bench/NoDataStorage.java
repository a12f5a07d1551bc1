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
    private volatile boolean writes;

    NoDataStorage(Storage inner) {
        this.inner = inner;
    }

    /** From now on every write and force fails, whoever asks. */
    void cut() {
        cut = true;
    }

    /**
     * From now on what is written goes to a file on the disk, sparse as it is, and forces force it: so that a write
     * costs what it costs. It must be zeros, still.
     */
    void writeData() {
        writes = true;
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
        public int read(long offset, ByteBuffer dst) {
            int length = dst.remaining();
            while (dst.hasRemaining()) {
                dst.put(ZEROS, 0, Math.min(ZEROS.length, dst.remaining()));
            }
            return length;
        }

        @Override
        public void write(long offset, ByteBuffer src) throws IOException {
            size.accumulateAndGet(offset + src.remaining(), Math::max);
            if (writes) {
                super.write(offset, src);
            } else {
                src.position(src.limit());
            }
        }

        @Override
        public void force() throws IOException {
            if (writes) {
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
            if (writes) {
                super.preallocate(offset, length);
            }
        }

        @Override
        public void deallocate(long offset, long length) {}
    }
}
