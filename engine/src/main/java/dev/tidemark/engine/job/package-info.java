/**
 * Background work as small state machines: reclaim after a delete or a merge, in bounded steps. Pure.
 *
 * <ul>
 *   <li>Enters: a job's start and its journaled steps; requests for the next step, with its bounds.
 *   <li>Leaves: the next step as an event with explicit bounds, progress, and completion, which is an event too.
 *   <li>Never: I/O, a clock, a thread; a step without a bound; work that a crash between two steps would lose or
 *       repeat.
 * </ul>
 */
package dev.tidemark.engine.job;
