/**
 * The NBD server: fixed-newstyle, over Unix sockets and TCP, one plain thread for each connection.
 *
 * <p>The thread takes all requests that are in its receive buffer, reads for them what is to be read, submits the rest
 * to the store, and answers with one write. It waits for its socket and for the store's completions at once, which in
 * Java takes a selector; it is the only thread that touches the socket, so replies need no lock and no second thread.
 *
 * <ul>
 *   <li>Enters: bytes of peers, which are not to be trusted.
 *   <li>Leaves: calls of the engine's façade, and replies of the protocol.
 *   <li>Never: an allocation or a wait by a peer's word alone, a framework's event loop between socket and ring, an
 *       answer before the engine's.
 * </ul>
 */
package dev.tidemark.tools.nbd;
