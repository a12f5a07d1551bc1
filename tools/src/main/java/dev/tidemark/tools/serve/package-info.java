/**
 * The server process: opens a store, and puts it behind NBD, the control socket and the metrics page.
 *
 * <ul>
 *   <li>Enters: lines of text from the control socket's peers (who own the store's files), HTTP requests for metrics.
 *   <li>Leaves: messages to the engine's façade, their replies; the order in which everything is opened and closed.
 *   <li>Never: a decision about a volume, an unbounded line, queue or number of connections, an answer before the
 *       engine's.
 * </ul>
 */
package dev.tidemark.tools.serve;
