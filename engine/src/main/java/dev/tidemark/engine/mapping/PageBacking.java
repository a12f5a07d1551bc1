package dev.tidemark.engine.mapping;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Where pages are while they are not in memory: slots of {@link PageStore#PAGE_BYTES} each, as checkpoints wrote them.
 */
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
     * Reads images of pages with adjacent ids out of adjacent slots, as many as there are checksums, and verifies them.
     * Any thread. A hint: who asks has to {@link #read} what is not answered, and learns there what is wrong with it.
     *
     * @param firstId of the first page
     * @param slot of its image, unsigned, never 0
     * @param checksums what the images' checksums must be
     * @param images filled from index 0 on, {@link PageStore#PAGE_BYTES} for each; a direct buffer
     * @return how many of them, from the first one on, are as they should be
     */
    default int readAhead(long firstId, int slot, int[] checksums, int count, ByteBuffer images) {
        return 0;
    }

    /**
     * The page whose last image is in this slot was dropped: the next checkpoint will not refer to it. Readers may ask
     * for it until their epochs are over. Writer, or the thread that writes a checkpoint.
     */
    void dropped(int slot);
}
