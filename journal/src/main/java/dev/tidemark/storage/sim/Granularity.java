package dev.tidemark.storage.sim;

/** How finely {@link SimStorage#allPowerCuts} decides about writes. */
public enum Granularity {
    /** Each write survives whole or not at all. */
    WRITES,
    /** Each sector of 512 bytes of each write survives or not. */
    SECTORS
}
