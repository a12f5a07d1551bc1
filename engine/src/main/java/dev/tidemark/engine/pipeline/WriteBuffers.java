package dev.tidemark.engine.pipeline;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.agrona.concurrent.ManyToManyConcurrentArrayQueue;

/**
 * The store's own copies of the bytes to be written: a bounded pool of direct buffers, in classes of powers of two.
 *
 * <p>Each buffer has room for one block before and after the caller's bytes, so that the rest of a partly written block
 * can be filled in around them without moving anything.
 *
 * <p>Any thread may claim and release. A claim beyond the limit of bytes in flight waits, which is the store's
 * back-pressure, but never on the store's own threads: those would wait for themselves.
 */
public final class WriteBuffers {
    /** The largest payload: the largest write request. */
    public static final int MAX_PAYLOAD_BYTES = 32 << 20;
    /** The smallest class: one block of the default size. */
    private static final int MIN_CLASS_SHIFT = 12;

    private static final int CLASSES = 25 - MIN_CLASS_SHIFT + 1;
    /** Idle buffers kept per class: at most this many bytes of each. */
    private static final int RETAINED_BYTES_PER_CLASS = 8 << 20;

    private final int blockSizeBytes;
    private final long limitBytes;
    private final AtomicLong inFlightBytes = new AtomicLong();
    private final ManyToManyConcurrentArrayQueue<Buffer>[] idle;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition released = lock.newCondition();
    private volatile int waiting;
    private volatile boolean closed;

    /**
     * @param blockSizeBytes the store's block size
     * @param limitBytes payload bytes that may be claimed at one time; one request is always let through
     */
    @SuppressWarnings({"unchecked", "rawtypes"})
    public WriteBuffers(int blockSizeBytes, long limitBytes) {
        this.blockSizeBytes = blockSizeBytes;
        this.limitBytes = limitBytes;
        idle = new ManyToManyConcurrentArrayQueue[CLASSES];
        for (int i = 0; i < CLASSES; i++) {
            int keep = Math.max(2, Math.min(1024, RETAINED_BYTES_PER_CLASS >> (i + MIN_CLASS_SHIFT)));
            idle[i] = new ManyToManyConcurrentArrayQueue<>(keep);
        }
    }

    /** Payload bytes claimed and not yet released. */
    public long inFlightBytes() {
        return inFlightBytes.get();
    }

    public long limitBytes() {
        return limitBytes;
    }

    /** A buffer, or null when the limit is reached. */
    public Buffer tryClaim(int lengthBytes) {
        return reserve(lengthBytes) ? take(lengthBytes) : null;
    }

    /** A buffer even beyond the limit: for the store's own threads, which must not wait for themselves. */
    public Buffer claimUnbounded(int lengthBytes) {
        inFlightBytes.addAndGet(lengthBytes);
        return take(lengthBytes);
    }

    /**
     * A buffer, after waiting while the limit is reached. An interrupt is kept for the caller and does not end the
     * wait.
     *
     * @return null when the buffers were closed meanwhile
     */
    public Buffer claim(int lengthBytes) {
        return reserve(lengthBytes) || awaitRoom(lengthBytes) ? take(lengthBytes) : null;
    }

    /** Ends all waits: the store is closed, and who holds a buffer may never give it back. */
    public void close() {
        lock.lock();
        try {
            closed = true;
            released.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // changed under the lock only
    private boolean awaitRoom(int lengthBytes) {
        lock.lock();
        try {
            waiting++;
            try {
                while (!closed) {
                    if (reserve(lengthBytes)) {
                        return true;
                    }
                    released.awaitUninterruptibly();
                }
                return false;
            } finally {
                waiting--;
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean reserve(int lengthBytes) {
        while (true) {
            long used = inFlightBytes.get();
            if (used != 0 && used + lengthBytes > limitBytes) {
                return false;
            }
            if (inFlightBytes.compareAndSet(used, used + lengthBytes)) {
                return true;
            }
        }
    }

    private Buffer take(int lengthBytes) {
        if (lengthBytes < 0 || lengthBytes > MAX_PAYLOAD_BYTES) {
            inFlightBytes.addAndGet(-lengthBytes);
            throw new IllegalArgumentException("length=" + lengthBytes + ": must be 0 to " + MAX_PAYLOAD_BYTES);
        }
        int sizeClass = sizeClass(lengthBytes);
        Buffer buffer = idle[sizeClass].poll();
        if (buffer == null) {
            buffer = new Buffer(sizeClass);
        }
        buffer.claimed(lengthBytes);
        return buffer;
    }

    private static int sizeClass(int lengthBytes) {
        int shift = 32 - Integer.numberOfLeadingZeros(Math.max(lengthBytes, 1) - 1);
        return Math.max(shift, MIN_CLASS_SHIFT) - MIN_CLASS_SHIFT;
    }

    private void give(Buffer buffer, int lengthBytes) {
        idle[buffer.sizeClass].offer(buffer); // dropped when enough are kept
        inFlightBytes.addAndGet(-lengthBytes);
        if (waiting > 0) {
            lock.lock();
            try {
                released.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    /** One claimed buffer: the caller's bytes with room for a block on either side. */
    public final class Buffer {
        private final int sizeClass;
        private final ByteBuffer whole;
        private final ByteBuffer payload;
        private final int[] checksums;
        private int claimedBytes = -1;
        private Object wrapper;

        private Buffer(int sizeClass) {
            this.sizeClass = sizeClass;
            int capacity = 1 << (sizeClass + MIN_CLASS_SHIFT);
            whole = ByteBuffer.allocateDirect(capacity + 2 * blockSizeBytes);
            payload = whole.slice(blockSizeBytes, capacity);
            checksums = new int[capacity / blockSizeBytes + 2];
        }

        private void claimed(int lengthBytes) {
            claimedBytes = lengthBytes;
            whole.clear();
            payload.clear().limit(lengthBytes);
            whole.clear(); // its last user wrote a part of it, and left that part's limit
        }

        /** The caller's bytes: position 0, limit the claimed length. */
        public ByteBuffer payload() {
            return payload;
        }

        /** The claimed length in bytes. */
        public int length() {
            return claimedBytes;
        }

        /** What the layer above shows its callers instead of this buffer; made once, kept with it. */
        public Object wrapper() {
            return wrapper;
        }

        /** Sets {@link #wrapper}. */
        public void wrapper(Object newWrapper) {
            wrapper = newWrapper;
        }

        /** All of it; the caller's bytes begin at index {@link #payloadIndex()}. */
        ByteBuffer whole() {
            return whole;
        }

        int payloadIndex() {
            return blockSizeBytes;
        }

        /** CRC32C of each whole block, in order. */
        int[] checksums() {
            return checksums;
        }

        /** Back to the pool. A second release is an error of the caller's that would hand the bytes to two requests. */
        public void release() {
            int length = claimedBytes;
            if (length < 0) {
                throw new IllegalStateException("this buffer was released or submitted already");
            }
            claimedBytes = -1;
            give(this, length);
        }
    }
}
