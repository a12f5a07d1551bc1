package dev.tidemark.engine.checkpoint;

import static dev.tidemark.engine.checkpoint.SuperblockDescriptor.*;

import dev.tidemark.storage.Storage;
import dev.tidemark.storage.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * Reads and writes the two copies. A write goes to copy A, is forced, then to copy B and is forced, so that one good
 * copy
 * survives whatever happens in between. One thread at a time.
 */
public final class SuperblockFile {
    /** The file's name in the store's folder. */
    public static final String FILE_NAME = "superblock";

    private SuperblockFile() {}

    /** What a look at both copies found. */
    public record Found(
            Superblock superblock,
            boolean firstCopyGood,
            boolean secondCopyGood,
            boolean sameContent,
            boolean firstIsOlder) {
        /** Whether both copies are good and agree. */
        public boolean whole() {
            return firstCopyGood && secondCopyGood && sameContent;
        }
    }

    /**
     * Reads both copies.
     *
     * @throws SuperblockException when neither is good, or one is of a newer version
     */
    public static Found read(Storage storage) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocateDirect(COPIES * COPY_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        try (StorageFile file = storage.open(FILE_NAME, Storage.Mode.READ)) {
            readCopies(file, bytes);
        }
        Superblock first = decode(bytes, 0);
        Superblock second = decode(bytes, COPY_BYTES);
        if (first == null && second == null) {
            throw new SuperblockException(
                    SuperblockException.Kind.DAMAGED,
                    "both copies of the superblock are damaged (bytes 0 and " + COPY_BYTES + " of " + FILE_NAME + ")");
        }
        boolean takeFirst = second == null || (first != null && first.generation() >= second.generation());
        return new Found(
                takeFirst ? first : second,
                first != null,
                second != null,
                first != null && first.equals(second),
                first != null && !takeFirst);
    }

    /** Each on its own: a copy that the device can't read is damaged, and stays zeros here. */
    private static void readCopies(StorageFile file, ByteBuffer bytes) throws IOException {
        IOException failure = null;
        for (int copy = 0; copy < COPIES; copy++) {
            try {
                file.read((long) copy * COPY_BYTES, bytes.slice(copy * COPY_BYTES, COPY_BYTES));
            } catch (IOException e) {
                if (failure != null) {
                    e.addSuppressed(failure);
                    throw e;
                }
                failure = e;
            }
        }
    }

    /**
     * Writes and forces both copies, one after the other. The file is made when it is missing; its name is not synced.
     */
    public static void write(Storage storage, Superblock superblock) throws IOException {
        write(storage, superblock, 0);
    }

    private static void write(Storage storage, Superblock superblock, int firstCopy) throws IOException {
        ByteBuffer copy = encode(superblock);
        try (StorageFile file = storage.open(FILE_NAME, Storage.Mode.CREATE)) {
            for (int i = 0; i < COPIES; i++) {
                copy.clear();
                file.write((long) ((firstCopy + i) % COPIES) * COPY_BYTES, copy);
                file.force();
            }
        }
    }

    /**
     * Writes and forces both copies again, that which is damaged or old first, so that the good one is only touched
     * when there is another good one. Every open does so before it releases anything that an older superblock may
     * refer to: what it has read may be in the page cache only.
     *
     * @param found what {@link #read} found
     * @param superblock the same, or a later generation of it
     */
    public static void renew(Storage storage, Found found, Superblock superblock) throws IOException {
        boolean firstIsWorse = !found.firstCopyGood() || (found.secondCopyGood() && found.firstIsOlder());
        write(storage, superblock, firstIsWorse ? 0 : 1);
    }

