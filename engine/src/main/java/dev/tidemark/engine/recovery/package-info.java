/**
 * Opening a store: the superblock, then the journal's tail through the applier, then home copies of the data that
 * frames carry. Takes time in proportion to the journal since the checkpoint.
 *
 * <ul>
 *   <li>Enters: a store's folder, clean or not.
 *   <li>Leaves: the state at the end of the recovered prefix, forced, ready for a new epoch; or one verdict that says
 *       what is damaged and where, with nothing changed.
 *   <li>Never: a call of the allocator (events carry their placement), trust in the page cache of a process that
 *       failed, history cut because a block's checksum does not match, or a step that a second crash could not repeat.
 * </ul>
 */
package dev.tidemark.engine.recovery;
