package dev.tidemark.engine.checkpoint;

import dev.tidemark.storage.Storage;
import dev.tidemark.storage.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The file of slots, in which checkpoints keep pages. Slot {@code n} lies at byte {@code n * 4096}; slot 0 is never
 * used.
 *
 * <p>Space is physically written ahead ({@link #extendTo}), so that a checkpoint's writes can't run out of it. Who may
 * write where is the slot map's business: a slot that the last durable checkpoint refers to is never written.
 *
 * <p><b>Threads.</b> Reads and writes: any thread. {@link #extendTo}: one at a time. {@link #force}: one owner; its
 * failure, and that of a write, is final for the process (G9).
 */
public final class MetadataFile implements AutoCloseable {
    /** The file's name in the store's folder. */
    public static final String FILE_NAME = "metadata.data";

    /** The size of a slot. */
    public static final int SLOT_BYTES = 4096;

    /** How much is written ahead at a time: a failure in the middle loses no more than that. 4 MiB. */
    private static final long STEP_SLOTS = 1024;

    private final StorageFile file;
    private volatile long slots;

    private MetadataFile(StorageFile file, long slots) {
        this.file = file;
        this.slots = slots;
    }

    /** Makes an empty file. Its name is not synced. */
    public static MetadataFile create(Storage storage) throws IOException {
        return create(storage, FILE_NAME);
    }

    /** The same under another name. */
    static MetadataFile create(Storage storage, String name) throws IOException {
        StorageFile file = storage.open(name, Storage.Mode.CREATE_NEW);
        return new MetadataFile(file, 0);
    }

    /**
     * Opens the file.
     *
     * @param mode {@code READ} or {@code WRITE}
     * @param provenSlots up to where space is known to be physically written: what the checkpoint says that is loaded.
     *     What lies beyond may be holes that a power cut left of a longer file; {@link #extendTo} writes it again.
     */
    public static MetadataFile open(Storage storage, Storage.Mode mode, long provenSlots) throws IOException {
        StorageFile file = storage.open(FILE_NAME, mode);
        try {
            return new MetadataFile(file, Math.min(provenSlots, file.size() / SLOT_BYTES));
        } catch (IOException e) {
            file.close();
            throw e;
        }
    }

    /** Says later what {@link #open} wants to know: up to where space is known to be written. Before any write. */
    void proven(long provenSlots) {
        slots = Math.min(slots, provenSlots);
    }

    /** Slots that are physically written, slot 0 included. */
    public long slots() {
        return slots;
    }

    /**
     * Reads adjacent slots until {@code target}, which has room for whole ones, has none left.
     *
     * @throws MetadataDamagedException when the file ends before
     */
    public void read(PageKind kind, long index, int slot, ByteBuffer target) throws IOException {
        int wanted = target.remaining();
        int got = file.read(Integer.toUnsignedLong(slot) * SLOT_BYTES, target);
        if (got < wanted) {
            throw new MetadataDamagedException(kind, index, slot, "the file ends before; it was cut or replaced");
        }
    }

    /**
     * Reads one slot and verifies it. The target's position is put back, so that what it held remains.
     *
     * @throws MetadataDamagedException when the checksum is another one, or the file ends before
     */
    public void readVerified(PageKind kind, long index, int slot, int checksum, ByteBuffer target) throws IOException {
        int position = target.position();
        target.limit(position + SLOT_BYTES);
        read(kind, index, slot, target);
        target.position(position);
        if (PageChecksum.of(kind, index, target) != checksum) {
            throw new MetadataDamagedException(kind, index, slot, "its checksum does not match");
        }
    }

    /** Writes all that remains in {@code source}, whole slots, from slot {@code first} on. */
    public void write(int first, ByteBuffer source) throws IOException {
        long slot = Integer.toUnsignedLong(first);
        long end = slot + source.remaining() / SLOT_BYTES;
        if (slot == 0 || end > slots || source.remaining() % SLOT_BYTES != 0) {
            throw new IllegalArgumentException(source.remaining() + " bytes for slot " + slot + " of " + slots);
        }
        file.write(slot * SLOT_BYTES, source);
    }

    /** Forces everything written before the call. */
    public void force() throws IOException {
        file.force();
    }

    /**
     * Writes zeros ahead until {@code wanted} slots are physically written, in steps; {@link #slots} grows with each.
     *
     * @throws dev.tidemark.storage.NoSpaceException when the device is full: no harm is done, {@link #slots} says how
     *     far it went
     */
    public void extendTo(long wanted) throws IOException {
        if (wanted > SlotMap.MAX_SLOTS) {
            throw new IllegalArgumentException("slots=" + wanted + ": at most " + SlotMap.MAX_SLOTS);
        }
        for (long from = slots; from < wanted; from = slots) {
            long end = Math.min(wanted, from + STEP_SLOTS);
            file.preallocate(from * SLOT_BYTES, (end - from) * SLOT_BYTES);
            slots = end;
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
