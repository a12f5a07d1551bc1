package dev.tidemark.engine.message;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Random messages, of every kind and with the awkward characters. */
public final class Commands {
    private static final String AWKWARD = "ab \"\\;=#:.,{}'\u00e4\u20ac";

    private Commands() {}

    /** A message of one query, or of some commands that change something. */
    public static Message message(Random random) {
        long ifSeq = random.nextInt(3) == 0 ? random.nextInt(1000) : Options.NO_IF;
        if (random.nextInt(6) == 0) {
            Options options = new Options(null, ifSeq);
            return Message.of(
                    switch (random.nextInt(4)) {
                        case 0 -> new Command.Status(null, options);
                        case 1 -> new Command.Status(reference(random), options);
                        case 2 -> new Command.ListVolumes(options);
                        default -> new Command.Jobs(options);
                    });
        }
        String request = random.nextInt(3) == 0 ? "r" + text(random) : null;
        List<Command> commands = new ArrayList<>();
        for (int i = random.nextInt(4); i >= 0; i--) {
            commands.add(command(random, new Options(random.nextBoolean() ? request : null, ifSeq)));
        }
        return new Message(commands);
    }

    private static Command command(Random random, Options options) {
        return switch (random.nextInt(11)) {
            case 0 -> new Command.CreateOrigin(name(random), size(random), random.nextBoolean(), options);
            case 1 -> new Command.CreateSnapshot(name(random), reference(random), random.nextBoolean(), options);
            case 2 -> new Command.Clone(name(random), reference(random), random.nextBoolean(), options);
            case 3 -> new Command.Delete(reference(random), random.nextBoolean(), options);
            case 4 ->
                new Command.Merge(
                        reference(random),
                        random.nextBoolean() ? reference(random) : null,
                        random.nextBoolean(),
                        options);
            case 5 -> new Command.Resize(reference(random), size(random), random.nextBoolean(), options);
            case 6 -> new Command.Rename(reference(random), name(random), options);
            case 7 -> new Command.Label(reference(random), labels(random), options);
            case 8 -> new Command.SetReadonly(reference(random), random.nextBoolean(), options);
            case 9 -> new Command.Checkpoint(options);
            default -> new Command.Flush(options);
        };
    }

    private static Map<String, String> labels(Random random) {
        Map<String, String> labels = new LinkedHashMap<>();
        for (int i = random.nextInt(4); i >= 0; i--) {
            labels.put(name(random), text(random));
        }
        labels.remove("if");
        return labels.isEmpty() ? Map.of("x", "y") : labels;
    }

    private static VolumeRef reference(Random random) {
        return random.nextBoolean()
                ? new VolumeRef.ByName(name(random))
                : new VolumeRef.ById(1 + (random.nextLong() >>> (1 + random.nextInt(62))) / 2);
    }

    private static String name(Random random) {
        String rest = "abcXYZ019._-";
        StringBuilder name = new StringBuilder(random.nextBoolean() ? "v" : "I");
        for (int i = random.nextInt(8); i > 0; i--) {
            name.append(rest.charAt(random.nextInt(rest.length())));
        }
        return name.toString();
    }

    private static long size(Random random) {
        long sectors = 1 + (random.nextLong() >>> (25 + random.nextInt(38)));
        return Math.min(Sizes.MAX_SIZE_BYTES, sectors * Sizes.SECTOR_BYTES);
    }

    /** A text of up to eight characters that may be quoted, escaped, or foreign. */
    public static String text(Random random) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(9); i > 0; i--) {
            if (random.nextInt(10) == 0) {
                text.appendCodePoint(0x1F600);
            } else {
                text.append(AWKWARD.charAt(random.nextInt(AWKWARD.length())));
            }
        }
        return text.toString();
    }
}
