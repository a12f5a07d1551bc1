package dev.tidemark.engine.message;

/** Whole numbers from 0 to {@link Long#MAX_VALUE}, in decimal, without a sign. */
final class Numbers {
    private static final int MAX_DIGITS = 19;

    private Numbers() {}

    /** The number, or -1 for a text that is none. */
    static long parse(String text) {
        if (text.isEmpty() || text.length() > MAX_DIGITS) {
            return -1;
        }
        long number = 0;
        for (int i = 0; i < text.length(); i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9 || number > (Long.MAX_VALUE - digit) / 10) {
                return -1;
            }
            number = number * 10 + digit;
        }
        return number;
    }
}
