package dev.tidemark.engine;

import dev.tidemark.engine.StoreOpenException.Kind;
import dev.tidemark.engine.checkpoint.MetadataDamagedException;
import dev.tidemark.engine.checkpoint.MetadataFile;
import dev.tidemark.engine.checkpoint.Superblock;
import dev.tidemark.engine.checkpoint.SuperblockException;
import dev.tidemark.engine.checkpoint.SuperblockFile;
import dev.tidemark.engine.exception.ExceptionStore;
import dev.tidemark.engine.mapping.PageUnreadableException;
import dev.tidemark.engine.recovery.HistoryException;
import dev.tidemark.engine.recovery.HistoryIncompleteException;
import dev.tidemark.engine.recovery.WholeJournal;
import dev.tidemark.journal.Journal;
import dev.tidemark.journal.JournalConfig;
import dev.tidemark.journal.JournalCorruptException;
import dev.tidemark.journal.JournalTooNewException;
import dev.tidemark.storage.NoSpaceException;
import dev.tidemark.storage.Storage;
import dev.tidemark.storage.StorageFile;
import dev.tidemark.storage.StorageLock;
import dev.tidemark.storage.SubStorage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.UUID;
import org.slf4j.LoggerFactory;

/** A store's folder: making it, locking it, and what stands in it besides the data. */
final class StoreFolder {
    private static final String LOCK = "store.lock";
    private static final String OWNER = "store.owner";
    private static final String REBUILD_HINT =
            "; if the whole journal is kept (retention=all), check --rebuild makes the metadata anew";
    /** As many as the longest pid has. */
    private static final int OWNER_CHARS = 20;
    /** Longer than any owner. */
    private static final int MAX_OWNER_BYTES = 64;

    private StoreFolder() {}

    /** Makes an empty store: builds the folder aside, forces it, renames it, syncs the parent. */
    static void init(StoreConfig config) throws StoreOpenException {
        Storage parent = config.parent();
        String name = config.directory();
        try {
            if (parent.exists(name)) {
                throw new StoreOpenException(
                        Kind.EXISTS, config.displayName() + " exists already: choose another name, or remove it", null);
            }
            UUID store = new UUID(
                    (config.random().getAsLong() & ~0xF000L) | 0x4000L,
                    (config.random().getAsLong() & ~(3L << 62)) | (1L << 63)); // version 4 of RFC 9562: random
            String aside = "." + name + ".init-" + Long.toHexString(store.getLeastSignificantBits());
            Storage folder = new SubStorage(parent, aside);
            boolean made = false;
            try {
                folder.createDirectory("");
                fill(config, folder, store);
                parent.rename(aside, name);
                made = true;
            } finally {
                if (!made) {
                    removeQuietly(parent, aside);
                }
            }
            parent.syncDirectory("");
        } catch (IOException e) {
            throw describe(config, "make", e);
        }
    }

    private static void fill(StoreConfig config, Storage folder, UUID store) throws IOException {
        StoreOptions options = StoreOptions.DEFAULT.with(config.options());
        SuperblockFile.write(
                folder,
                new Superblock(
                        1,
                        store,
                        config.blockSizeBytes(),
                        config.capacityBytes(),
                        config.clock().millis(),
                        options.toMap()));
        try (StorageFile data = folder.open(ExceptionStore.FILE_NAME, Storage.Mode.CREATE_NEW)) {
            data.force();
        }
        try (MetadataFile metadata = MetadataFile.create(folder)) {
            metadata.force();
        }
        Journal.create(folder, journalConfig(config, options), store, callerHeader(config))
                .close();
        folder.syncDirectory("");
    }

    /** What a failed init had made: a store's space in a folder that nobody would find. */
    private static void removeQuietly(Storage parent, String aside) {
        for (String directory : new String[] {aside + "/journal", aside}) {
            try {
                if (parent.exists(directory)) {
                    for (String name : parent.list(directory)) {
                        parent.delete(directory + "/" + name);
                    }
                    parent.delete(directory);
                }
            } catch (IOException e) {
                LoggerFactory.getLogger(Store.class).warn("can't remove {}: {}", directory, e.toString());
            }
        }
    }

    static JournalConfig journalConfig(StoreConfig config, StoreOptions options) {
        JournalConfig.Builder builder = JournalConfig.builder()
                .segmentBytes(options.journalSegmentBytes())
                .retention(options.retention())
                .helperThread(!config.stepped())
                .clock(config.clock())
                .salts(config.random());
        int segmentBytes = config.testSegmentBytes();
        if (segmentBytes > 0) {
            builder.segmentBytes(segmentBytes)
                    .maxPayloadBytes(Math.min(JournalConfig.DEFAULT_MAX_PAYLOAD_BYTES, segmentBytes / 4))
                    .stagingBytes(Math.min(JournalConfig.DEFAULT_STAGING_BYTES, segmentBytes));
        }
        return builder.build();
    }

