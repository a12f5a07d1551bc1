package dev.tidemark.storage.sim;

import dev.tidemark.storage.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A handle; the storage does the work, under its monitor. */
final class SimFile implements StorageFile {
    final SimStorage storage;
    final String name;
    final int node;
    final boolean writable;
    boolean closed;

    SimFile(SimStorage storage, String name, int node, boolean writable) {
        this.storage = storage;
        this.name = name;
        this.node = node;
        this.writable = writable;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public long size() throws IOException {
        synchronized (storage) {
            return storage.fileCalls().size(this);
        }
    }

    @Override
    public int read(long offset, ByteBuffer dst) throws IOException {
        checkRange(offset, dst.remaining());
        synchronized (storage) {
            return storage.fileCalls().read(this, offset, dst);
        }
    }

    @Override
    public void write(long offset, ByteBuffer src) throws IOException {
        checkRange(offset, src.remaining());
        synchronized (storage) {
            storage.fileCalls().write(this, offset, src);
        }
    }

    @Override
    public void force() throws IOException {
        synchronized (storage) {
            storage.fileCalls().force(this);
        }
    }

    @Override
    public void truncate(long size) throws IOException {
        checkRange(size, 0);
        synchronized (storage) {
            storage.fileCalls().truncate(this, size);
        }
    }

    @Override
    public void preallocate(long offset, long length) throws IOException {
        checkRange(offset, length);
        synchronized (storage) {
            storage.fileCalls().preallocate(this, offset, length);
        }
    }

    @Override
    public void deallocate(long offset, long length) throws IOException {
        checkRange(offset, length);
        synchronized (storage) {
            storage.fileCalls().deallocate(this, offset, length);
        }
    }

    @Override
    public void close() {
        synchronized (storage) {
            storage.fileCalls().close(this);
        }
    }

    private static void checkRange(long offset, long length) {
        if (offset < 0 || length < 0 || offset > Long.MAX_VALUE - length) {
            throw new IllegalArgumentException("offset=" + offset + " length=" + length + ": no range");
        }
    }

    @Override
    public String toString() {
        return "SimFile[" + name + ']';
    }
}
