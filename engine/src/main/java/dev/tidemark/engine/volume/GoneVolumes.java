package dev.tidemark.engine.volume;

import java.util.function.Consumer;

/**
 * The volumes that were gone at one moment, in the order in which they went. What goes later does not show. Any one
 * thread that was told of it, beside the writer: nothing that it reads changes any more.
 */
public final class GoneVolumes {
    private final byte[][] chunks;
    private final int[] ends;
    private final long count;

    /** @param ends how many bytes of each chunk count */
    GoneVolumes(byte[][] chunks, int[] ends, long count) {
        this.chunks = chunks;
        this.ends = ends;
        this.count = count;
    }

    /** How many. */
    public long count() {
        return count;
    }

    /** What they take in packed form, see {@link DeadVolumes}. */
    public long packedBytes() {
        long bytes = 0;
        for (int end : ends) {
            bytes += end;
        }
        return bytes;
    }

    /** Hands out all. */
    public void forEach(Consumer<DeadVolume> sink) {
        for (int i = 0; i < chunks.length; i++) {
            DeadVolumes.Cursor cursor = new DeadVolumes.Cursor(chunks[i], 0);
            while (cursor.position() < ends[i]) {
                sink.accept(cursor.next());
            }
        }
    }
}
