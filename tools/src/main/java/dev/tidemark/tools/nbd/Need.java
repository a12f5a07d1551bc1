package dev.tidemark.tools.nbd;

/** What a connection has to wait for before the request at hand can go on. */
enum Need {
    /** Nothing: it went on. */
    NOTHING,
    /** More bytes of the peer. */
    INPUT,
    /** Room among the replies. */
    ROOM,
    /** A request of its own to end. */
    COMPLETION,
    /** Bytes of the budget that all connections share. */
    BUDGET,
    /** A buffer of the store, which does not tell when it has one. */
    STORE
}
