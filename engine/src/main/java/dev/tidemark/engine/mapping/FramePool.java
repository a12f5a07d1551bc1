package dev.tidemark.engine.mapping;

import java.util.Arrays;
import org.agrona.UnsafeApi;

/**
 * Off-heap frames of {@link PageStore#PAGE_BYTES} each, cut from chunks that double in size, so that a small store
 * takes little and a large one makes few calls. A frame that was given back is handed out again first (the last one
 * given back is the warmest in the cache). Frames are aligned to their size. Writer thread only.
 */
final class FramePool {
    /** 64 KiB: what the smallest store takes. */
    private static final int FIRST_CHUNK_FRAMES = 16;
    /** 16 MiB: large enough for huge memory pages, small against any store that needs more than one. */
    private static final int LARGEST_CHUNK_FRAMES = 4096;

    private long[] chunks = new long[4];
    private int chunkCount;
    private int nextChunkFrames = FIRST_CHUNK_FRAMES;
    private long nextFrame;
    private long chunkEnd;
    private long[] freeFrames = new long[FIRST_CHUNK_FRAMES];
    private int freeCount;
    private long allocatedBytes;

    /** A frame with arbitrary content; {@link OutOfMemoryError} when the process can't have more memory. */
    long take() {
        if (freeCount > 0) {
            return freeFrames[--freeCount];
        }
        if (nextFrame == chunkEnd) {
            addChunk();
        }
        long frame = nextFrame;
        nextFrame += PageStore.PAGE_BYTES;
        return frame;
    }

    void give(long frame) {
        if (freeCount == freeFrames.length) {
            freeFrames = Arrays.copyOf(freeFrames, freeCount * 2);
        }
        freeFrames[freeCount++] = frame;
    }

    /** Bytes taken from the system, used or not, and the heap that keeps track of them. */
    long memoryBytes() {
        return allocatedBytes + 8L * freeFrames.length;
    }

    /** Gives all memory back to the system. No frame may be touched afterwards. */
    void close() {
        for (int i = 0; i < chunkCount; i++) {
            UnsafeApi.freeMemory(chunks[i]);
        }
        chunkCount = 0;
        freeCount = 0;
        nextFrame = 0;
        chunkEnd = 0;
        allocatedBytes = 0;
    }

    private void addChunk() {
        long payloadBytes = (long) nextChunkFrames * PageStore.PAGE_BYTES;
        long chunk = UnsafeApi.allocateMemory(payloadBytes + PageStore.PAGE_BYTES);
        if (chunkCount == chunks.length) {
            chunks = Arrays.copyOf(chunks, chunkCount * 2);
        }
        chunks[chunkCount++] = chunk;
        allocatedBytes += payloadBytes + PageStore.PAGE_BYTES;
        nextFrame = (chunk + PageStore.PAGE_BYTES - 1) & -PageStore.PAGE_BYTES;
        chunkEnd = nextFrame + payloadBytes;
        nextChunkFrames = Math.min(nextChunkFrames * 2, LARGEST_CHUNK_FRAMES);
    }
}
