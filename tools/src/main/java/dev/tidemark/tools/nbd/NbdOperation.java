package dev.tidemark.tools.nbd;

/** What clients ask for, as the metrics count it. */
public enum NbdOperation {
    /** Reads of data. */
    READ,
    /** Writes of data. */
    WRITE,
    /** Flushes. */
    FLUSH,
    /** Discards, which the protocol calls trim. */
    TRIM,
    /** Write-zeroes, with and without holes. */
    ZEROES,
    /** Prefetches. */
    CACHE,
    /** Block status queries. */
    STATUS,
    /** Commands that this server does not know. */
    UNKNOWN
}
