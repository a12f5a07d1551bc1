package dev.tidemark.tools.nbd;

import dev.tidemark.engine.StoreException;
import dev.tidemark.engine.Volume;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import java.util.function.LongFunction;

/**
 * A volume in memory, whose requests end on an executor of the test's choice: at once on the caller's thread, on a
 * thread like the store's, late, or with an error. Blocks that were never written, or were discarded, are unmapped.
 */
final class MemoryVolume implements Volume {
    static final int BLOCK = 4096;

    /** Buffers of the size that most tests need, shared so that a short test needs no fresh memory. */
    private static final Queue<ByteBuffer> POOL = new ConcurrentLinkedQueue<>();

    private static final int POOLED_BYTES = 256 << 10;
    /** The budget that a store would have. */
    private static final long MAX_CLAIMED_BYTES = 512L << 20;

    final AtomicLong claimedBytes = new AtomicLong();
    final AtomicInteger claims = new AtomicInteger();
    final AtomicInteger attachments = new AtomicInteger();
    final AtomicInteger flushes = new AtomicInteger();
    final AtomicInteger durableRequests = new AtomicInteger();
    volatile long mostClaimedBytes;
    /** Asked with the offset of every read and write; what it returns is thrown, or handed to the completion. */
    volatile LongFunction<StoreException> faults = offset -> null;

    /** Asked with the length of every claim. */
    volatile IntFunction<StoreException> claimFaults = length -> null;
    /** Whether a claim finds no buffer now. */
    volatile BooleanSupplier claimsRefused = () -> false;

    /** Run at the beginning of every read. */
    volatile Runnable readGate = () -> {};

    volatile boolean readOnly;
    volatile boolean exists = true;

    private final long id;
    private final String name;
    private final Executor executor;
    private final List<Runnable> closeRequests = new ArrayList<>();
    private ByteBuffer[] blocks;
    private volatile long sizeBytes;

    MemoryVolume(long id, String name, long sizeBytes, Executor executor) {
        this.id = id;
        this.name = name;
        this.executor = executor;
        this.sizeBytes = sizeBytes;
        blocks = new ByteBuffer[(int) ((sizeBytes + BLOCK - 1) / BLOCK)];
    }

    void resize(long bytes) {
        synchronized (closeRequests) {
            blocks = java.util.Arrays.copyOf(blocks, (int) ((bytes + BLOCK - 1) / BLOCK));
            sizeBytes = bytes;
        }
    }

    /** As {@code delete force=true} does: asks every client to close. */
    void requestClose() {
        List<Runnable> requests;
        synchronized (closeRequests) {
            requests = List.copyOf(closeRequests);
        }
        requests.forEach(Runnable::run);
    }