    /** The bytes that each journal segment keeps: what the journal alone must tell to make the store anew. */
    private static byte[] callerHeader(StoreConfig config) {
        return WholeJournal.Identity.bytes(config.blockSizeBytes(), config.capacityBytes());
    }

    /** The folder of an existing store. */
    static Storage find(StoreConfig config) throws StoreOpenException {
        try {
            if (!config.parent().exists(config.directory())) {
                throw new StoreOpenException(
                        Kind.MISSING,
                        "there is no store " + config.displayName() + ": make it with init, or check the path",
                        null);
            }
            Storage folder = new SubStorage(config.parent(), config.directory());
            if (!folder.exists(SuperblockFile.FILE_NAME)) {
                throw new StoreOpenException(
                        Kind.NOT_A_STORE, config.displayName() + " is not a store: it has no superblock", null);
            }
            return folder;
        } catch (IOException e) {
            throw describe(config, "open", e);
        }
    }

    /** Locks the store for this process, or says who has it. */
    static StorageLock lock(StoreConfig config, Storage folder) throws IOException {
        StorageLock lock = folder.tryLock(LOCK);
        if (lock == null) {
            throw new StoreOpenException(
                    Kind.IN_USE,
                    config.displayName() + " is in use by process " + owner(folder)
                            + ": send messages to it, or stop it first",
                    null);
        }
        // Written over in place, at one length: a full file system has no room for it once it was cut. It is a courtesy
        // to who comes second: a store that can't say who has it opens all the same.
        String pid = String.format(
                Locale.ROOT, "%-" + OWNER_CHARS + "d\n", ProcessHandle.current().pid());
        try (StorageFile file = folder.open(OWNER, Storage.Mode.CREATE)) {
            file.write(0, ByteBuffer.wrap(pid.getBytes(StandardCharsets.US_ASCII)));
        } catch (IOException e) {
            LoggerFactory.getLogger(Store.class).warn("can't write who has the store: {}", e.toString());
        }
        return lock;
    }

    /** Gives the lock back; null is fine. */
    static void release(StorageLock lock) {
        try {
            if (lock != null) {
                lock.close();
            }
        } catch (IOException e) {
            LoggerFactory.getLogger(Store.class).warn("giving the lock back failed: {}", e.toString());
        }
    }

    private static String owner(Storage folder) {
        ByteBuffer text = ByteBuffer.allocate(MAX_OWNER_BYTES);
        try (StorageFile file = folder.open(OWNER, Storage.Mode.READ)) {
            file.read(0, text);
            return new String(text.array(), 0, text.position(), StandardCharsets.US_ASCII).trim();
        } catch (IOException e) {
            return "(unknown)";
        }
    }

    /** The failure as one line with its kind. */
    static StoreOpenException describe(StoreConfig config, String what, IOException e) {
        if (e instanceof StoreOpenException already) {
            return already;
        }
        String name = config.displayName();
        if (e instanceof SuperblockException bad) {
            Kind kind = bad.kind() == SuperblockException.Kind.TOO_NEW ? Kind.TOO_NEW : Kind.DAMAGED;
            String hint = kind == Kind.DAMAGED ? REBUILD_HINT : "";
            return new StoreOpenException(kind, "can't open " + name + ": " + e.getMessage() + hint, e);
        }
        if (e instanceof JournalTooNewException || (e instanceof HistoryException history && history.tooNew())) {
            return new StoreOpenException(
                    Kind.TOO_NEW, "can't open " + name + ": " + e.getMessage() + "; use the program that wrote it", e);
        }
        if (e instanceof JournalCorruptException
                || e instanceof HistoryException
                || e instanceof MetadataDamagedException) {
            return new StoreOpenException(
                    Kind.DAMAGED,
                    "can't open " + name + ": it is damaged, and nothing was changed: " + e.getMessage()
                            + (e instanceof MetadataDamagedException ? REBUILD_HINT : ""),
                    e);
        }
        if (e instanceof HistoryIncompleteException) {
            return new StoreOpenException(
                    Kind.INCOMPLETE, "can't " + what + " " + name + ", and nothing was changed: " + e.getMessage(), e);
        }
        String hint = e instanceof NoSpaceException || e.getCause() instanceof NoSpaceException
                ? " (the file system is full: free some space)"
                : "";
        return new StoreOpenException(Kind.UNREACHABLE, "can't " + what + " " + name + ": " + reason(e) + hint, e);
    }

    /** The same for a page of the metadata that can't be read. */
    static StoreOpenException describe(StoreConfig config, String what, PageUnreadableException e) {
        return describe(config, what, e.getCause() instanceof IOException cause ? cause : new IOException(e));
    }

    private static String reason(IOException e) {
        if (e instanceof java.nio.file.AccessDeniedException denied) {
            return "no permission for " + denied.getFile();
        }
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }
}
