package dev.tidemark.engine;

import dev.tidemark.engine.message.Sizes;
import dev.tidemark.journal.RetentionPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a store keeps about how it is to be run; stored in its superblock, shown by {@code status}. Immutable.
 *
 * @param forceIntervalMs how old a write that was answered and is not durable may become, 10 to 60,000 ms
 * @param inFlightBytes payload bytes of writes that may be under way at one time, 32 MiB to 4 GiB
 * @param inlineBytes data up to which a journal frame carries it instead of a second force, 0 to 512 KiB
 * @param journalSegmentBytes of each new journal segment, 4 MiB to 1 GiB
 * @param metadataMemoryBytes what pages of mappings and reference counts should take in memory, 4 MiB to 1 TiB
 * @param checkpointJournalBytes of journal after which a checkpoint is taken, 1 MiB to 1 TiB
 * @param checkpointIntervalSeconds after which one is taken when something changed, 1 to 86,400
 * @param retention how long journal is kept that recovery does not need: {@code all}, {@code none}, a size or an age
 * @param lowSpacePercents free space levels at which the store warns, each 1 to 99, descending, at most 8
 */
public record StoreOptions(
        long forceIntervalMs,
        long inFlightBytes,
        int inlineBytes,
        int journalSegmentBytes,
        long metadataMemoryBytes,
        long checkpointJournalBytes,
        long checkpointIntervalSeconds,
        RetentionPolicy retention,
        List<Integer> lowSpacePercents) {
    /** The options of a store that was made without any. */
    public static final StoreOptions DEFAULT = new StoreOptions(
            1000,
            64L << 20,
            256 << 10,
            64 << 20,
            256L << 20,
            256L << 20,
            300,
            RetentionPolicy.ofBytes(1L << 30),
            List.of(20, 10, 5));

    private static final String FORCE_INTERVAL = "force-interval";
    private static final String IN_FLIGHT = "in-flight";
    private static final String INLINE_LIMIT = "inline-limit";
    private static final String JOURNAL_SEGMENT = "journal-segment";
    private static final String LOW_SPACE = "low-space";

    private static final String METADATA_MEMORY = "metadata-memory";
    private static final String CHECKPOINT_JOURNAL = "checkpoint-journal";
    private static final String CHECKPOINT_INTERVAL = "checkpoint-interval";
    private static final String RETENTION = "retention";

    private static final String AGE_UNITS = "smhd";
    private static final long[] AGE_SECONDS = {1, 60, 3600, 86_400};
    private static final Duration MAX_AGE = Duration.ofDays(36_500);

    private static final int MAX_LEVELS = 8;

    /** Throws {@link IllegalArgumentException} as {@code name=value: why}. */
    public StoreOptions {
        lowSpacePercents = List.copyOf(lowSpacePercents);
        range(FORCE_INTERVAL, forceIntervalMs, 10, 60_000, "milliseconds from 10 to 60000");
        range(IN_FLIGHT, inFlightBytes, 32L << 20, 4L << 30, "a size from 32M to 4G");
        range(INLINE_LIMIT, inlineBytes, 0, 512 << 10, "a size from 0 to 512K");
        range(JOURNAL_SEGMENT, journalSegmentBytes, 4 << 20, 1 << 30, "a size from 4M to 1G");
        if (journalSegmentBytes % 4096 != 0) {
            throw bad(JOURNAL_SEGMENT, Long.toString(journalSegmentBytes), "a multiple of 4096");
        }
        range(METADATA_MEMORY, metadataMemoryBytes, 4L << 20, 1L << 40, "a size from 4M to 1T");
        range(CHECKPOINT_JOURNAL, checkpointJournalBytes, 1L << 20, 1L << 40, "a size from 1M to 1T");
        range(CHECKPOINT_INTERVAL, checkpointIntervalSeconds, 1, 86_400, "seconds from 1 to 86400");
        int last = 100;
        for (int level : lowSpacePercents) {
            if (level < 1 || level >= last || lowSpacePercents.size() > MAX_LEVELS) {
                throw bad(LOW_SPACE, commas(lowSpacePercents), "at most 8 descending percents from 99 to 1");
            }
            last = level;
        }
    }

    /** The options with some of them set from text, each {@code key -> value}. Throws as the constructor does. */
    public StoreOptions with(Map<String, String> texts) {
        Map<String, String> all = new TreeMap<>(toMap());
        texts.forEach((key, value) -> {
            if (!all.containsKey(key)) {
                throw new IllegalArgumentException(key + "=" + value + ": there is no such option; the options are "
                        + String.join(", ", all.keySet()));
            }
            all.put(key, value);
        });
        return new StoreOptions(
                number(FORCE_INTERVAL, all),
                size(IN_FLIGHT, all),
                Math.toIntExact(Math.min(Integer.MAX_VALUE, size(INLINE_LIMIT, all))),
                Math.toIntExact(Math.min(Integer.MAX_VALUE, size(JOURNAL_SEGMENT, all))),
                size(METADATA_MEMORY, all),
                size(CHECKPOINT_JOURNAL, all),
                number(CHECKPOINT_INTERVAL, all),
                retention(all.get(RETENTION)),
                levels(all.get(LOW_SPACE)));
    }

    /** All options as text, by key. */
    public Map<String, String> toMap() {
        Map<String, String> map = new TreeMap<>();
        map.put(FORCE_INTERVAL, Long.toString(forceIntervalMs));
        map.put(IN_FLIGHT, Sizes.print(inFlightBytes));
        map.put(INLINE_LIMIT, Sizes.print(inlineBytes));
        map.put(JOURNAL_SEGMENT, Sizes.print(journalSegmentBytes));
        map.put(METADATA_MEMORY, Sizes.print(metadataMemoryBytes));
        map.put(CHECKPOINT_JOURNAL, Sizes.print(checkpointJournalBytes));
        map.put(CHECKPOINT_INTERVAL, Long.toString(checkpointIntervalSeconds));
        map.put(RETENTION, print(retention));
        map.put(LOW_SPACE, commas(lowSpacePercents));
        return map;
    }

    private static String commas(List<Integer> levels) {
        return String.join(",", levels.stream().map(String::valueOf).toList());
    }

    private static RetentionPolicy retention(String text) {
        if (text.equals("all")) {
            return RetentionPolicy.ALL;
        }
        if (text.equals("none")) {
            return RetentionPolicy.NONE;
        }
        int unit = text.isEmpty() ? -1 : AGE_UNITS.indexOf(text.charAt(text.length() - 1));
        try {
            if (unit >= 0) {
                long number = Long.parseLong(text.substring(0, text.length() - 1));
                Duration age = Duration.ofSeconds(Math.multiplyExact(number, AGE_SECONDS[unit]));
                if (number > 0 && age.compareTo(MAX_AGE) <= 0) {
                    return RetentionPolicy.ofAge(age);
                }
            } else {
                return RetentionPolicy.ofBytes(size(RETENTION, Map.of(RETENTION, text)));
            }
        } catch (IllegalArgumentException | ArithmeticException e) {
            // said below
        }
        throw bad(RETENTION, text, "all, none, a size such as 10G, or an age such as 12h or 30d");
    }

    private static String print(RetentionPolicy policy) {
        if (policy.equals(RetentionPolicy.ALL)) {
            return "all";
        }
        if (policy.equals(RetentionPolicy.NONE)) {
            return "none";
        }
        if (policy.maxBytes() != Long.MAX_VALUE) {
            return Sizes.print(policy.maxBytes());
        }
        long seconds = policy.maxAge().toSeconds();
        int unit = AGE_SECONDS.length - 1;
        while (seconds % AGE_SECONDS[unit] != 0) {
            unit--;
        }
        return seconds / AGE_SECONDS[unit] + AGE_UNITS.substring(unit, unit + 1);
    }

    private static List<Integer> levels(String text) {
        List<Integer> levels = new ArrayList<>();
        for (String part : text.isEmpty() ? new String[0] : text.split(",", -1)) {
            try {
                levels.add(Integer.parseInt(part.trim()));
            } catch (NumberFormatException e) {
                throw bad(LOW_SPACE, text, "percents separated by commas, such as 20,10,5");
            }
        }
        return levels;
    }

    private static long number(String key, Map<String, String> texts) {
        try {
            return Long.parseLong(texts.get(key));
        } catch (NumberFormatException e) {
            throw bad(key, texts.get(key), "a whole number");
        }
    }

    private static long size(String key, Map<String, String> texts) {
        String text = texts.get(key);
        int unit = text.isEmpty() ? -1 : "KMGT".indexOf(text.charAt(text.length() - 1));
        try {
            long digits = Long.parseLong(unit < 0 ? text : text.substring(0, text.length() - 1));
            return Math.multiplyExact(digits, 1L << (10 * (unit + 1)));
        } catch (NumberFormatException | ArithmeticException e) {
            throw bad(key, text, "bytes, or a number with K, M, G or T");
        }
    }

    private static void range(String key, long value, long least, long most, String allowed) {
        if (value < least || value > most) {
            throw bad(key, Long.toString(value), allowed);
        }
    }

    private static IllegalArgumentException bad(String key, String value, String allowed) {
        return new IllegalArgumentException(key + "=" + value + ": must be " + allowed);
    }

    /** The keys of all options. */
    public static List<String> keys() {
        return List.copyOf(DEFAULT.toMap().keySet());
    }
}
