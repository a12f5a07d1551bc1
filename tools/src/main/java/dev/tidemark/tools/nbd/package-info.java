/**
 * The NBD server: fixed-newstyle, over Unix sockets and TCP, one plain blocking thread for each connection.
 *
 * <ul>
 *   <li>Enters: bytes of peers, which are not to be trusted.
 *   <li>Leaves: calls of the engine's façade, and replies of the protocol.
 *   <li>Never: an allocation or a wait by a peer's word alone, a framework's event loop between socket and ring, an
 *       answer before the engine's.
 * </ul>
 */
package dev.tidemark.tools.nbd;
