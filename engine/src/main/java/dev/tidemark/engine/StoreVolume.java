package dev.tidemark.engine;

import dev.tidemark.engine.pipeline.Pipeline;
import dev.tidemark.engine.pipeline.Request;
import dev.tidemark.engine.pipeline.WriteBuffers;
import dev.tidemark.engine.read.BlockDamagedException;
import dev.tidemark.engine.read.EpochTable;
import dev.tidemark.engine.read.VolumeGoneException;
import dev.tidemark.engine.volume.LiveVolume;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A volume of an open store. */
final class StoreVolume implements Volume {
    private static final ThreadLocal<Waiter> WAITERS = ThreadLocal.withInitial(Waiter::new);

    private final Store store;
    private final Pipeline pipeline;
    private final LiveVolume volume;

    StoreVolume(Store store, Pipeline pipeline, LiveVolume volume) {
        this.store = store;
        this.pipeline = pipeline;
        this.volume = volume;
    }

    @Override
    public long id() {
        return volume.id();
    }

    @Override
    public String name() {
        return volume.name();
    }

    @Override
    public long sizeBytes() {
        return volume.sizeBytes();
    }

    @Override
    public int blockSizeBytes() {
        return store.blockSizeBytes();
    }

    @Override
    public boolean readOnly() {
        return volume.readonly();
    }

    @Override
    public boolean exists() {
        return volume.alive();
    }

    // ---- reading

    @Override
    public void read(long offset, ByteBuffer target) {
        checkRange(offset, target.remaining());
        checkLength(target.remaining());
        int position = target.position();
        try {
            store.reader().read(volume, offset, target);
        } catch (IOException e) {
            target.position(position);
            throw describe(e);
        }
    }

    private static StoreException describe(IOException e) {
        if (e instanceof BlockDamagedException damaged) {
            return new ChecksumException(e.getMessage(), damaged.volumeId(), damaged.block(), e);
        }
        boolean gone = e instanceof VolumeGoneException;
        return new StoreException(gone ? StoreException.NO_SUCH_VOLUME : StoreException.FAILED, e.getMessage(), e);
    }

    @Override
    public void extents(long offset, long length, ExtentSink sink) {
        checkRange(offset, length);
        if (length == 0) {
            return;
        }
        int blockSize = blockSizeBytes();
        long first = offset / blockSize;
        long after = (offset + length + blockSize - 1) / blockSize;
        EpochTable.Pin pin;
        try {
            pin = store.reader().enter(volume);
        } catch (IOException e) {
            throw describe(e);
        }
        try {
            store.mappings().extents(volume.root(), first, after - first, (block, count, mapped) -> {
                long from = Math.max(offset, block * blockSize);
                long to = Math.min(offset + length, (block + count) * blockSize);
                return sink.extent(from, to - from, mapped);
            });
        } finally {
            pin.exit();
        }
    }

    private void checkRange(long offset, long length) {
        if (!volume.alive()) {
            throw new StoreException(StoreException.NO_SUCH_VOLUME, "volume " + volume + " is gone");
        }
        store.checkOpen();
        long size = volume.sizeBytes();
        if (offset < 0 || length < 0 || offset > size || length > size - offset) {
            throw new StoreException(
                    StoreException.BAD_SIZE,
                    "bytes " + offset + "+" + length + " lie outside volume " + volume + " of " + size + " bytes");
        }
    }

    private static void checkLength(int length) {
        if (length < 0 || length > MAX_REQUEST_BYTES) {
            throw new StoreException(
                    StoreException.BAD_SIZE,
                    "length=" + length + ": a request has at most " + MAX_REQUEST_BYTES + " bytes");
        }
    }

    // ---- blocking

    @Override
    public void write(long offset, ByteBuffer source) {
        WriteBuffers.Buffer data = ((Buffer) claimCopy(source)).inner();
        Waiter waiter = WAITERS.get().begin();
        if (accepted(offset, data, waiter, 0)) {
            pipeline.submitAndWait(
                    pipeline.acquire().write(volume, offset, data, false).callback(waiter, 0));
        }
        await(waiter);
        source.position(source.limit());
    }

    @Override
    public void flush() {
        Waiter waiter = WAITERS.get().begin();
        pipeline.submitAndWait(pipeline.acquire().flush().callback(waiter, 0));
        await(waiter);
    }

    @Override
    public void discard(long offset, long length) {
        Waiter waiter = WAITERS.get().begin();
        if (!refused(offset, length, waiter, 0)) {
            pipeline.submitAndWait(
                    pipeline.acquire().discard(volume, offset, length, false).callback(waiter, 0));
        }
        await(waiter);
    }

    @Override
    public void writeZeroes(long offset, long length) {
        Waiter waiter = WAITERS.get().begin();
        if (!refused(offset, length, waiter, 0)) {
            pipeline.submitAndWait(
                    pipeline.acquire().zeroes(volume, offset, length, false).callback(waiter, 0));
        }
        await(waiter);
    }

