package dev.tidemark.storage;

import java.io.IOException;

/** An exclusive lock on a file, held until it is closed. */
public interface StorageLock extends AutoCloseable {
    @Override
    void close() throws IOException;
}
