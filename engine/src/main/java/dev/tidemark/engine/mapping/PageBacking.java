package dev.tidemark.engine.mapping;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Where pages are while they are not in memory: slots of {@link PageStore#PAGE_BYTES} each, as checkpoints wrote them. */
public interface PageBacking {
    /**
     * Reads one image and verifies it. Any thread.
     *
     * @param index of that kind, see {@link PageKind}
     * @param slot unsigned, never 0
     * @param checksum what the image's checksum must be
     * @param page filled from index 0 to {@link PageStore#PAGE_BYTES}; a direct buffer
     * @throws IOException when it can't be read, or is not that image; the text says which
     */
    void read(PageKind kind, long index, int slot, int checksum, ByteBuffer page) throws IOException;

    /**
     * The page whose last image is in this slot was dropped: the next checkpoint will not refer to it. Readers may ask
     * for it until their epochs are over. Writer, or the thread that writes a checkpoint.
     */
    void dropped(int slot);
}
