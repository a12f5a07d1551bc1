/**
 * The trees: for each volume a radix tree of fixed-size pages from logical block to physical block, flags and checksum.
 * Pages are counted by reference and copied when shared, so that a snapshot is one more reference to a root. And where
 * other tables find their pages. Pure.
 *
 * <ul>
 *   <li>Enters: changes of mappings in the order of the one history; pages that were brought in.
 *   <li>Leaves: entries for readers, the pages that are dirty, and the physical blocks that no tree holds any more.
 *   <li>Never: I/O (pages are brought in before they are needed), a clock, a thread; a change in place of a page that
 *       is shared or that a checkpoint has written; a new block paired with an old checksum.
 * </ul>
 */
package dev.tidemark.engine.mapping;
