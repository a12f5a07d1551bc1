package dev.tidemark.journal;

/**
 * The header block of a segment: its first 4 KiB. All numbers are little-endian. On disk: do not change. In every
 * version to come, magic, version and CRC stay where they are, and the CRC is computed the same way.
 *
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +---------------------------------------------------------------+
 *  |                        Magic "TIDEJRNL"                       |   0
 *  +-------------------------------+-------------------------------+
 *  |            Version            |              CRC              |   8
 *  +-------------------------------+-------------------------------+
 *  |                  Store, most significant bits                 |  16
 *  +---------------------------------------------------------------+
 *  |                  Store, least significant bits                |  24
 *  +---------------------------------------------------------------+
 *  |                          First offset                         |  32
 *  +---------------------------------------------------------------+
 *  |                         Segment length                        |  40
 *  +-------------------------------+-------------------------------+
 *  |             Epoch             |         Caller length         |  48
 *  +-------------------------------+-------------------------------+
 *  |                         Durable up to                         |  56
 *  +---------------------------------------------------------------+
 *  |                              Salt                             |  64
 *  +---------------------------------------------------------------+
 *  |                        Next seq                               |  72
 *  +---------------------------------------------------------------+
 *  |                  Made at, ms since 1970 (UTC)                 |  80
 *  +---------------------------------------------------------------+
 *  |                        Reserved, zero                         |  88
 *  +---------------------------------------------------------------+
 *  |               What the caller gave to keep ...                | 128
 *  +---------------------------------------------------------------+
 *  |                        Zeros up to 4096                       |
 * </pre>
 *
 * The CRC is CRC32C of all 4096 bytes, with zeros in its own place.
 */
final class SegmentDescriptor {
    /** "TIDEJRNL", read as a little-endian number. */
    static final long MAGIC = 0x4C4E524A45444954L;

    static final int VERSION = 1;

    static final int HEADER_BYTES = FrameDescriptor.BLOCK_BYTES;

    static final int MAGIC_OFFSET = 0;
    static final int VERSION_OFFSET = 8;
    static final int CRC_OFFSET = 12;
    static final int STORE_HIGH_OFFSET = 16;
    static final int STORE_LOW_OFFSET = 24;
    static final int FIRST_OFFSET_OFFSET = 32;
    static final int LENGTH_OFFSET = 40;
    static final int EPOCH_OFFSET = 48;
    static final int CALLER_LENGTH_OFFSET = 52;
    static final int DURABLE_OFFSET = 56;
    static final int SALT_OFFSET = 64;
    static final int NEXT_SEQ_OFFSET = 72;
    static final int MADE_AT_OFFSET = 80;
    static final int CALLER_OFFSET = 128;

    /** What a caller can keep in each header. */
    static final int MAX_CALLER_BYTES = 1024;

    /**
     * The last block of a segment takes no events: it is left to the marker of a journal that has no next segment, so
     * that a full device never keeps evidence from catching up.
     */
    static final int RESERVE_BYTES = FrameDescriptor.BLOCK_BYTES;

    /** Header block, first marker's block, one block of events, the reserve. */
    static final int MIN_SEGMENT_BYTES = 4 * FrameDescriptor.BLOCK_BYTES;

    /** So that positions in a segment fit an int with room to spare. */
    static final int MAX_SEGMENT_BYTES = 1 << 30;

    private SegmentDescriptor() {}

    /** Bytes of a new segment that frames of the caller's can take. */
    static long usableBytes(long segmentBytes) {
        return segmentBytes - HEADER_BYTES - FrameDescriptor.BLOCK_BYTES - RESERVE_BYTES;
    }
}