    @Override
    public long id() {
        return id;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public long sizeBytes() {
        return sizeBytes;
    }

    @Override
    public int blockSizeBytes() {
        return BLOCK;
    }

    @Override
    public boolean readOnly() {
        return readOnly;
    }

    @Override
    public boolean exists() {
        return exists;
    }

    @Override
    public void read(long offset, ByteBuffer target) {
        readGate.run();
        check(offset, target.remaining());
        while (target.hasRemaining()) {
            ByteBuffer block = blocks[(int) (offset / BLOCK)];
            int inside = (int) (offset % BLOCK);
            int length = Math.min(BLOCK - inside, target.remaining());
            if (block == null) {
                for (int i = 0; i < length; i++) {
                    target.put((byte) 0);
                }
            } else {
                target.put(target.position(), block, inside, length);
                target.position(target.position() + length);
            }
            offset += length;
        }
    }

    @Override
    public void write(long offset, ByteBuffer source) {
        check(offset, source.remaining());
        if (readOnly) {
            throw new StoreException(StoreException.READ_ONLY, "read-only");
        }
        int at = source.position();
        while (at < source.limit()) {
            int index = (int) (offset / BLOCK);
            ByteBuffer block = blocks[index];
            if (block == null) {
                block = ByteBuffer.allocate(BLOCK);
                blocks[index] = block;
            }
            int inside = (int) (offset % BLOCK);
            int length = Math.min(BLOCK - inside, source.limit() - at);
            block.put(inside, source, at, length);
            offset += length;
            at += length;
        }
    }

    @Override
    public void flush() {
        flushes.incrementAndGet();
    }

    @Override
    public void discard(long offset, long length) {
        check(offset, length);
        long first = (offset + BLOCK - 1) / BLOCK;
        long end = (offset + length) / BLOCK;
        for (long i = first; i < end; i++) {
            blocks[(int) i] = null;
        }
    }

    @Override
    public void writeZeroes(long offset, long length) {
        discard(offset, length);
        long firstWhole = Math.min(offset + length, (offset + BLOCK - 1) / BLOCK * BLOCK);
        long lastWhole = Math.max(firstWhole, (offset + length) / BLOCK * BLOCK);
        write(offset, ByteBuffer.allocate((int) (firstWhole - offset)));
        write(lastWhole, ByteBuffer.allocate((int) (offset + length - lastWhole)));
    }

    @Override
    public CompletionStage<Void> writeAsync(long offset, ByteBuffer source) {
        return CompletableFuture.runAsync(() -> write(offset, source), Runnable::run);
    }

    @Override
    public CompletionStage<Void> flushAsync() {
        return CompletableFuture.runAsync(this::flush, executor);
    }

    @Override
    public CompletionStage<Void> discardAsync(long offset, long length) {
        return CompletableFuture.runAsync(() -> discard(offset, length), executor);
    }

    @Override
    public CompletionStage<Void> writeZeroesAsync(long offset, long length) {
        return CompletableFuture.runAsync(() -> writeZeroes(offset, length), executor);
    }

    @Override
    public WriteBuffer claim(int length) {
        WriteBuffer buffer = tryClaim(length);
        if (buffer == null) {
            throw new IllegalStateException("the server must not block in claim()");
        }
        return buffer;
    }

    @Override
    public WriteBuffer tryClaim(int length) {
        if (length < 0 || length > MAX_REQUEST_BYTES) {
            throw new StoreException(StoreException.BAD_SIZE, "a claim of " + length);
        }
        StoreException fault = claimFaults.apply(length);
        if (fault != null) {
            throw fault;
        }
        if (claimsRefused.getAsBoolean() || claimedBytes.get() + length > MAX_CLAIMED_BYTES) {
            return null;
        }
        claims.incrementAndGet();
        mostClaimedBytes = Math.max(mostClaimedBytes, claimedBytes.addAndGet(length));
        ByteBuffer pooled = length <= POOLED_BYTES ? POOL.poll() : null;
        ByteBuffer bytes = pooled == null ? ByteBuffer.allocateDirect(Math.max(length, POOLED_BYTES)) : pooled;
        return new Buffer(bytes.clear().limit(length));
    }

    @Override
    public void submitWrite(long offset, WriteBuffer data, boolean fua, Completion completion, long cookie) {
        executor.execute(() -> {
            ByteBuffer bytes = data.bytes();
            StoreException failure =
                    attempt(() -> write(offset, bytes.duplicate().position(0)));
            data.release();
            end(failure, fua, completion, cookie);
        });
    }

    @Override
    public void submitFlush(Completion completion, long cookie) {
        executor.execute(() -> end(attempt(this::flush), false, completion, cookie));
    }

    @Override
    public void submitDiscard(long offset, long length, boolean fua, Completion completion, long cookie) {
        executor.execute(() -> end(attempt(() -> discard(offset, length)), fua, completion, cookie));
    }

    @Override
    public void submitZeroes(long offset, long length, boolean fua, Completion completion, long cookie) {
        executor.execute(() -> end(attempt(() -> writeZeroes(offset, length)), fua, completion, cookie));
    }

    @Override
    public void extents(long offset, long length, ExtentSink sink) {
        check(offset, length);
        long end = offset + length;
        while (offset < end) {
            boolean mapped = blocks[(int) (offset / BLOCK)] != null;
            long from = offset;
            while (offset < end && (blocks[(int) (offset / BLOCK)] != null) == mapped) {
                offset = Math.min(end, (offset / BLOCK + 1) * BLOCK);
            }
            if (!sink.extent(from, offset - from, mapped)) {
                return;
            }
        }
    }

    @Override
    public Attachment attach(Runnable closeRequested) {
        if (!exists) {
            throw new StoreException(StoreException.NO_SUCH_VOLUME, "no volume " + name);
        }
        attachments.incrementAndGet();
        synchronized (closeRequests) {
            closeRequests.add(closeRequested);
        }
        return () -> {
            synchronized (closeRequests) {
                if (closeRequests.remove(closeRequested)) {
                    attachments.decrementAndGet();
                }
            }
        };
    }

    private void check(long offset, long length) {
        StoreException fault = faults.apply(offset);
        if (fault != null) {
            throw fault;
        }
        if (!exists) {
            throw new StoreException(StoreException.NO_SUCH_VOLUME, "no volume " + name);
        }
        if (offset < 0 || length < 0 || length > sizeBytes - offset) {
            throw new StoreException(StoreException.BAD_SIZE, offset + "+" + length + " is outside of " + sizeBytes);
        }
    }

    private static StoreException attempt(Runnable action) {
        try {
            action.run();
            return null;
        } catch (StoreException e) {
            return e;
        }
    }

    private void end(StoreException failure, boolean fua, Completion completion, long cookie) {
        if (fua && failure == null) {
            durableRequests.incrementAndGet();
        }
        completion.completed(cookie, failure);
    }

    private final class Buffer implements WriteBuffer {
        private final ByteBuffer bytes;

        Buffer(ByteBuffer bytes) {
            this.bytes = bytes;
        }

        @Override
        public ByteBuffer bytes() {
            return bytes;
        }

        @Override
        public void release() {
            claimedBytes.addAndGet(-bytes.limit());
            if (bytes.capacity() == POOLED_BYTES) {
                POOL.add(bytes);
            }
        }
    }
}
