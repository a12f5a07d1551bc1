package dev.tidemark.tools.bench;

import dev.tidemark.journal.Journal;
import dev.tidemark.journal.JournalConfig;
import dev.tidemark.storage.DiskStorage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.UUID;
import org.agrona.concurrent.UnsafeBuffer;

/** A journal of its own on the same disk, to be timed: what one force costs here and now. */
final class JournalForces implements AutoCloseable {
    private static final int EVENT_BYTES = 100;

    private final DiskStorage storage;
    private final Journal journal;
    private final UnsafeBuffer event = new UnsafeBuffer(new byte[EVENT_BYTES]);
    private long seq;

    JournalForces(Path folder) throws IOException {
        storage = new DiskStorage(folder);
        journal = Journal.create(storage, JournalConfig.defaults(), new UUID(1, 2), new byte[0]);
    }

    /** Appends an event of a command's size and forces it; how long that took in nanoseconds. */
    long timed() throws IOException {
        long start = System.nanoTime();
        journal.append(1, ++seq, 1, 0, event, 0, EVENT_BYTES);
        journal.force();
        return System.nanoTime() - start;
    }

    @Override
    public void close() throws IOException {
        journal.close();
        storage.close();
    }
}
