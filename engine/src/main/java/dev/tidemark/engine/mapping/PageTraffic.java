package dev.tidemark.engine.mapping;

/**
 * What pages are in memory, and what came and went since the store was opened.
 *
 * @param resident pages in memory
 * @param faults pages that were brought in
 * @param evictions pages that left memory
 */
public record PageTraffic(long resident, long faults, long evictions) {}
