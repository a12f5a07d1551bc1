package dev.tidemark.tools.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;

/**
 * A peer that sends given bytes, in pieces of any size, and takes replies in pieces of any size; then it leaves, or
 * goes silent. It is also the store's thread (what is submitted is done while the connection waits) and the clock, so
 * that a whole connection runs on the test's own thread and everything about it follows from the seed.
 */
final class ScriptedWire implements Wire, Executor, LongSupplier {
    /** No script makes a connection wait that often, unless it waits for something that never comes. */
    private static final int MAX_WAITS = 200_000;

    private static final long HOUR_NANOS = 3_600_000_000_000L;

    private final byte[] script;
    private final boolean silentAtEnd;
    /** What passes whenever somebody looks at the clock: all reads look slow to whom it matters. */
    private final long tickNanos;

    private final SplittableRandom random;
    private final ArrayDeque<Runnable> store = new ArrayDeque<>();
    private int sent;
    private boolean left;
    private boolean readBlocked;
    private boolean writeBlocked;
    private int waits;
    private long nanos;
    private Runnable atRandom = () -> {};

    int repliedBytes;
    private final ByteBuffer replies;

    ScriptedWire(byte[] script, SplittableRandom random, ByteBuffer replies) {
        this.script = script;
        this.random = random;
        this.replies = replies;
        silentAtEnd = random.nextInt(4) == 0;
        tickNanos = random.nextInt(4) == 0 ? 100_000 : 0;
    }

    /** Has it do something once, at a moment of the seed's choice. */
    void onceAtRandom(Runnable action) {
        atRandom = action;
    }

    @Override
    public long getAsLong() {
        nanos += tickNanos;
        return nanos;
    }

    @Override
    public void execute(Runnable task) {
        store.add(task);
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        maybeActs();
        if (sent == script.length) {
            if (left || !silentAtEnd) {
                if (random.nextInt(8) == 0) {
                    throw new PeerException("reset by the script");
                }
                return -1;
            }
            return 0;
        }
        if (readBlocked || random.nextInt(4) == 0) {
            readBlocked = random.nextInt(16) != 0;
            return 0;
        }
        int count = Math.min(target.remaining(), script.length - sent);
        if (random.nextBoolean()) {
            count = Math.min(count, 1 + random.nextInt(40));
        }
        target.put(script, sent, count);
        sent += count;
        return count;
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        if (left && random.nextInt(4) == 0) {
            throw new PeerException("reset by the script");
        }
        int count = switch (writeBlocked ? 0 : random.nextInt(4)) {
            case 0 -> 0;
            case 1 -> Math.min(source.remaining(), 1 + random.nextInt(100));
            default -> source.remaining();
        };
        // As a socket does: what was not taken at once is taken after the next wait, or perhaps a little earlier.
        writeBlocked = count < source.remaining() && random.nextInt(16) != 0;
        if (replies != null) {
            replies.put(source.slice(source.position(), count));
        }
        source.position(source.position() + count);
        repliedBytes += count;
        return count;
    }

    @Override
    public void await(boolean readable, boolean writable, long timeoutNanos) {
        if (++waits > MAX_WAITS) {
            throw new AssertionError("the connection waits for ever");
        }
        maybeActs();
        readBlocked &= !readable;
        writeBlocked &= !writable;
        if (!store.isEmpty()) {
            store.remove().run();
        } else if ((readable && sent < script.length) || writable) {
            nanos += 1000;
        } else if (!readable && timeoutNanos >= HOUR_NANOS) {
            throw new AssertionError("the connection waits for nothing");
        } else {
            nanos += timeoutNanos;
            left |= timeoutNanos >= HOUR_NANOS;
        }
    }

    @Override
    public void pause(long nanos) {
        // Its peer is the same thread.
    }

    @Override
    public void wake() {}

    @Override
    public void endOutput() {}

    @Override
    public void close() {}

    private void maybeActs() {
        if (random.nextInt(50) == 0) {
            Runnable action = atRandom;
            atRandom = () -> {};
            action.run();
        }
    }
}
