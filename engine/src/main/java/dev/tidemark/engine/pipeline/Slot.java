package dev.tidemark.engine.pipeline;

/** A place in the ring: the request that comes in, and what is to be answered only after a force. */
final class Slot {
    /** Set by the publisher, taken by PLACE. */
    Request request;

    /** Set by PLACE, taken by JOURNAL: a list through {@link Request#nextHeld}, first to be answered first. */
    private Request firstHeld;

    private Request lastHeld;

    void hold(Request held) {
        held.nextHeld = null;
        if (firstHeld == null) {
            firstHeld = held;
        } else {
            lastHeld.nextHeld = held;
        }
        lastHeld = held;
    }

    /** Whether something is answered only after its force. */
    boolean holdsAny() {
        return firstHeld != null;
    }

    /** Hands everything held over to JOURNAL. */
    void handOver(JournalStage journal) {
        Request held = firstHeld;
        firstHeld = null;
        lastHeld = null;
        while (held != null) {
            Request next = held.nextHeld;
            held.nextHeld = null;
            journal.await(held);
            held = next;
        }
    }
}
