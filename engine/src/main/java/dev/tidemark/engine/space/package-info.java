/**
 * Who owns which physical block: free space, reference counts, allocation in long runs, reserves. Pure.
 *
 * <ul>
 *   <li>Enters: requests for blocks at PLACE; the placement that an event carries, at replay; blocks that were freed,
 *       with the seq of the freeing event; the durable position and the oldest epoch that a reader pins.
 *   <li>Leaves: runs of blocks, or a clear "no space"; the room that is left.
 *   <li>Never: I/O, a clock, a thread; a freed block given out before the frame that frees it is known to be durable,
 *       or while a reader may still look at it.
 * </ul>
 */
package dev.tidemark.engine.space;
