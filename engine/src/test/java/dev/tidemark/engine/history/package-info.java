/**
 * Random histories of a store, and the plain model that says what it must hold.
 *
 * <ul>
 *   <li>Enters: a seed.
 *   <li>Leaves: steps that mean something whatever stands before them, what they did to a store, and the content that
 *   the
 *       store must have after each event.
 *   <li>Never: anything of the engine's own trees, allocator or applier: the model keeps maps of bytes.
 * </ul>
 */
package dev.tidemark.engine.history;
