package dev.tidemark.engine.message;

/** Sizes of volumes: bytes, or K, M, G, T in powers of 1024; multiples of 512 from 512 bytes to 256T. */
public final class Sizes {
    /** Sizes are multiples of this many bytes: the smallest sector that hosts know. */
    public static final int SECTOR_BYTES = 512;
    /** The smallest volume: one sector. A volume without any byte would only be an error waiting for its client. */
    public static final long MIN_SIZE_BYTES = SECTOR_BYTES;
    /** The largest volume: 256T. */
    public static final long MAX_SIZE_BYTES = 256L << 40;

    private static final String UNITS = "KMGT";
    /** More digits than any allowed size has. */
    private static final int MAX_DIGITS = 18;

    private Sizes() {}

    /** Checks a volume's size in bytes; gives it back. Throws {@link BadCommandException} with {@code bad-size}. */
    public static long check(long sizeBytes) {
        if (sizeBytes < MIN_SIZE_BYTES || sizeBytes > MAX_SIZE_BYTES) {
            throw badSize("a volume has from 512 bytes to 256T, not " + sizeBytes + " bytes");
        }
        if (sizeBytes % SECTOR_BYTES != 0) {
            long below = sizeBytes - sizeBytes % SECTOR_BYTES;
            throw badSize("a volume's size is a multiple of 512 bytes: " + sizeBytes + " is not, "
                    + (below < MIN_SIZE_BYTES ? "" : below + " and ") + (below + SECTOR_BYTES) + " are");
        }
        return sizeBytes;
    }

    /** Reads {@code 10G} and checks it; {@code key} names it in errors. Throws {@link BadCommandException}. */
    public static long parse(String key, String text) {
        int digits = 0;
        while (digits < text.length() && text.charAt(digits) >= '0' && text.charAt(digits) <= '9') {
            digits++;
        }
        int unit = digits == text.length() - 1 ? UNITS.indexOf(text.charAt(digits)) : -1;
        if (digits == 0 || (unit < 0 && digits < text.length())) {
            throw new BadCommandException(key + "= takes a number of bytes, or a number and one of K, M, G, T (such as "
                    + "10G), not " + Rules.shown(text));
        }
        if (digits > MAX_DIGITS) {
            throw badSize(key + "=" + Rules.shown(text) + " is larger than 256T");
        }
        long number = Long.parseLong(text, 0, digits, 10);
        int shift = 10 * (unit + 1);
        if (number > MAX_SIZE_BYTES >> shift) {
            throw badSize(key + "=" + text + " is larger than 256T");
        }
        return check(number << shift);
    }

    /** The shortest exact form: {@code 10G}, {@code 1536M}, {@code 512}. */
    public static String print(long sizeBytes) {
        int unit = 0;
        long number = sizeBytes;
        while (unit < UNITS.length() && number != 0 && number % 1024 == 0) {
            number /= 1024;
            unit++;
        }
        return unit == 0 ? Long.toString(number) : number + UNITS.substring(unit - 1, unit);
    }

    private static BadCommandException badSize(String text) {
        return new BadCommandException(ErrorCode.BAD_SIZE, 0, text);
    }
}
