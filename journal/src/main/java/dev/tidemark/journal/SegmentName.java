package dev.tidemark.journal;

import java.util.HexFormat;

/** The names of segment files: the first offset in 16 hexadecimal digits, so that their order is the journal's. */
final class SegmentName {
    static final String SUFFIX = ".seg";

    /** A segment that is being zero-filled; worthless after a crash. */
    static final String DRAFT_SUFFIX = ".prep";

    /** Bytes that a repair cut off the journal's end, saved aside. */
    static final String SAVED_SUFFIX = ".torn";

    private static final HexFormat HEX = HexFormat.of();
    private static final int DIGITS = 16;

    private SegmentName() {}

    static String of(long first) {
        return HEX.toHexDigits(first) + SUFFIX;
    }

    static String draft(long first) {
        return HEX.toHexDigits(first) + DRAFT_SUFFIX;
    }

    /** The name for bytes cut off at an offset; the number tells several of the same offset apart. */
    static String saved(long offset, int number) {
        return HEX.toHexDigits(offset) + "." + number + SAVED_SUFFIX;
    }

    static boolean isSegment(String name) {
        return name.length() == DIGITS + SUFFIX.length()
                && name.endsWith(SUFFIX)
                && name.chars().limit(DIGITS).allMatch(c -> (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))
                && name.charAt(0) <= '7';
    }

    /** The first offset, of a name that {@link #isSegment}. */
    static long firstOffset(String name) {
        return HexFormat.fromHexDigitsToLong(name, 0, DIGITS);
    }
}
