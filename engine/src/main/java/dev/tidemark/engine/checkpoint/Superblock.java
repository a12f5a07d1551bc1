package dev.tidemark.engine.checkpoint;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;

/**
 * What stands in the superblock: what the store is, and where its last checkpoint is. Immutable.
 *
 * @param generation grows with every change; of two good copies the larger one counts
 * @param store the store's identity, also in every journal segment
 * @param blockSizeBytes a power of two from 4 KiB to 64 KiB
 * @param capacityBytes of the exception store, a multiple of the block size
 * @param createdAtMs milliseconds since the epoch
 * @param options the store's options by key, as text
 * @param checkpoint where the last checkpoint is, or {@link CheckpointPlace#NONE}
 */
public record Superblock(
        long generation,
        UUID store,
        int blockSizeBytes,
        long capacityBytes,
        long createdAtMs,
        Map<String, String> options,
        CheckpointPlace checkpoint) {
    /** Sorts and copies the options. */
    public Superblock {
        options = Collections.unmodifiableMap(new TreeMap<>(options));
        Objects.requireNonNull(checkpoint);
    }

    /** Of a store without a checkpoint. */
    public Superblock(
            long generation,
            UUID store,
            int blockSizeBytes,
            long capacityBytes,
            long createdAtMs,
            Map<String, String> options) {
        this(generation, store, blockSizeBytes, capacityBytes, createdAtMs, options, CheckpointPlace.NONE);
    }

    /** The same with other options, as the next generation. */
    public Superblock withOptions(Map<String, String> newOptions) {
        return new Superblock(
                generation + 1, store, blockSizeBytes, capacityBytes, createdAtMs, newOptions, checkpoint);
    }

    /** The same with another checkpoint, as the next generation. */
    public Superblock withCheckpoint(CheckpointPlace newCheckpoint) {
        return new Superblock(
                generation + 1, store, blockSizeBytes, capacityBytes, createdAtMs, options, newCheckpoint);
    }

    /** The options as {@code key=value} lines. */
    String optionsText() {
        StringBuilder text = new StringBuilder();
        options.forEach(
                (key, value) -> text.append(key).append('=').append(value).append('\n'));
        return text.toString();
    }

    static Map<String, String> parseOptions(byte[] text) {
        Map<String, String> options = new TreeMap<>();
        for (String line : new String(text, StandardCharsets.UTF_8).split("\n", -1)) {
            int equals = line.indexOf('=');
            if (equals > 0) {
                options.put(line.substring(0, equals), line.substring(equals + 1));
            }
        }
        return options;
    }
}
