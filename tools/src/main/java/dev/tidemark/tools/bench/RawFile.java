package dev.tidemark.tools.bench;

import static dev.tidemark.tools.bench.Blocks.BLOCK_BYTES;
import static dev.tidemark.tools.bench.Blocks.LARGE_BYTES;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.HdrHistogram.Histogram;

/** The yardstick: a file of the volume's size, every byte of it written before, used by one thread. */
final class RawFile implements AutoCloseable {
    private final FileChannel channel;
    private final long sizeBytes;
    private final Blocks blocks;
    private final ByteBuffer target = ByteBuffer.allocateDirect(LARGE_BYTES);
    private long sequential;

    RawFile(Path path, long sizeBytes, long seed) throws IOException {
        this.sizeBytes = sizeBytes;
        blocks = new Blocks(sizeBytes, seed);
        channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        for (long at = 0; at < sizeBytes; at += LARGE_BYTES) {
            write(at, LARGE_BYTES);
        }
        force();
    }

    private void write(long at, int length) throws IOException {
        ByteBuffer source = blocks.content(length);
        while (source.hasRemaining()) {
            channel.write(source, at + source.position());
        }
    }

    private void read(long at, int length) throws IOException {
        target.clear().limit(length);
        int count = 0;
        while (target.hasRemaining() && count >= 0) {
            count = channel.read(target, at + target.position());
        }
    }

    private long nextSequential() {
        long at = sequential;
        sequential = at + 2L * LARGE_BYTES > sizeBytes ? 0 : at + LARGE_BYTES;
        return at;
    }

    /** Forces all that was written. */
    void force() throws IOException {
        channel.force(false);
    }

    /** Buffered random 4 KiB writes, one force at the end. */
    Speed randomWrites(long nanos) throws Exception {
        return Speed.of(nanos, () -> write(blocks.nextOffset(), BLOCK_BYTES), this::force);
    }

    /** Random 4 KiB writes, each forced. */
    Speed forcedWrites(long nanos, Histogram latencies) throws Exception {
        return Speed.timed(nanos, latencies, () -> {
            write(blocks.nextOffset(), BLOCK_BYTES);
            force();
        });
    }

    /** Random 4 KiB reads. */
    Speed randomReads(long nanos) throws Exception {
        return Speed.of(nanos, () -> read(blocks.nextOffset(), BLOCK_BYTES), () -> {});
    }

    /** 1 MiB writes in order, whole passes over the file, each with one force at its end. */
    Speed sequentialWrites(long nanos) throws Exception {
        return Speed.passes(nanos, sizeBytes / LARGE_BYTES, at -> write(at * LARGE_BYTES, LARGE_BYTES), this::force);
    }

    /** 1 MiB reads in order, round and round. */
    Speed sequentialReads(long nanos) throws Exception {
        sequential = 0;
        return Speed.of(nanos, () -> read(nextSequential(), LARGE_BYTES), () -> {});
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
