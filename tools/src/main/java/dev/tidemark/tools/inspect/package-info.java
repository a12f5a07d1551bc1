/**
 * The inspection tool: what happened in a store, when, and what the state was then.
 *
 * <ul>
 *   <li>Enters: a store's folder, damaged or not, also beside a running server.
 *   <li>Leaves: dumps, statistics, verdicts, states and histories at any seq.
 *   <li>Never: a write or a lock; an end at the first damage: it goes on, and says what it skipped.
 * </ul>
 */
package dev.tidemark.tools.inspect;
