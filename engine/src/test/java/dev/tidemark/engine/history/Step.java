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

    /** Submits a message of one or more commands; with a request id from a small set when {@code request} is not 0. */
    record Say(List<Verb> verbs, int request) implements Step {}

    /** Both stages take a batch. */
    record Run(int requests) implements Step {}

    /** The first stage alone takes a batch. */
    record Place(int requests) implements Step {}

    /** Time passes, and the store is idle for a moment. */
    record Idle(int millis) implements Step {}

    /** Reads a range and compares. */
    record Read(int volume, int place, int length) implements Step {}

    /** Closes the store and opens it again. */
    record Reopen() implements Step {}

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
        FLUSH
    }

    /** One command: the choices are taken modulo what there is. */
    record Verb(Kind kind, int volume, int other, int number, boolean flag) {}
}
