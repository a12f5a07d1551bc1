package dev.tidemark.engine.checkpoint;

/**
 * The root stream on disk, little-endian: records, one after the other, cut into chunks of adjacent slots. Do not
 * change: add kinds of records and raise the superblock's version.
 *
 * <pre>
 *   chunk
 *    0      4        8                16       20     24       28     32     36      64
 *   +------+--------+----------------+--------+------+--------+------+------+-------+---------+------
 *   |check-|checksum| checkpoint's   | index  |slots | payload| next | next | zeros | payload | zeros to
 *   |sum   |of the  | number         | of the |of the| bytes  | first| slots|       |         | the chunk's
 *   |      |previous|                | chunk  |chunk |        | slot |      |       |         | end
 *   +------+--------+----------------+--------+------+--------+------+------+-------+---------+------
 *   record
 *    0      4        8
 *   +------+--------+-----------------
 *   |length| kind   | length bytes
 *   +------+--------+-----------------
 * </pre>
 *
 * The checksum covers all bytes of the chunk behind it, seeded with ROOT and the chunk's index; the last chunk's stands
 * in the superblock, so that it covers the whole chain. The last chunk's next slot is 0.
 */
final class RootStreamDescriptor {
    static final int CHECKSUM_OFFSET = 0;
    static final int PREVIOUS_CHECKSUM_OFFSET = 4;
    static final int NUMBER_OFFSET = 8;
    static final int INDEX_OFFSET = 16;
    static final int SLOTS_OFFSET = 20;
    static final int PAYLOAD_BYTES_OFFSET = 24;
    static final int NEXT_SLOT_OFFSET = 28;
    static final int NEXT_SLOTS_OFFSET = 32;
    static final int PAYLOAD_OFFSET = 64;

    /** Bounds the memory of who writes and who reads: 256 KiB. */
    static final int MAX_CHUNK_SLOTS = 64;

    static final int MAX_CHUNK_BYTES = MAX_CHUNK_SLOTS * MetadataFile.SLOT_BYTES;

    static final int RECORD_HEADER_BYTES = 8;

    /** One row of the state, as the codec makes it. */
    static final int STATE_ROW = 1;

    /** Reference counts: root page u64, used blocks u64, height u32. */
    static final int COUNTS_ROOT = 2;

    static final int COUNTS_ROOT_BYTES = 20;

    /** The page table: last page id u64, live pages u64. */
    static final int PAGE_TABLE = 3;

    static final int PAGE_TABLE_BYTES = 16;

    /** One node of the page table: index u32, slot u32, checksum u32. */
    static final int TABLE_NODE = 4;

    static final int TABLE_NODE_BYTES = 12;

    /** The slot map: slots that are written ahead u64, highest slot in use u32. */
    static final int SLOT_MAP = 5;

    static final int SLOT_MAP_BYTES = 12;

    /** One page of the slot map that is not empty: index u32, slot u32, checksum u32. */
    static final int SLOT_MAP_PAGE = 6;

    static final int SLOT_MAP_PAGE_BYTES = 12;

    /** The end: how many records stand before it, u64. */
    static final int END = 7;

    static final int END_BYTES = 8;

    /**
     * Volumes that are gone: how many u64, end of the log u64, root pages of log and index u64 each, their heights u32
     * each. Since version 3.
     */
    static final int GONE_VOLUMES = 8;

    static final int GONE_VOLUMES_BYTES = 40;

    private RootStreamDescriptor() {}

    /** How much payload a chunk holds. */
    static int capacityBytes(int slots) {
        return slots * MetadataFile.SLOT_BYTES - PAYLOAD_OFFSET;
    }
}
