package dev.tidemark.engine.history;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Draws steps from a seed. */
public final class Steps {
    private static final Step.Kind[] KINDS = {
        Step.Kind.CREATE,
        Step.Kind.SNAPSHOT,
        Step.Kind.SNAPSHOT,
        Step.Kind.SNAPSHOT,
        Step.Kind.CLONE,
        Step.Kind.CLONE,
        Step.Kind.DELETE,
        Step.Kind.DELETE,
        Step.Kind.MERGE,
        Step.Kind.MERGE,
        Step.Kind.MERGE,
        Step.Kind.RESIZE,
        Step.Kind.RESIZE,
        Step.Kind.RENAME,
        Step.Kind.LABEL,
        Step.Kind.READONLY,
        Step.Kind.FLUSH,
        Step.Kind.CHECKPOINT
    };

    /** How often each step comes, by style: a bit of everything; much writing that is rarely forced; many snapshots. */
    private static final String[] WEIGHTS = {
        "wwwwwwwwwwwwwwwwwddzzzffsssssssarrrrrrrrppiilloc",
        "wwwwwwwwwwwwwwwwwwwwwwwwwwwwdzsspppppppppprrio",
        "wwwwwwwwwwdzfsssssssssssssaarrrrrppiilocce"
    };

    private final SplittableRandom random;
    private final int style;

    private Steps(long seed) {
        random = new SplittableRandom(seed);
        style = (int) Math.floorMod(seed, (long) WEIGHTS.length);
    }

    /** A history of {@code count} steps that begins with a volume. */
    public static List<Step> draw(long seed, int count) {
        Steps steps = new Steps(seed);
        List<Step> all = new ArrayList<>();
        all.add(new Step.Say(List.of(new Step.Verb(Step.Kind.CREATE, 0, 0, steps.number(), false)), 0, 0));
        all.add(new Step.Run(1));
        while (all.size() < count) {
            all.add(steps.next());
        }
        return all;
    }

    private int number() {
        return random.nextInt(Integer.MAX_VALUE);
    }

    private boolean oneIn(int n) {
        return random.nextInt(n) == 0;
    }

    private Step next() {
        int choice = random.nextInt(WEIGHTS[style].length());
        return switch (WEIGHTS[style].charAt(choice)) {
            case 'w' -> new Step.Write(number(), number(), number(), random.nextLong(), oneIn(8));
            case 'd' -> new Step.Discard(number(), number(), number(), oneIn(8));
            case 'z' -> new Step.Zeroes(number(), number(), number(), oneIn(8));
            case 'f' -> new Step.Flush();
            case 's' -> say();
            case 'r' -> new Step.Run(1 + random.nextInt(6));
            case 'p' -> new Step.Place(1 + random.nextInt(4));
            case 'i' -> new Step.Idle(oneIn(3) ? random.nextInt(1500) : random.nextInt(100));
            case 'l' -> new Step.Read(number(), number(), number());
            case 'a' -> new Step.Again(number());
            case 'c' -> new Step.Attach(number(), oneIn(3));
            case 'e' -> new Step.Detach(number());
            default -> oneIn(4) ? new Step.Reopen(random.nextBoolean()) : new Step.Flush();
        };
    }

    private Step say() {
        int count = oneIn(4) ? 2 + random.nextInt(3) : 1;
        List<Step.Verb> verbs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Step.Kind kind = KINDS[random.nextInt(KINDS.length)];
            verbs.add(new Step.Verb(kind, number(), number(), number(), random.nextBoolean()));
        }
        int request = oneIn(5) ? 1 + random.nextInt(6) : 0;
        return new Step.Say(verbs, request, oneIn(6) ? 1 + random.nextInt(4) : 0);
    }
}
