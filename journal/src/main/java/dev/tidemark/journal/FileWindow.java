package dev.tidemark.journal;

import dev.tidemark.storage.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A window that slides over a file, so that a run along it costs few large reads. Grows when a frame is larger than it
 * is. For one thread; allocates only when it grows.
 */
final class FileWindow {
    /** Large enough that a read costs more than its call, small enough to stay in a core's cache. */
    static final int DEFAULT_BYTES = 512 << 10;

    /** What is compared with at once: a quarter of a core's nearest cache. */
    private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(8 << 10).asReadOnlyBuffer();

    private final ByteBuffer zeros = ZEROS.duplicate();
    private ByteBuffer bytes;
    private ByteBuffer readView;
    private ByteBuffer crcView;
    private ByteBuffer zerosView;
    private UnsafeBuffer buffer;
    private StorageFile file;
    private long start;
    private int filled;

    FileWindow(int capacity) {
        allocate(capacity);
    }

    private void allocate(int capacity) {
        bytes = ByteBuffer.allocateDirect(capacity).order(ByteOrder.LITTLE_ENDIAN);
        readView = bytes.duplicate();
        crcView = bytes.duplicate();
        zerosView = bytes.duplicate();
        buffer = new UnsafeBuffer(bytes);
        filled = 0;
    }

    /** Goes on with another file, or with the same one afresh. */
    void use(StorageFile newFile) {
        file = newFile;
        filled = 0;
    }

    /** What was read; little-endian. Another object after each growth. */
    ByteBuffer bytes() {
        return bytes;
    }

    /** The same bytes, for whoever is to read a payload. */
    DirectBuffer buffer() {
        return buffer;
    }

    /** The same bytes, for checksums; its position and limit are anybody's. */
    ByteBuffer crcView() {
        return crcView;
    }

    /**
     * Brings a range of the file into the window.
     *
     * @return where the range begins in {@link #bytes}, or -1 if the file ends before the range does
     */
    int need(long position, int length) throws IOException {
        if (position >= start && position + length <= start + filled) {
            return (int) (position - start);
        }
        return fill(position, length);
    }

    /** How many bytes from there on are in the window, after a {@link #need} of some of them. */
    int available(long position) {
        return (int) (start + filled - position);
    }

    /** How many zeros lie from there on in the window, after a {@link #need} of some bytes there. */
    int zeros(long position) {
        int at = (int) (position - start);
        while (at < filled) {
            int piece = Math.min(zeros.capacity(), filled - at);
            int same = zeros.limit(piece).mismatch(zerosView.limit(at + piece).position(at));
            if (same >= 0) {
                return at + same - (int) (position - start);
            }
            at += piece;
        }
        return at - (int) (position - start);
    }

    private int fill(long position, int length) throws IOException {
        long from = FrameDescriptor.floorBlock(position);
        int needed = (int) (position - from) + length;
        if (needed > bytes.capacity()) {
            allocate((int) FrameDescriptor.alignBlock(needed));
        }
        readView.clear();
        start = from;
        filled = 0;
        filled = file.read(from, readView);
        return position + length <= start + filled ? (int) (position - start) : -1;
    }
}
