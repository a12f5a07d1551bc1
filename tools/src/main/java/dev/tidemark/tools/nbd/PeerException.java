package dev.tidemark.tools.nbd;

import java.io.IOException;

/** The peer has broken the protocol or a time limit: its connection is closed without another word. */
final class PeerException extends IOException {
    private static final long serialVersionUID = 1L;

    PeerException(String message) {
        super(message);
    }

    /** Where in this server it was found says nothing about the peer, and hostile peers make many of them. */
    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }
}
