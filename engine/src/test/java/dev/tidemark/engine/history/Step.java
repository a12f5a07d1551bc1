package dev.tidemark.engine.history;

import java.util.List;

/**
 * One step of a history. Numbers stand for choices that are made when the step is carried out (a volume among those
 * that
 * exist, a place within its size), so that any part of a history is a history: that is what shrinking needs.
 */
public sealed interface Step {
    /** Submits a write. */
    record Write(int volume, int place, int length, long content, boolean fua) implements Step {}

    /** Submits a discard. */
    record Discard(int volume, int place, int length, boolean fua) implements Step {}

    /** Submits zeroes. */
    record Zeroes(int volume, int place, int length, boolean fua) implements Step {}

    /** Submits a flush. */
    record Flush() implements Step {}

    /**
     * Submits a message of one or more commands; with a request id from a small set when {@code request} is not 0, and
     * with a condition on the catalogue's seq when {@code condition} is not 0.
     */
    record Say(List<Verb> verbs, int request, int condition) implements Step {}

    /** Submits a message with a request id once more, as it was. */
    record Again(int message) implements Step {}

    /** A client opens a volume; a stubborn one keeps it open when it is asked to go. */
    record Attach(int volume, boolean stubborn) implements Step {}

    /** A client closes its volume. */
    record Detach(int client) implements Step {}

    /** Both stages take a batch. */
    record Run(int requests) implements Step {}

    /** The first stage alone takes a batch. */
    record Place(int requests) implements Step {}

    /** Time passes, and the store is idle for a moment. */
    record Idle(int millis) implements Step {}

    /** Reads a range and compares. */
    record Read(int volume, int place, int length) implements Step {}

    /** Closes the store, with requests in flight or after they were answered, and opens it again. */
    record Reopen(boolean inFlight) implements Step {}

    /** Whether it may take a checkpoint: a message that asks for one, or the end of the store. */
    default boolean takesCheckpoint() {
        return this instanceof Reopen
                || (this instanceof Say say && say.verbs().stream().anyMatch(verb -> verb.kind() == Kind.CHECKPOINT));
    }

    /** What a command does. */
    enum Kind {
        CREATE,
        SNAPSHOT,
        CLONE,
        DELETE,
        MERGE,
        RESIZE,
        RENAME,
        LABEL,
        READONLY,
        FLUSH,
        CHECKPOINT;

        /** Whether it becomes an event. */
        boolean changes() {
            return this != FLUSH && this != CHECKPOINT;
        }
    }

    /** One command: the choices are taken modulo what there is. */
    record Verb(Kind kind, int volume, int other, int number, boolean flag) {}
}
