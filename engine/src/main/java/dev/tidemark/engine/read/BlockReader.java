package dev.tidemark.engine.read;

import dev.tidemark.engine.exception.BlockChecksum;
import dev.tidemark.engine.exception.ExceptionStore;
import dev.tidemark.engine.mapping.MappedRun;
import dev.tidemark.engine.mapping.MappingReader;
import dev.tidemark.engine.mapping.PageUnreadableException;
import dev.tidemark.engine.volume.LiveVolume;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * Reads volumes on the caller's own thread: pins an epoch, looks runs of physically adjacent blocks up, reads each run
 * with one read straight into the caller's buffer, verifies every block's checksum, unpins.
 *
 * <p>Any thread; never waits for the writer. Each block is as of one moment between the call and its return.
 */
public final class BlockReader {
    /**
     * One file read takes at most this many blocks: 1 MiB of 4 KiB blocks, so that a checksum finds its bytes in cache.
     */
    private static final int MAX_RUN_BLOCKS = 256;
    /** A read takes about this long. */
    private static final long LEAVE_NAP_NANOS = 50_000;

    private final ExceptionStore exceptions;
    private final MappingReader mappings;
    private final EpochTable epochs;
    private final LongSupplier stateSeq;
    private final int blockSizeBytes;
    private final LongAdder checksumErrors = new LongAdder();
    private final ThreadLocal<Scratch> scratch;
    /** Null where there may be no threads, or no core for one. */
    private final ReadPartner partner;

    private volatile boolean closed;

    /**
     * A reader.
     *
     * @param stateSeq the seq of the state that readers see, for error messages
     * @param threads whether large reads may be helped by a thread of the reader's own
     */
    public BlockReader(
            ExceptionStore exceptions,
            MappingReader mappings,
            EpochTable epochs,
            LongSupplier stateSeq,
            boolean threads) {
        this.partner = threads && Runtime.getRuntime().availableProcessors() > 1 ? new ReadPartner(exceptions) : null;
        this.exceptions = exceptions;
        this.mappings = mappings;
        this.epochs = epochs;
        this.stateSeq = stateSeq;
        this.blockSizeBytes = exceptions.blockSizeBytes();
        this.scratch = ThreadLocal.withInitial(() -> new Scratch(blockSizeBytes));
    }

    /** How many blocks failed their checksum so far. */
    public long checksumErrors() {
        return checksumErrors.sum();
    }

    /**
     * Fills what remains of {@code target} from byte {@code offset} of the volume; the range lies inside it.
     *
     * @throws BlockDamagedException for a block whose content does not match its checksum
     */
    public void read(LiveVolume volume, long offset, ByteBuffer target) throws IOException {
        Scratch mine = scratch.get();
        long at = offset;
        EpochTable.Pin pin = enter(volume);
        try {
            while (target.hasRemaining()) {
                int inside = (int) (at % blockSizeBytes);
                int before = target.remaining();
                if (inside != 0 || before < blockSizeBytes) {
                    readPart(mine, volume, at / blockSizeBytes, inside, target);
                } else {
                    readRun(mine, volume, at / blockSizeBytes, before / blockSizeBytes, target);
                }
                at += before - target.remaining();
            }
        } finally {
            pin.exit();
        }
    }

    /**
     * Pins an epoch, for a look at a volume's mappings. Only what is alive behind the pin keeps its pages.
     *
     * @throws IOException when the store was closed
     * @throws VolumeGoneException when the volume was deleted or merged away
     */
    public EpochTable.Pin enter(LiveVolume volume) throws IOException {
        EpochTable.Pin pin = epochs.enter();
        if (closed) {
            pin.exit();
            throw new IOException("the store is closed");
        }
        if (!volume.alive()) {
            pin.exit();
            throw new VolumeGoneException("volume " + volume + " is gone");
        }
        return pin;
    }

    /** Lets no reader in any more and waits until those that are in have left; the writer is gone. */
    public void close() {
        closed = true;
        epochs.advance();
        while (epochs.safeEpoch() < epochs.current()) {
            LockSupport.parkNanos(LEAVE_NAP_NANOS);
        }
        if (partner != null) {
            partner.close();
        }
    }

    /** Fills what remains of {@code target}, whole blocks, from a block on. */
    public void readBlocks(LiveVolume volume, long block, ByteBuffer target) throws IOException {
        read(volume, block * blockSizeBytes, target);
    }

    private void readPart(Scratch mine, LiveVolume volume, long block, int inside, ByteBuffer target)
            throws IOException {
        ByteBuffer whole = mine.block.clear();
        readRun(mine, volume, block, 1, whole);
        int length = Math.min(blockSizeBytes - inside, target.remaining());
        target.put(whole.limit(inside + length).position(inside));
    }

    private void readRun(Scratch mine, LiveVolume volume, long block, int maxBlocks, ByteBuffer target)
            throws IOException {
        MappedRun run = mine.run;
        lookUp(volume, block, maxBlocks, run);
        int start = target.position();
        int length = run.count() * blockSizeBytes;
        if (!run.isMapped()) {
            zero(mine, target, length);
            return;
        }
        int limit = target.limit();
        if (length >= ReadPartner.MIN_BYTES && partner != null && target.isDirect()) {
            boolean good = partner.read(run, target, start, mine.checksum);
            target.limit(limit).position(good ? start + length : start);
            if (good) {
                return;
            }
        }
        target.limit(start + length);
        try {
            exceptions.read(run.physical(), target);
        } catch (IOException e) {
            throw new IOException(
                    "can't read " + describe(volume, block) + ", " + run.count() + " blocks from physical block "
                            + run.physical() + ": " + e.getMessage(),
                    e);
        } finally {
            target.limit(limit);
        }
        for (int i = 0; i < run.count(); i++) {
            int found = mine.checksum.of(target, start + i * blockSizeBytes, blockSizeBytes);
            if (found != run.checksum(i)) {
                checksumErrors.increment();
                throw new BlockDamagedException(
                        describe(volume, block + i) + " is damaged: physical block " + (run.physical() + i)
                                + " has checksum " + Integer.toHexString(found) + ", not "
                                + Integer.toHexString(run.checksum(i))
                                + ". Restore the block from a copy, or write it anew.",
                        volume.id(),
                        block + i,
                        run.physical() + i);
            }
        }
    }

    private void lookUp(LiveVolume volume, long block, int maxBlocks, MappedRun run) throws IOException {
        try {
            mappings.lookupRun(volume.root(), block, maxBlocks, run);
        } catch (PageUnreadableException e) {
            throw new IOException("can't find " + describe(volume, block) + ": " + e.getMessage(), e);
        }
    }

    private String describe(LiveVolume volume, long block) {
        return "block " + block + " of volume " + volume + " (state at seq " + stateSeq.getAsLong() + ")";
    }

    private static void zero(Scratch mine, ByteBuffer target, int length) {
        int left = length;
        while (left > 0) {
            int part = Math.min(left, mine.zeros.capacity());
            target.put(target.position(), mine.zeros, 0, part);
            target.position(target.position() + part);
            left -= part;
        }
    }

    /** What one thread needs, made once. */
    private static final class Scratch {
        private static final int ZERO_BYTES = 64 << 10;
        private final MappedRun run = new MappedRun(MAX_RUN_BLOCKS);
        private final BlockChecksum checksum = new BlockChecksum();
        private final ByteBuffer block;
        private final ByteBuffer zeros = ByteBuffer.allocateDirect(ZERO_BYTES);

        private Scratch(int blockSizeBytes) {
            block = ByteBuffer.allocateDirect(blockSizeBytes);
        }
    }
}
