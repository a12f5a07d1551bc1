package dev.tidemark.journal;

import dev.tidemark.storage.Storage;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Iterator;

/** The segments that hold history, oldest first, and what retention makes of them. For any thread. */
final class SegmentCatalog implements JournalWriter.SegmentListener {
    private record Entry(String path, long first, long end, long madeAtMillis) {}

    private final Storage storage;
    private final String directory;
    private final RetentionPolicy policy;
    private final InstantSource clock;
    private final ArrayDeque<Entry> entries = new ArrayDeque<>();
    private long totalBytes;

    SegmentCatalog(Storage storage, JournalConfig config) {
        this.storage = storage;
        this.directory = config.directory();
        this.policy = config.retention();
        this.clock = config.clock();
    }

    @Override
    public void begun(SegmentHeader header, String path) {
        add(path, header.first(), header.end(), header.madeAtMillis());
    }

    synchronized void add(String path, long first, long end, long madeAtMillis) {
        entries.add(new Entry(path, first, end, madeAtMillis));
        totalBytes += end - first;
    }

    /** Bytes of all segments that hold history. */
    synchronized long totalBytes() {
        return totalBytes;
    }

    /** Where the oldest segment begins that history can be read from without a gap. */
    synchronized long firstOffset() {
        long first = -1;
        long end = -1;
        for (Iterator<Entry> newestFirst = entries.descendingIterator(); newestFirst.hasNext(); ) {
            Entry entry = newestFirst.next();
            if (end >= 0 && entry.end() != first) {
                break;
            }
            first = entry.first();
            end = entry.end();
        }
        return Math.max(0, first);
    }

    /** Deletes what lies wholly below the offset and the policy does not hold; whether anything went. */
    synchronized boolean release(long offset) throws IOException {
        long now = clock.millis();
        boolean gone = false;
        while (entries.size() > 1) {
            Entry oldest = entries.poll();
            long sealedAtMillis = entries.peek().madeAtMillis();
            if (oldest.end() > offset || !policy.letsGo(totalBytes, now - sealedAtMillis)) {
                entries.addFirst(oldest);
                break;
            }
            storage.delete(oldest.path());
            totalBytes -= oldest.end() - oldest.first();
            gone = true;
        }
        if (gone) {
            storage.syncDirectory(directory);
        }
        return gone;
    }
}
