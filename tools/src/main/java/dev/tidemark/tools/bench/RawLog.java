package dev.tidemark.tools.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;

/** What the machine can do at best: plain writes and fdatasyncs into a file that was written before. */
final class RawLog implements ForcedLog {
    private static final int FILE_BYTES = 64 << 20;

    private final FileChannel file;
    private final ByteBuffer block;
    private long position;

    RawLog(Path path, int blockBytes) throws IOException {
        file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        ByteBuffer zeros = ByteBuffer.allocateDirect(1 << 20);
        for (long at = 0; at < FILE_BYTES; at += zeros.capacity()) {
            file.write(zeros.clear(), at);
        }
        file.force(true);
        block = ByteBuffer.allocateDirect(blockBytes);
        byte[] content = new byte[blockBytes];
        new Random(2).nextBytes(content);
        block.put(content);
    }

    @Override
    public void appendForced() throws IOException {
        file.write(block.clear(), position);
        file.force(false);
        position = (position + block.capacity()) % FILE_BYTES;
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
