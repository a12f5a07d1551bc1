/**
 * Tables, the declarative form: what should exist, compared with what does.
 *
 * <ul>
 *   <li>Enters: a wanted table and the present state with its seq.
 *   <li>Leaves: the messages that would lead from the one to the other, tied to that seq; or a refusal that names
 *       every candidate where the action can't be told from the difference.
 *   <li>Never: a guess, a change of the state, or a command that the message language can't say.
 * </ul>
 */
package dev.tidemark.engine.reconcile;
