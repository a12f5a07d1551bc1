package dev.tidemark.tools.bench;

import static dev.tidemark.tools.bench.Blocks.BLOCK_BYTES;
import static dev.tidemark.tools.bench.Blocks.LARGE_BYTES;

import dev.tidemark.engine.Volume;
import java.nio.ByteBuffer;
import org.HdrHistogram.Histogram;

/** The workloads on a volume, through the callback API, from the thread that made this object. */
final class VolumeLoad {
    private final Volume volume;
    private final long sizeBytes;
    private final Blocks blocks;
    private final Window window = new Window();
    private final ByteBuffer target = ByteBuffer.allocateDirect(LARGE_BYTES);
    private long sequential;

    VolumeLoad(Volume volume, long seed) {
        this.volume = volume;
        this.sizeBytes = volume.sizeBytes();
        this.blocks = new Blocks(sizeBytes, seed);
    }

    private void write(long at, int length, int depth) {
        window.enter(depth);
        Volume.WriteBuffer data = volume.claim(length);
        data.bytes().put(0, blocks.content(length), 0, length);
        volume.submitWrite(at, data, false, window, 0);
    }

    /** Flushes and waits for it and everything before. */
    void flush() {
        window.drain();
        window.enter(1);
        volume.submitFlush(window, 0);
        window.drain();
    }

    private void read(long at, int length) {
        volume.read(at, target.clear().limit(length));
    }

    private long nextSequential() {
        long at = sequential;
        sequential = at + 2L * LARGE_BYTES > sizeBytes ? 0 : at + LARGE_BYTES;
        return at;
    }

    /** Writes every block once, in order, and flushes. */
    void fill() {
        for (long at = 0; at < sizeBytes; at += LARGE_BYTES) {
            write(at, (int) Math.min(LARGE_BYTES, sizeBytes - at), 4);
        }
        flush();
    }

    /** Writes that many blocks, chosen at random, and flushes. */
    void scatter(long count) {
        for (long i = 0; i < count; i++) {
            write(blocks.nextOffset(), BLOCK_BYTES, 32);
        }
        flush();
    }

    /** Random 4 KiB writes at a queue depth, one flush at the end. */
    Speed randomWrites(long nanos, int depth) throws Exception {
        return Speed.of(nanos, () -> write(blocks.nextOffset(), BLOCK_BYTES, depth), this::flush);
    }

    /** The same, noting how long each write took until it was answered. */
    Speed timedWrites(long nanos, int depth, Histogram latencies) throws Exception {
        TimedWindow timed = new TimedWindow(latencies);
        return Speed.of(
                nanos,
                () -> {
                    long cookie = timed.enter(depth);
                    Volume.WriteBuffer data = volume.claim(BLOCK_BYTES);
                    data.bytes().put(0, blocks.content(BLOCK_BYTES), 0, BLOCK_BYTES);
                    volume.submitWrite(blocks.nextOffset(), data, false, timed, cookie);
                },
                () -> {
                    timed.drain();
                    flush();
                });
    }

    /** Random 4 KiB writes at depth 1, each flushed, by a caller that waits for each. */
    Speed flushedWrites(long nanos, Histogram latencies) throws Exception {
        return Speed.timed(nanos, latencies, () -> {
            volume.write(blocks.nextOffset(), blocks.content(BLOCK_BYTES));
            volume.flush();
        });
    }

    /** The same through callbacks: the flush is sent when the write was answered. */
    Speed flushedWritesByCallback(long nanos, Histogram latencies) throws Exception {
        return Speed.timed(nanos, latencies, () -> {
            write(blocks.nextOffset(), BLOCK_BYTES, 1);
            flush();
        });
    }

    /** Random 4 KiB writes one at a time, for their latencies; one flush at the end, which does not count. */
    Speed timedWrites(long nanos, Histogram latencies) throws Exception {
        Speed speed =
                Speed.timed(nanos, latencies, () -> volume.write(blocks.nextOffset(), blocks.content(BLOCK_BYTES)));
        flush();
        return speed;
    }

    /** Random 4 KiB writes, a flush after every {@code group}; counts writes. */
    Speed groups(long nanos, int group, Histogram latencies) throws Exception {
        Speed groups = Speed.timed(nanos, latencies, () -> {
            for (int i = 0; i < group; i++) {
                volume.write(blocks.nextOffset(), blocks.content(BLOCK_BYTES));
            }
            volume.flush();
        });
        return new Speed(groups.operations() * group, groups.nanos());
    }

    /** Random 4 KiB reads. */
    Speed randomReads(long nanos) throws Exception {
        return Speed.of(nanos, () -> read(blocks.nextOffset(), BLOCK_BYTES), () -> {});
    }

    /** 1 MiB writes in order, four under way, whole passes over the volume, each with one flush at its end. */
    Speed sequentialWrites(long nanos) throws Exception {
        return Speed.passes(nanos, sizeBytes / LARGE_BYTES, at -> write(at * LARGE_BYTES, LARGE_BYTES, 4), this::flush);
    }

    /** 1 MiB reads in order, round and round. */
    Speed sequentialReads(long nanos) throws Exception {
        sequential = 0;
        return Speed.of(nanos, () -> read(nextSequential(), LARGE_BYTES), () -> {});
    }
}
