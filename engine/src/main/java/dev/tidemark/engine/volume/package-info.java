/**
 * The catalogue: volumes with their ids, names, kinds, sizes and labels, and their lineage. Pure.
 *
 * <ul>
 *   <li>Enters: facts about volumes that were made, renamed, resized, merged or deleted.
 *   <li>Leaves: answers about what exists, and where it came from; pages of what is gone, written like those of trees.
 *   <li>Never: I/O (pages are brought in before they are needed), a clock, a thread; an id given twice; an origin kept
 *       alive by what was cloned from it.
 * </ul>
 */
package dev.tidemark.engine.volume;
