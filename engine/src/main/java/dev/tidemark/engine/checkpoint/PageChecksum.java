package dev.tidemark.engine.checkpoint;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The checksum of what stands in a slot: CRC32C of the bytes, seeded with what they are, so that a page that is read
 * from another one's place does not pass. Any thread; allocates nothing but once a thread.
 *
 * <p>The seed is put in by exclusive or, which for a CRC is as good as by bytes in front. For one kind and equal upper
 * halves of the index, seeds of different indexes are different, as each step of the mixing can be undone (the
 * finalizer of MurmurHash3 by Austin Appleby, which is in the public domain).
 */
public final class PageChecksum {
    private static final ThreadLocal<CRC32C> CRC = ThreadLocal.withInitial(CRC32C::new);

    private PageChecksum() {}

    /**
     * The checksum of what remains in a buffer, whose position and limit stay.
     *
     * @param index its place among its kind: the page's id, the leaf's index, …
     */
    public static int of(PageKind kind, long index, ByteBuffer buffer) {
        int position = buffer.position();
        CRC32C crc = CRC.get();
        crc.reset();
        crc.update(buffer);
        buffer.position(position);
        return (int) crc.getValue() ^ seed(kind, index);
    }

    static int seed(PageKind kind, long index) {
        return mixed((int) index ^ mixed((int) (index >>> 32) ^ mixed(kind.code())));
    }

    private static int mixed(int value) {
        int mixed = value;
        mixed = (mixed ^ (mixed >>> 16)) * 0x85EBCA6B;
        mixed = (mixed ^ (mixed >>> 13)) * 0xC2B2AE35;
        return mixed ^ (mixed >>> 16);
    }
}
