package dev.tidemark.tools.nbd;

import dev.tidemark.engine.StoreException;

/** The protocol's error numbers, and which of them tells a client what the store said. */
final class NbdError {
    static final int NONE = 0;
    static final int EPERM = 1;
    static final int EIO = 5;
    static final int EINVAL = 22;
    static final int ENOSPC = 28;
    static final int ENOTSUP = 95;
    static final int ESHUTDOWN = 108;

    private NbdError() {}

    /** Returns the number for a failed request of the given kind. */
    static int of(StoreException failure, NbdOperation kind) {
        return switch (failure.code()) {
            case StoreException.OUT_OF_SPACE -> ENOSPC;
            case StoreException.READ_ONLY -> EPERM;
            case StoreException.BAD_SIZE -> outside(kind);
            // Deleted under an open connection (force=true), which is about to be closed for that reason.
            case StoreException.NO_SUCH_VOLUME -> ESHUTDOWN;
            default -> EIO;
        };
    }

    /** Why requests fail that the end of their connection cuts short. */
    static StoreException ending() {
        return new StoreException(StoreException.NO_SUCH_VOLUME, "the server is ending this connection");
    }

    /** Returns the number for a range that lies outside the export: the protocol wants another one for writes. */
    static int outside(NbdOperation kind) {
        return kind == NbdOperation.WRITE || kind == NbdOperation.ZEROES ? ENOSPC : EINVAL;
    }
}
