package dev.tidemark.journal;

import dev.tidemark.storage.NoSpaceException;
import dev.tidemark.storage.Storage;
import dev.tidemark.storage.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Phase 2 of a recovery: makes what phase 1 found the durable truth, and opens a writer behind it.
 *
 * <p>The order is what makes it safe to be cut anywhere: (1) the torn bytes are copied aside, and later segments
 * renamed aside, all durable before anything is cut; (2) frames behind the evidence are written again, and the tail is
 * zeroed, and both forced; (3) the last block of the frames, a pad of the new epoch and then a marker of the new epoch
 * are forced. Before (3) is durable a new recovery finds the same end or, where frames behind the evidence had never
 * reached the disk, an earlier one; after it, frames of the history that was cut have a lower epoch than the last one,
 * and are no frames any more.
 */
final class JournalRepair {
    private static final int COPY_BYTES = 1 << 20;

    /** Tails that were cut and are kept; older ones go, so that a machine in a crash loop does not fill its disk. */
    static final int MAX_SAVED = 16;

    private final Storage storage;
    private final JournalConfig config;
    private final JournalScan.Result scan;
    private final String directory;
    private final SegmentFile last;
    private final ByteBuffer copy;

    JournalRepair(Storage storage, JournalConfig config, JournalScan.Result scan) {
        this.storage = storage;
        this.config = config;
        this.scan = scan;
        this.directory = config.directory();
        this.last = scan.segments().get(scan.segments().size() - 1);
        this.copy = ByteBuffer.allocateDirect(Math.min(COPY_BYTES, config.segmentBytes()) + FrameDescriptor.BLOCK_BYTES)
                .alignedSlice(FrameDescriptor.BLOCK_BYTES);
    }

    static Journal create(Storage storage, JournalConfig config, UUID store, byte[] caller) throws IOException {
        storage.createDirectory(config.directory());
        if (!SegmentFile.offsets(storage, config.directory()).isEmpty()) {
            throw new JournalException("there is a journal in " + config.directory() + " already");
        }
        SegmentHeader identity = new SegmentHeader(
                SegmentDescriptor.VERSION,
                store,
                0,
                config.segmentBytes(),
                1,
                0,
                config.salts().getAsLong(),
                1,
                config.clock().millis(),
                SegmentHeader.keep(caller));
        StickyFailure failure = new StickyFailure();
        SegmentCatalog catalog = new SegmentCatalog(storage, config);
        SegmentPreparer preparer = new SegmentPreparer(storage, config, failure, 0);
        JournalWriter writer = new JournalWriter(config, identity, preparer, failure, catalog, 1, 0, 0);
        try {
            preparer.start();
            writer.beginSegment();
            int slash = config.directory().lastIndexOf('/');
            storage.syncDirectory(slash < 0 ? "" : config.directory().substring(0, slash));
            return new Journal(writer, preparer, catalog, failure, identity);
        } catch (IOException | RuntimeException e) {
            preparer.close();
            writer.close();
            throw e;
        }
    }

    Journal run() throws IOException {
        if (scan.maxEpoch() == Integer.MAX_VALUE) {
            throw new JournalException("no epoch is left");
        }
        StickyFailure failure = new StickyFailure();
        SegmentCatalog catalog = new SegmentCatalog(storage, config);
        SegmentPreparer preparer = new SegmentPreparer(storage, config, failure, last.end());
        JournalWriter writer = new JournalWriter(
                config,
                scan.identity(),
                preparer,
                failure,
                catalog,
                scan.maxEpoch() + 1,
                scan.endOffset(),
                scan.lastSeq());
        StorageFile file = null;
        try {
            List<SegmentFile> usable = setAside();
            file = storage.open(last.path(), Storage.Mode.WRITE);
            rewrite(file);
            adopt(preparer, usable);
            catalogue(catalog);
            preparer.start();
            resume(writer, file);
            return new Journal(writer, preparer, catalog, failure, scan.identity());
        } catch (IOException | RuntimeException e) {
            preparer.close();
            writer.close();
            if (file != null) {
                file.close();
            }
            throw e;
        }
    }

    /** Step 1; gives the files behind the last segment that can be used as written ahead. */
    private List<SegmentFile> setAside() throws IOException {
        String spent = scan.tailEnd() > scan.endOffset() ? saveTail() : null;
        List<SegmentFile> usable = new ArrayList<>();
        long next = last.end();
        for (JournalScan.Later later : scan.later()) {
            SegmentFile file = later.file();
            if (file.path().equals(spent)) {
                continue;
            }
            if (!later.zeros()) {
                storage.rename(file.path(), freeName(file.first()));
            } else if (file.first() == next
                    && file.size() == config.segmentBytes()
                    && usable.size() < config.preparedSegments()) {
                renew(file.path());
                usable.add(file);
                next += file.size();
            } else {
                storage.delete(file.path());
            }
        }
        dropLeftovers();
        storage.syncDirectory(directory);
        return usable;
    }

