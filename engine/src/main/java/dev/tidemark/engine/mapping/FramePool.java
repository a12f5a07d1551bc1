package dev.tidemark.engine.mapping;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.agrona.BufferUtil;
import org.agrona.UnsafeApi;

/**
 * Off-heap frames of {@link PageStore#PAGE_BYTES} each, cut from chunks that grow with the pool, so that a small store
 * takes little, a large one makes few calls, and no more than a sixteenth was never used. A frame that was given back
 * is handed out again first (the last one given back is the warmest in the cache). Frames are aligned to their size.
 * Writer thread only.
 *
 * <p>The first chunks are direct buffers, so that a small store that nobody closed is collected like any object. The
 * rest is taken from the system, as what direct buffers may have in all is bounded by the heap's size.
 */
final class FramePool {
    /** 64 KiB: what the smallest store takes. */
    private static final int FIRST_CHUNK_FRAMES = 16;
    /** 16 MiB: large enough for huge memory pages, small against any store that needs more than one. */
    private static final int LARGEST_CHUNK_FRAMES = 4096;

    /** A chunk is at most a sixteenth of the pool, once that is more than the first chunk. */
    private static final int IDLE_SHARE = 16;

    /** 4 MiB in direct buffers at most, or a little more. */
    private static final int COLLECTABLE_FRAMES = 1024;

    private final List<ByteBuffer> collectableChunks = new ArrayList<>();
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
        collectableChunks.clear();
        chunkCount = 0;
        freeCount = 0;
        nextFrame = 0;
        chunkEnd = 0;
        allocatedBytes = 0;
    }

    private void addChunk() {
        long payloadBytes = (long) nextChunkFrames * PageStore.PAGE_BYTES;
        long chunkBytes = payloadBytes + PageStore.PAGE_BYTES;
        long chunk;
        if (allocatedBytes < COLLECTABLE_FRAMES * (long) PageStore.PAGE_BYTES) {
            ByteBuffer buffer = ByteBuffer.allocateDirect((int) chunkBytes);
            collectableChunks.add(buffer);
            chunk = BufferUtil.address(buffer);
        } else {
            chunk = UnsafeApi.allocateMemory(chunkBytes);
            if (chunkCount == chunks.length) {
                chunks = Arrays.copyOf(chunks, chunkCount * 2);
            }
            chunks[chunkCount++] = chunk;
        }
        allocatedBytes += chunkBytes;
        nextFrame = (chunk + PageStore.PAGE_BYTES - 1) & -PageStore.PAGE_BYTES;
        chunkEnd = nextFrame + payloadBytes;
        long poolFrames = allocatedBytes / PageStore.PAGE_BYTES;
        nextChunkFrames = (int) Math.max(FIRST_CHUNK_FRAMES, Math.min(poolFrames / IDLE_SHARE, LARGEST_CHUNK_FRAMES));
    }
}
