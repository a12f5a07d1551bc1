package dev.tidemark.journal;

/**
 * The recovery decision table: what is made of the place where the walk along the frames came to its end. Exactly one
 * row fits every {@link Inputs}; the numbers are those of FORMAT.md.
 */
public enum RecoveryRow {
    /** A whole header of a version that is not known here. */
    NEWER_VERSION(1, Verdict.TOO_NEW, "written by a newer version"),
    /** A whole header, but of another store or another place: no crash leaves such a thing. */
    STRANGE_SEGMENT(2, Verdict.CORRUPT, "the segment belongs to another store or another place"),
    /** The journal's first header was durable before the journal existed. */
    NO_BEGINNING(3, Verdict.CORRUPT, "the first segment that is needed is missing or has no whole header"),
    /** A segment that evidence lies behind is not there. */
    MISSING_SEGMENT(4, Verdict.CORRUPT, "the segment is missing, and what came later was durable"),
    /** A segment that evidence lies behind has no whole header. */
    DAMAGED_HEADER(5, Verdict.CORRUPT, "the segment's header is damaged, and what came later was durable"),
    /** A frame that evidence lies behind is not whole. */
    DAMAGED_FRAME(6, Verdict.CORRUPT, "the frame is damaged, and what came later was durable"),
    /** The frames end before the evidence does. */
    LOST_END(7, Verdict.CORRUPT, "the frames end here, and more than this was durable"),
    /** Whole frames up to the end, and nothing behind. */
    CLEAN_END(8, Verdict.CLEAN, "the end"),
    /** A frame that is not whole, or not the next one, and nothing says that it was durable. */
    TORN_FRAME(9, Verdict.TORN, "the last frames were not written whole"),
    /** A segment was begun and its header did not get there whole. */
    TORN_HEADER(10, Verdict.TORN, "the last segment was not begun whole"),
    /** The frames end, but somewhere behind lies what was never durable. */
    STRAY_BYTES(11, Verdict.TORN, "behind the last frame lies what was never durable");

    /** What was found where the walk came to its end. */
    public enum Place {
        /** Zeros in a segment, where the next frame would begin. */
        UNUSED,
        /** Something in a segment that is not the next frame. */
        FRAME,
        /** The end of a segment, and the next one has zeros for a header, or there is no segment behind. */
        NO_NEXT,
        /** The end of a segment; the next one has a header that is not whole, or older than what lies before. */
        HEADER,
        /** The end of a segment; there is none of the right name, but later ones. */
        GAP,
        /** The end of a segment, or the beginning; a header that is whole, but of another store or another place. */
        STRANGE,
        /** A header that is whole, of a newer version. */
        NEWER
    }

    /**
     * What the decision depends on.
     *
     * @param place what was found
     * @param beginning whether this is the header of the first segment that is needed
     * @param belowEvidence whether something says that more than this was durable
     * @param somethingBehind whether anything but zeros follows
     */
    public record Inputs(Place place, boolean beginning, boolean belowEvidence, boolean somethingBehind) {}

    private final int number;
    private final Verdict verdict;
    private final String text;

    RecoveryRow(int number, Verdict verdict, String text) {
        this.number = number;
        this.verdict = verdict;
        this.text = text;
    }

    /** The row's number in FORMAT.md. */
    public int number() {
        return number;
    }

    public Verdict verdict() {
        return verdict;
    }

    /** What it means, for a message. */
    public String text() {
        return text;
    }

    /** Whether this row is the one for these inputs. */
    public boolean fits(Inputs in) {
        Place place = in.place;
        boolean readable = place != Place.NEWER && place != Place.STRANGE;
        boolean later = readable && !in.beginning;
        boolean below = later && in.belowEvidence;
        boolean beyond = later && !in.belowEvidence;
        boolean ends = place == Place.UNUSED || place == Place.NO_NEXT;
        return switch (this) {
            case NEWER_VERSION -> place == Place.NEWER;
            case STRANGE_SEGMENT -> place == Place.STRANGE;
            case NO_BEGINNING -> readable && in.beginning;
            case MISSING_SEGMENT -> below && place == Place.GAP;
            case DAMAGED_HEADER -> below && place == Place.HEADER;
            case DAMAGED_FRAME -> below && place == Place.FRAME;
            case LOST_END -> below && ends;
            case CLEAN_END -> beyond && ends && !in.somethingBehind;
            case TORN_FRAME -> beyond && place == Place.FRAME;
            case TORN_HEADER -> beyond && place == Place.HEADER;
            case STRAY_BYTES -> beyond && (place == Place.GAP || (ends && in.somethingBehind));
        };
    }

    /** The row for these inputs. */
    public static RecoveryRow decide(Inputs inputs) {
        for (RecoveryRow row : values()) {
            if (row.fits(inputs)) {
                return row;
            }
        }
        throw new IllegalStateException("no row for " + inputs);
    }
}