    static ByteBuffer encode(Superblock superblock) {
        byte[] options = superblock.optionsText().getBytes(StandardCharsets.UTF_8);
        CheckpointPlace checkpoint = superblock.checkpoint();
        if (options.length > MAX_OPTIONS_BYTES) {
            throw new IllegalArgumentException(
                    "options of " + options.length + " bytes: at most " + MAX_OPTIONS_BYTES + " fit the superblock");
        }
        ByteBuffer copy = ByteBuffer.allocateDirect(COPY_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        copy.putLong(MAGIC_OFFSET, MAGIC);
        copy.putInt(VERSION_OFFSET, checkpoint.exists() ? checkpoint.version() : VERSION_WITHOUT_CHECKPOINT);
        copy.putLong(GENERATION_OFFSET, superblock.generation());
        copy.putLong(STORE_OFFSET, superblock.store().getMostSignificantBits());
        copy.putLong(STORE_OFFSET + 8, superblock.store().getLeastSignificantBits());
        copy.putInt(BLOCK_SIZE_OFFSET, superblock.blockSizeBytes());
        copy.putInt(OPTIONS_LENGTH_OFFSET, options.length);
        copy.putLong(CAPACITY_OFFSET, superblock.capacityBytes());
        copy.putLong(CREATED_AT_OFFSET, superblock.createdAtMs());
        copy.put(OPTIONS_OFFSET, options);
        copy.putLong(CHECKPOINT_NUMBER_OFFSET, checkpoint.number());
        copy.putLong(CHECKPOINT_SEQ_OFFSET, checkpoint.seq());
        copy.putLong(CHECKPOINT_JOURNAL_OFFSET, checkpoint.journalOffset());
        copy.putLong(CHECKPOINT_LENGTH_OFFSET, checkpoint.lengthBytes());
        copy.putInt(CHECKPOINT_FIRST_SLOT_OFFSET, checkpoint.firstSlot());
        copy.putInt(CHECKPOINT_FIRST_SLOTS_OFFSET, checkpoint.firstSlots());
        copy.putInt(CHECKPOINT_CHUNKS_OFFSET, checkpoint.chunks());
        copy.putInt(CHECKPOINT_CHECKSUM_OFFSET, checkpoint.checksum());
        copy.putInt(CHECKPOINT_EPOCH_OFFSET, checkpoint.journalEpoch());
        copy.putInt(CHECKSUM_OFFSET, checksum(copy, 0));
        return copy;
    }

    private static Superblock decode(ByteBuffer bytes, int at) throws SuperblockException {
        if (bytes.getLong(at + MAGIC_OFFSET) != MAGIC || bytes.getInt(at + CHECKSUM_OFFSET) != checksum(bytes, at)) {
            return null;
        }
        int version = bytes.getInt(at + VERSION_OFFSET);
        if (version > VERSION) {
            throw new SuperblockException(
                    SuperblockException.Kind.TOO_NEW,
                    "the store has format version " + version
                            + ", written by a newer version; this program reads up to " + VERSION);
        }
        int maxOptionsBytes = version == VERSION_WITHOUT_CHECKPOINT ? MAX_OPTIONS_BYTES_READ : MAX_OPTIONS_BYTES;
        byte[] options = new byte[Math.min(bytes.getInt(at + OPTIONS_LENGTH_OFFSET), maxOptionsBytes)];
        bytes.get(at + OPTIONS_OFFSET, options);
        return new Superblock(
                bytes.getLong(at + GENERATION_OFFSET),
                new UUID(bytes.getLong(at + STORE_OFFSET), bytes.getLong(at + STORE_OFFSET + 8)),
                bytes.getInt(at + BLOCK_SIZE_OFFSET),
                bytes.getLong(at + CAPACITY_OFFSET),
                bytes.getLong(at + CREATED_AT_OFFSET),
                Superblock.parseOptions(options),
                version == VERSION_WITHOUT_CHECKPOINT ? CheckpointPlace.NONE : decodeCheckpoint(bytes, at));
    }

    private static CheckpointPlace decodeCheckpoint(ByteBuffer bytes, int at) {
        return new CheckpointPlace(
                bytes.getLong(at + CHECKPOINT_NUMBER_OFFSET),
                bytes.getLong(at + CHECKPOINT_SEQ_OFFSET),
                bytes.getLong(at + CHECKPOINT_JOURNAL_OFFSET),
                bytes.getInt(at + CHECKPOINT_FIRST_SLOT_OFFSET),
                bytes.getInt(at + CHECKPOINT_FIRST_SLOTS_OFFSET),
                bytes.getInt(at + CHECKPOINT_CHUNKS_OFFSET),
                bytes.getLong(at + CHECKPOINT_LENGTH_OFFSET),
                bytes.getInt(at + CHECKPOINT_CHECKSUM_OFFSET),
                bytes.getInt(at + CHECKPOINT_EPOCH_OFFSET),
                bytes.getInt(at + VERSION_OFFSET));
    }

    static int checksum(ByteBuffer bytes, int at) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate().position(at).limit(at + CHECKSUM_OFFSET));
        crc.update(bytes.duplicate().position(at + CHECKSUM_OFFSET + 4).limit(at + COPY_BYTES));
        return (int) crc.getValue();
    }
}
