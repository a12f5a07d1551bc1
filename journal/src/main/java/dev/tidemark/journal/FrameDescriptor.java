package dev.tidemark.journal;

/**
 * The header of a frame. A frame is its header and its payload, and filler up to the next multiple of 64 bytes. All
 * numbers are little-endian. On disk: do not change.
 *
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-------------------------------+-------------------------------+
 *  |          Header CRC           |          Payload CRC          |   0
 *  +-------------------------------+-------------------------------+
 *  |                            Offset                             |   8
 *  +---------------------------------------------------------------+
 *  |                           First seq                           |  16
 *  +-------------------------------+-------------------------------+
 *  |             Count             |             Epoch             |  24
 *  +-------------------------------+-------------------------------+
 *  |                         Durable up to                         |  32
 *  +---------------------------------------------------------------+
 *  |                      Home durable up to                       |  40
 *  +-------------------------------+-------+-------+---------------+
 *  |            Length             | Kind  | Flags |     Type      |  48
 *  +-------------------------------+-------+-------+---------------+
 *  |                           Reserved                            |  56
 *  +---------------------------------------------------------------+
 *  |                           Payload ...                         |  64
 * </pre>
 *
 * <ul>
 *   <li><b>Header CRC</b>: CRC32C of bytes 4 to 63, xor the lower half of the seed ({@link FrameChecksum#seed}).
 *   <li><b>Payload CRC</b>: CRC32C of the payload, xor the upper half of the seed. A pad has no payload.
 *   <li><b>Offset</b>: where the frame begins in the whole journal.
 *   <li><b>First seq</b>, <b>count</b>: of its events; a frame without events has the seq of the next one, and count 0.
 *   <li><b>Epoch</b>: of the open that wrote it.
 *   <li><b>Durable up to</b>: everything below this offset was on stable storage when the frame was appended. A
 *       multiple of 4 KiB.
 *   <li><b>Home durable up to</b>: a value of the caller's.
 *   <li><b>Length</b>: of the payload, or of a pad's filler, in bytes.
 *   <li><b>Type</b>: a value of the caller's.
 *   <li><b>Reserved</b>: zero; readers take no notice.
 * </ul>
 */
final class FrameDescriptor {
    /**
     * A frame begins at a multiple of this, and its header never crosses a sector: it is torn only behind its header.
     */
    static final int ALIGNMENT = 64;

    static final int HEADER_BYTES = 64;

    /** A force ends at a multiple of this, so that nothing that was forced shares a page with what comes later. */
    static final int BLOCK_BYTES = 4096;

    static final int HEADER_CRC_OFFSET = 0;
    static final int PAYLOAD_CRC_OFFSET = 4;
    static final int OFFSET_OFFSET = 8;
    static final int FIRST_SEQ_OFFSET = 16;
    static final int COUNT_OFFSET = 24;
    static final int EPOCH_OFFSET = 28;
    static final int DURABLE_OFFSET = 32;
    static final int HOME_DURABLE_OFFSET = 40;
    static final int LENGTH_OFFSET = 48;
    static final int KIND_OFFSET = 52;
    static final int FLAGS_OFFSET = 53;
    static final int TYPE_OFFSET = 54;
    static final int RESERVED_OFFSET = 56;

    /** Events of the caller's. */
    static final byte KIND_DATA = 1;

    /** Filler up to a multiple of 4 KiB, or to the end of the segment. */
    static final byte KIND_PAD = 2;

    /** No events; carries <i>durable up to</i>. */
    static final byte KIND_MARKER = 3;

    /** On a marker: the journal was closed in good order after it. */
    static final byte FLAG_CLOSED = 1;

    static final int MAX_TYPE = 0xFFFF;

    private FrameDescriptor() {}

    /** The length of a whole frame with a payload of that length, in bytes. */
    static int frameBytes(int payloadLength) {
        return align(HEADER_BYTES + payloadLength);
    }

    static int align(int length) {
        return (length + ALIGNMENT - 1) & -ALIGNMENT;
    }

    static long alignBlock(long offset) {
        return (offset + BLOCK_BYTES - 1) & -BLOCK_BYTES;
    }

    static long floorBlock(long offset) {
        return offset & -BLOCK_BYTES;
    }
}