    private void await(Waiter waiter) {
        store.runUntil(waiter::isDone);
        waiter.await();
    }

    private WriteBuffer claimCopy(ByteBuffer source) {
        checkLength(source.remaining());
        WriteBuffer data = claim(source.remaining());
        data.bytes().put(0, source, source.position(), source.remaining());
        return data;
    }

    // ---- stages

    @Override
    public CompletionStage<Void> writeAsync(long offset, ByteBuffer source) {
        Stage stage = new Stage();
        submitWrite(offset, claimCopy(source), false, stage, 0);
        return stage;
    }

    @Override
    public CompletionStage<Void> flushAsync() {
        Stage stage = new Stage();
        submitFlush(stage, 0);
        return stage;
    }

    @Override
    public CompletionStage<Void> discardAsync(long offset, long length) {
        Stage stage = new Stage();
        submitDiscard(offset, length, false, stage, 0);
        return stage;
    }

    @Override
    public CompletionStage<Void> writeZeroesAsync(long offset, long length) {
        Stage stage = new Stage();
        submitZeroes(offset, length, false, stage, 0);
        return stage;
    }

    private static final class Stage extends CompletableFuture<Void> implements Completion {
        @Override
        public void completed(long cookie, StoreException failure) {
            if (failure == null) {
                complete(null);
            } else {
                completeExceptionally(failure);
            }
        }
    }

    // ---- callbacks

    @Override
    public WriteBuffer claim(int length) {
        checkLength(length);
        store.checkOpen();
        WriteBuffers buffers = pipeline.buffers();
        return wrap(pipeline.isOwnThread() ? buffers.claimUnbounded(length) : buffers.claim(length));
    }

    @Override
    public WriteBuffer tryClaim(int length) {
        checkLength(length);
        store.checkOpen();
        WriteBuffers.Buffer buffer = pipeline.buffers().tryClaim(length);
        return buffer == null ? null : wrap(buffer);
    }

    private static WriteBuffer wrap(WriteBuffers.Buffer buffer) {
        Buffer wrapper = (Buffer) buffer.wrapper();
        if (wrapper == null) {
            wrapper = new Buffer(buffer);
            buffer.wrapper(wrapper);
        }
        return wrapper;
    }

    /** The store's buffer as its callers see it; one for each, made once. */
    private record Buffer(WriteBuffers.Buffer inner) implements WriteBuffer {
        @Override
        public ByteBuffer bytes() {
            return inner.payload();
        }

        @Override
        public void release() {
            inner.release();
        }
    }

    @Override
    public void submitWrite(long offset, WriteBuffer data, boolean fua, Completion completion, long cookie) {
        WriteBuffers.Buffer buffer = ((Buffer) data).inner();
        if (accepted(offset, buffer, completion, cookie)) {
            pipeline.submit(
                    pipeline.acquire().write(volume, offset, buffer, fua).callback(completion, cookie));
        }
    }

    /** Whether there is something to be written that may be; else the buffer was released, and the completion told. */
    private boolean accepted(long offset, WriteBuffers.Buffer buffer, Completion completion, long cookie) {
        if (refused(offset, buffer.length(), completion, cookie)) {
            buffer.release();
            return false;
        }
        if (buffer.length() == 0) {
            buffer.release();
            completion.completed(cookie, null);
            return false;
        }
        return true;
    }

    @Override
    public void submitFlush(Completion completion, long cookie) {
        pipeline.submit(pipeline.acquire().flush().callback(completion, cookie));
    }

    @Override
    public void submitDiscard(long offset, long length, boolean fua, Completion completion, long cookie) {
        if (!refused(offset, length, completion, cookie)) {
            pipeline.submit(
                    pipeline.acquire().discard(volume, offset, length, fua).callback(completion, cookie));
        }
    }

    @Override
    public void submitZeroes(long offset, long length, boolean fua, Completion completion, long cookie) {
        if (!refused(offset, length, completion, cookie)) {
            pipeline.submit(
                    pipeline.acquire().zeroes(volume, offset, length, fua).callback(completion, cookie));
        }
    }

    /** Looks at what can be known before the request's turn; it is looked at again then. */
    private boolean refused(long offset, long length, Completion completion, long cookie) {
        try {
            checkRange(offset, length);
            return false;
        } catch (StoreException e) {
            completion.completed(cookie, e);
            return true;
        }
    }

    @Override
    public Attachment attach(Runnable closeRequested) {
        return store.attachments().attach(volume, closeRequested);
    }

    @Override
    public String toString() {
        return volume.toString();
    }

    /** What a request's outcome is to its caller. */
    static StoreException failure(Request request) {
        return request.error() == null
                ? null
                : new StoreException(request.error().text(), request.errorText(), request.cause());
    }
}
