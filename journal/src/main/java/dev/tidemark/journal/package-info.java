/**
 * The write-ahead journal: an append-only sequence of checksummed frames in segments, and what recovery makes of it.
 *
 * <ul>
 *   <li>Enters: opaque payloads in order, and force requests; at open, what the caller knows: the floor below which
 *       segments are no longer needed, and its own evidence of what was durable.
 *   <li>Leaves: the durable position, which is the end of the longest prefix of frames that are forced; and on replay
 *       exactly a prefix of what was appended, which holds everything that was ever reported as durable.
 *   <li>Never: a look into a payload (no protobuf here), an append after the first failure, a write to bytes that were
 *       forced, or a cut of anything below the evidence: that is damage, and it is refused, not repaired.
 * </ul>
 */
package dev.tidemark.journal;
