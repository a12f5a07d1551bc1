/**
 * The single writer: PLACE and APPLY on one thread, JOURNAL and COMPLETE on the next; or, for a caller that waits while
 * nothing else is under way, both on the caller's. Who has a stage's turn is its one thread. The only importer of the
 * Disruptor.
 *
 * <ul>
 *   <li>Enters: requests from any thread through one bounded ring: commands, writes, flushes, steps of jobs.
 *   <li>Leaves: answers in the order of the ring, each after what it promised is durable; the durable position; freed
 *       blocks, back to the allocator.
 *   <li>Never: an acknowledgement after the first failure (fail-stop), a store thread that blocks on publishing into
 *       its own ring, or a change of state that replay would not make in the same way.
 * </ul>
 */
package dev.tidemark.engine.pipeline;
