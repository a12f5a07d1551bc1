/**
 * The language of the store: one string in, one string out. Parses messages into typed commands, prints replies.
 *
 * <ul>
 *   <li>Enters: text from the control socket, the command line or an embedder.
 *   <li>Leaves: typed commands, or a refusal with one of the few error codes; and the text of replies.
 *   <li>Never: a look at the state of a store, any I/O, or a second place where the text form is known.
 * </ul>
 */
package dev.tidemark.engine.message;
