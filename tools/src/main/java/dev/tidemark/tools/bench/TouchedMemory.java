package dev.tidemark.tools.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Free memory that the machine has. A virtual machine whose host takes free pages back after a second or two pays for
 * each page that it uses again: 8 to 9 µs for 4 KiB were seen, six times what writing them takes otherwise. A machine
 * whose memory is its own, or is full of a cache as it is after a day of work, pays nothing. So before a case in which
 * one contender's files grow and the other's don't, both get memory that was touched just now: that of a file which was
 * written and is deleted before any of it reaches the disk.
 */
final class TouchedMemory {
    /** About a second of random writes at full speed. */
    private static final long BYTES = 512L << 20;

    private static final int PIECE_BYTES = 256 << 10;

    private final Path file;
    private final ByteBuffer piece = ByteBuffer.allocateDirect(PIECE_BYTES);

    /** By means of a file in a folder of the benchmark's. */
    TouchedMemory(Path folder) {
        file = folder.resolve("touched");
    }

    /** Makes half a GiB of free memory the kernel's first choice. Fails when the disk is full. */
    void refresh() throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            for (long at = 0; at < BYTES; at += PIECE_BYTES) {
                channel.write(piece.clear(), at);
            }
        } finally {
            Files.deleteIfExists(file);
        }
    }
}
