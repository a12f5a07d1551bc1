package dev.tidemark.journal;

import java.util.concurrent.atomic.AtomicReference;

/** Keeps the first failure for good (G9). For any thread. */
final class StickyFailure {
    private final AtomicReference<Throwable> first = new AtomicReference<>();

    /** Keeps the failure if it is the first, and gives what the caller is to throw. */
    JournalFailedException set(String doing, Throwable cause) {
        if (cause instanceof JournalFailedException failed) {
            return failed;
        }
        first.compareAndSet(null, cause);
        return new JournalFailedException("the journal failed while " + doing + ": " + cause.getMessage(), first.get());
    }

    boolean isSet() {
        return first.get() != null;
    }

    /** The first failure, or null. */
    Throwable cause() {
        return first.get();
    }

    void check() throws JournalFailedException {
        Throwable cause = first.get();
        if (cause != null) {
            throw new JournalFailedException("the journal has failed before: " + cause.getMessage(), cause);
        }
    }
}
