/**
 * The read path, on the caller's own thread: pin an epoch, look the block up, read it, verify its checksum.
 *
 * <ul>
 *   <li>Enters: a volume, an offset, a length.
 *   <li>Leaves: bytes as of one moment for each block, zeros for what is not mapped, or an I/O error that names volume,
 *       block and seq.
 *   <li>Never: a place in the ring, a wait for the writer or a lock that it takes, a change of state.
 * </ul>
 */
package dev.tidemark.engine.read;
