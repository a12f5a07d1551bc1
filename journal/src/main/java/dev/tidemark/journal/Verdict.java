package dev.tidemark.journal;

/** What phase 1 of a recovery found. */
public enum Verdict {
    /** Whole frames up to the end, and nothing behind it. */
    CLEAN,
    /** Behind the last whole frame lies something that was never acknowledged as durable; it will be saved and cut. */
    TORN,
    /** Something that was durable is damaged or missing. Nothing may be changed. */
    CORRUPT,
    /** Written by a newer version. Nothing may be changed. */
    TOO_NEW
}
