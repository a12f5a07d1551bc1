package dev.tidemark.tools.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;

/** What the machine can do at best: plain writes and fdatasyncs into a file that was written before. */
final class RawLog {
    private static final int FILE_BYTES = 64 << 20;

    private RawLog() {}

    /** Appends blocks to a written file, each with an fdatasync, for that long; how many a second. */
    static double forcedWrites(Path path, int blockBytes, long nanos) throws IOException {
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            ByteBuffer zeros = ByteBuffer.allocateDirect(1 << 20);
            for (long at = 0; at < FILE_BYTES; at += zeros.capacity()) {
                file.write(zeros.clear(), at);
            }
            file.force(true);
            ByteBuffer block = ByteBuffer.allocateDirect(blockBytes);
            byte[] content = new byte[blockBytes];
            new Random(2).nextBytes(content);
            block.put(content);
            long start = System.nanoTime();
            long count = 0;
            while (System.nanoTime() - start < nanos) {
                file.write(block.clear(), count * blockBytes % FILE_BYTES);
                file.force(false);
                count++;
            }
            return (double) count * 1e9 / (System.nanoTime() - start);
        } finally {
            Files.deleteIfExists(path);
        }
    }
}