    /**
     * Gives a file its name once more. A directory sync that failed in an earlier process may have lost the name on
     * disk while it can still be seen; only a rename that is younger than that failure makes it durable for sure.
     */
    private void renew(String path) throws IOException {
        String draft = path.substring(0, path.length() - SegmentName.SUFFIX.length()) + SegmentName.DRAFT_SUFFIX;
        storage.rename(path, draft);
        storage.rename(draft, path);
    }

    /**
     * Copies the tail to a file of its own. On a full device it goes over a segment that was written ahead, whose space
     * is there already; gives that segment's path, or null.
     */
    private String saveTail() throws IOException {
        String name = freeName(scan.endOffset());
        try {
            copyTail(name, Storage.Mode.CREATE_NEW);
            return null;
        } catch (NoSpaceException e) {
            String spare = spare();
            if (spare == null) {
                throw e;
            }
            if (storage.exists(name)) {
                storage.delete(name);
            }
            storage.rename(spare, name);
            storage.syncDirectory(directory); // no bytes of the tail may ever stand under a segment's name
            copyTail(name, Storage.Mode.WRITE);
            return spare;
        }
    }

    private String spare() {
        for (JournalScan.Later later : scan.later()) {
            if (later.zeros() && later.file().size() >= scan.tailEnd() - scan.endOffset()) {
                return later.file().path();
            }
        }
        return null;
    }

    private void copyTail(String name, Storage.Mode mode) throws IOException {
        try (StorageFile from = storage.open(last.path(), Storage.Mode.READ);
                StorageFile to = storage.open(name, mode)) {
            long start = scan.endOffset() - last.first();
            long end = Math.min(scan.tailEnd() - last.first(), from.size());
            for (long at = start; at < end; at += copy.position()) {
                copy.clear().limit((int) Math.min(copy.capacity(), end - at));
                from.read(at, copy);
                copy.flip();
                to.write(at - start, copy);
            }
            to.force();
        }
    }

    private String freeName(long offset) throws IOException {
        int number = 0;
        while (storage.exists(directory + "/" + SegmentName.saved(offset, number))) {
            number++;
        }
        return directory + "/" + SegmentName.saved(offset, number);
    }

    private void dropLeftovers() throws IOException {
        List<String> saved = new ArrayList<>();
        for (String name : storage.list(directory)) {
            if (name.endsWith(SegmentName.SAVED_SUFFIX)) {
                saved.add(name);
            } else if (name.endsWith(SegmentName.DRAFT_SUFFIX)) {
                storage.delete(directory + "/" + name);
            }
        }
        for (String name : saved.subList(0, Math.max(0, saved.size() - MAX_SAVED))) {
            storage.delete(directory + "/" + name);
        }
    }

    /** Step 2. The block that the frames end in is left to the writer: it is not yet full. */
    private void rewrite(StorageFile file) throws IOException {
        long end = FrameDescriptor.floorBlock(scan.endOffset()) - last.first();
        long from = Math.max(0, FrameDescriptor.floorBlock(scan.evidence()) - last.first());
        for (long at = from; at < end; at += copy.position()) {
            copy.clear().limit((int) Math.min(copy.capacity(), end - at));
            file.read(at, copy);
            copy.flip();
            file.write(at, copy);
        }
        long zerosFrom = FrameDescriptor.alignBlock(scan.endOffset()) - last.first();
        boolean isShort = last.size() < last.header().length();
        long zerosTo = isShort ? last.header().length() : FrameDescriptor.alignBlock(scan.tailEnd()) - last.first();
        if (zerosTo > zerosFrom) {
            file.preallocate(zerosFrom, zerosTo - zerosFrom);
        }
        file.force();
    }

    private void adopt(SegmentPreparer preparer, List<SegmentFile> usable) throws IOException {
        for (SegmentFile segment : usable) {
            StorageFile file = storage.open(segment.path(), Storage.Mode.WRITE);
            preparer.adopt(segment.path(), file, segment.first(), segment.size());
            file.force();
        }
    }

    private void catalogue(SegmentCatalog catalog) throws IOException {
        List<Long> offsets = SegmentFile.offsets(storage, directory);
        for (int i = 0; i < offsets.size() && offsets.get(i) <= last.first(); i++) {
            SegmentFile segment = SegmentFile.look(storage, directory, offsets.get(i));
            boolean whole = segment.isWhole();
            long end = whole ? segment.end() : segment.first() + segment.size();
            catalog.add(
                    segment.path(),
                    segment.first(),
                    end,
                    whole ? segment.header().madeAtMillis() : 0);
        }
    }

    /** Step 3. */
    private void resume(JournalWriter writer, StorageFile file) throws IOException {
        if (scan.endOffset() == last.end()) {
            writer.beginSegment();
            file.close();
            return;
        }
        long start = FrameDescriptor.floorBlock(scan.endOffset()) - last.first();
        copy.clear().limit((int) (scan.endOffset() - last.first() - start));
        file.read(start, copy);
        copy.flip();
        writer.resume(new JournalWriter.Current(last.path(), file, last.first(), last.end()), copy);
        writer.forceMarker();
    }
}
