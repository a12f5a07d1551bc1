package dev.tidemark.storage.sim;

import java.util.BitSet;

/**
 * A random choice of survivors. A fair coin for everything would hardly ever meet the states in which most bugs hide
 * (all lost but one, one sector missing, a cut in time), so a style is drawn first.
 */
final class SeededSurvival implements Survival {
    /** Above this many sectors a tear is drawn as few ranges instead of a coin for each sector. */
    private static final int COIN_SECTORS = 1024;

    private enum Style {
        NOTHING,
        EVERYTHING,
        MIXED,
        MOSTLY_LOST,
        MOSTLY_KEPT,
        ALL_TORN,
        EARLIER_KEPT,
        LATER_KEPT
    }

    private static final Style[] STYLES = Style.values();

    private final SplitMix random;
    private final Style content;
    private final Style names;
    private final long pivot;
    private final BitSet kept = new BitSet();

    /**
     * Draws a style.
     *
     * @param firstOperation the number of the earliest operation that is undecided
     * @param endOperation one more than the number of the latest
     */
    SeededSurvival(SplitMix random, long firstOperation, long endOperation) {
        this.random = random;
        this.content = STYLES[random.below(STYLES.length)];
        // Half of the time files and names share a style: a clean cut in time over both must come up.
        this.names = random.coin() ? content : STYLES[random.below(STYLES.length)];
        this.pivot = firstOperation + random.below(Math.max(1, endOperation - firstOperation));
    }

    @Override
    public boolean keeps(NameChange change) {
        return switch (names) {
            case NOTHING -> false;
            case EVERYTHING -> true;
            case MIXED, ALL_TORN -> random.coin();
            case MOSTLY_LOST -> random.chance(15);
            case MOSTLY_KEPT -> random.chance(85);
            case EARLIER_KEPT -> change.operation() < pivot || (change.operation() == pivot && random.coin());
            case LATER_KEPT -> change.operation() > pivot || (change.operation() == pivot && random.coin());
        };
    }

    @Override
    public void apply(Change change, PageMap image) {
        switch (content) {
            case NOTHING -> {}
            case EVERYTHING -> change.applyTo(image);
            case MIXED -> draw(change, image, 33, 33);
            case MOSTLY_LOST -> draw(change, image, 10, 10);
            case MOSTLY_KEPT -> draw(change, image, 80, 10);
            case ALL_TORN -> draw(change, image, 0, 100);
            case EARLIER_KEPT ->
                draw(change, image, change.operation < pivot ? 100 : 0, change.operation == pivot ? 80 : 0);
            case LATER_KEPT ->
                draw(change, image, change.operation > pivot ? 100 : 0, change.operation == pivot ? 80 : 0);
        }
    }

    private void draw(Change change, PageMap image, int wholePercent, int tornPercent) {
        int drawn = random.below(100);
        if (drawn < wholePercent) {
            change.applyTo(image);
        } else if (drawn < wholePercent + tornPercent) {
            tear(change, image);
        }
    }

    private void tear(Change change, PageMap image) {
        int sectors = change.sectors();
        kept.clear();
        switch (random.below(5)) {
            case 0 -> kept.set(0, random.below(sectors + 1)); // the first ones
            case 1 -> kept.set(random.below(sectors + 1), sectors); // the last ones
            case 2 -> { // all but one
                kept.set(0, sectors);
                kept.clear(random.below(sectors));
            }
            case 3 -> kept.set(random.below(sectors)); // only one
            default -> drawSectors(sectors);
        }
        change.applyTo(image, kept);
        // The size can be there without the data: the rest reads as zeros.
        if (change.extendsBeyond(image.size()) && random.coin()) {
            image.resize(change.end());
        }
    }

    private void drawSectors(int sectors) {
        if (sectors > COIN_SECTORS) {
            for (int i = 0; i < 8; i++) {
                int from = random.below(sectors);
                kept.set(from, from + 1 + random.below(sectors - from));
                from = random.below(sectors);
                kept.clear(from, from + 1 + random.below(sectors - from));
            }
            return;
        }
        for (int i = 0; i < sectors; i++) {
            if (random.coin()) {
                kept.set(i);
            }
        }
    }
}
