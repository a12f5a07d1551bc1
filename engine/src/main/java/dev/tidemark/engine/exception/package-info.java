/**
 * The exception store's file: the physical blocks that all volumes share.
 *
 * <ul>
 *   <li>Enters: blocks to write at places that the allocator chose; places to read, with the checksum to expect.
 *   <li>Leaves: verified bytes, or an error that names the block. A mismatch is never returned as data.
 *   <li>Never: an overwrite of a block that is on disk, a decision on where a block goes, or a read without its
 *       checksum.
 * </ul>
 */
package dev.tidemark.engine.exception;
