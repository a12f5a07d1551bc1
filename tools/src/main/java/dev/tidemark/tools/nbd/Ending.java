package dev.tidemark.tools.nbd;

/** The wish, of any thread, that a connection ends: what was asked is answered, then it is closed. */
final class Ending {
    private final Runnable wake;
    private volatile boolean requested;

    /** Makes one that calls {@code wake}, which must not block, so that the connection's thread looks. */
    Ending(Runnable wake) {
        this.wake = wake;
    }

    void request() {
        requested = true;
        wake.run();
    }

    boolean isRequested() {
        return requested;
    }
}
