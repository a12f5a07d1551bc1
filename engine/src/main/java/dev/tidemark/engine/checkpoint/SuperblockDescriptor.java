package dev.tidemark.engine.checkpoint;

/**
 * The superblock on disk, little-endian: two copies of 4 KiB, at 0 and at 4096. Do not change: extend at the end and
 * raise the version. Version 1 has no checkpoint, and zeros or options in its place; a copy without one is still
 * written as version 1.
 *
 * <pre>
 *    0        8       12       16               24               40       44       48               56
 *   +--------+-------+--------+----------------+----------------+--------+--------+----------------+
 *   | magic  |version| CRC32C | generation     | store UUID     | block  | options| capacity       |
 *   |"TIDEMAR|       | of all | 8 bytes        | 16 bytes       | size   | length | 8 bytes        |
 *   | K"     |       | but it |                |                |        |        |                |
 *   +--------+-------+--------+----------------+----------------+--------+--------+----------------+
 *   56               64                                                                     3840
 *   +----------------+------------------------------------------------------------------+
 *   | created at, ms | options: UTF-8 lines key=value                                   | zeros to 3840
 *   +----------------+------------------------------------------------------------------+
 *   3840             3848             3856             3864             3872   3876   3880   3884   3888   3892
 *   +----------------+----------------+----------------+----------------+------+------+------+------+------+
 *   | checkpoint's   | seq            | journal offset | root stream's  | first| first|chunks|check-|jour- | zeros
 *   | number         |                |                | length, bytes  | slot | slots|      | sum  |nal   | to
 *   |                |                |                |                |      |      |      |      |epoch | 4096
 *   +----------------+----------------+----------------+----------------+------+------+------+------+------+
 * </pre>
 */
final class SuperblockDescriptor {
    static final long MAGIC = 0x4B52414D45444954L; // "TIDEMARK" in little-endian order
    static final int VERSION_WITHOUT_CHECKPOINT = 1;
    static final int VERSION = 3;
    /** Until then each volume that is gone had a row in the root stream. */
    static final int VERSION_OF_GONE_ROWS = 2;

    static final int COPY_BYTES = 4096;
    static final int COPIES = 2;

    static final int MAGIC_OFFSET = 0;
    static final int VERSION_OFFSET = 8;
    static final int CHECKSUM_OFFSET = 12;
    static final int GENERATION_OFFSET = 16;
    static final int STORE_OFFSET = 24;
    static final int BLOCK_SIZE_OFFSET = 40;
    static final int OPTIONS_LENGTH_OFFSET = 44;
    static final int CAPACITY_OFFSET = 48;
    static final int CREATED_AT_OFFSET = 56;
    static final int OPTIONS_OFFSET = 64;
    static final int CHECKPOINT_NUMBER_OFFSET = 3840;
    static final int CHECKPOINT_SEQ_OFFSET = 3848;
    static final int CHECKPOINT_JOURNAL_OFFSET = 3856;
    static final int CHECKPOINT_LENGTH_OFFSET = 3864;
    static final int CHECKPOINT_FIRST_SLOT_OFFSET = 3872;
    static final int CHECKPOINT_FIRST_SLOTS_OFFSET = 3876;
    static final int CHECKPOINT_CHUNKS_OFFSET = 3880;
    static final int CHECKPOINT_CHECKSUM_OFFSET = 3884;
    static final int CHECKPOINT_EPOCH_OFFSET = 3888;

    /** So many are read from a copy of version 1, and fewer written, so that a checkpoint always finds its place. */
    static final int MAX_OPTIONS_BYTES_READ = COPY_BYTES - OPTIONS_OFFSET;

    static final int MAX_OPTIONS_BYTES = CHECKPOINT_NUMBER_OFFSET - OPTIONS_OFFSET;

    private SuperblockDescriptor() {}
}
