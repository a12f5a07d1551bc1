package dev.tidemark.storage.sim;

import java.util.Objects;
import java.util.function.Predicate;

/**
 * One planned fault: what goes wrong, and at which calls. Immutable; {@code Fault.ioError().in(Operation.FORCE)
 * .on("journal/").nth(3)} fails the third force of a file whose name begins so.
 *
 * <p>Without {@link #nth}, {@link #from} or {@link #at} it strikes the first call that matches, once.
 */
public final class Fault {
    /** What goes wrong. */
    public enum Effect {
        /**
         * The call fails. A write has written any part of its range; a force or directory sync has made any part
         * durable and the rest is lost for good, whatever is forced later, while reads go on showing it; a read gives
         * nothing; anything else is not done.
         */
        IO_ERROR,
        /** As {@link #IO_ERROR}, with a {@link dev.tidemark.storage.NoSpaceException}; a write is cut short. */
        NO_SPACE,
        /** A write is done up to some sector and then fails. */
        SHORT_WRITE,
        /**
         * The call returns as if it had worked. A force or directory sync makes nothing durable (a later honest one
         * does); a write is seen by reads and never reaches the device.
         */
        LIE,
        /** A write is seen by reads in its place, but the device puts it some sectors aside. */
        MISDIRECT,
        /** A write reaches the device, or a read its caller, with one bit flipped. */
        FLIP_BIT
    }

    private static final long ONCE = 1;

    private final Effect effect;
    private final Operation kind;
    private final Predicate<String> names;
    private final long first;
    private final long last;
    private final long operation;

    private Fault(Effect effect, Operation kind, Predicate<String> names, long first, long last, long operation) {
        this.effect = effect;
        this.kind = kind;
        this.names = names;
        this.first = first;
        this.last = last;
        this.operation = operation;
    }

    /** A fault of that effect at the first call of any kind, reads and the opening of files left out. */
    public static Fault of(Effect effect) {
        return new Fault(effect, null, name -> true, ONCE, ONCE, -1);
    }

    public static Fault ioError() {
        return of(Effect.IO_ERROR);
    }

    public static Fault noSpace() {
        return of(Effect.NO_SPACE);
    }

    public static Fault shortWrite() {
        return of(Effect.SHORT_WRITE);
    }

    public static Fault lie() {
        return of(Effect.LIE);
    }

    public static Fault misdirect() {
        return of(Effect.MISDIRECT);
    }

    public static Fault flipBit() {
        return of(Effect.FLIP_BIT);
    }

    /** Only calls of that kind count. */
    public Fault in(Operation only) {
        return new Fault(effect, Objects.requireNonNull(only), names, first, last, operation);
    }

    /** Only files whose name begins so count. */
    public Fault on(String prefix) {
        return onNames(name -> name.startsWith(prefix));
    }

    /** Only files whose name passes count. */
    public Fault onNames(Predicate<String> only) {
        return new Fault(effect, kind, only, first, last, operation);
    }

    /** Strikes the n-th call that matches (from 1), counted from when it was planned. */
    public Fault nth(long n) {
        return new Fault(effect, kind, names, n, n, operation);
    }

    /** Strikes the n-th call that matches (from 1) and all after it. */
    public Fault from(long n) {
        return new Fault(effect, kind, names, n, Long.MAX_VALUE, operation);
    }

    /** Strikes every call that matches. */
    public Fault always() {
        return from(1);
    }

    /** Strikes the operation of that number (see {@link SimStorage#operations}), if it matches. */
    public Fault at(long number) {
        return new Fault(effect, kind, names, 1, Long.MAX_VALUE, number);
    }

    Effect effect() {
        return effect;
    }

    boolean matches(Operation called, String name, long number) {
        return (kind == null ? called.counted() : kind == called)
                && (operation < 0 || operation == number)
                && makesSenseFor(called)
                && names.test(name);
    }

    private boolean makesSenseFor(Operation called) {
        return switch (effect) {
            case SHORT_WRITE -> called == Operation.WRITE || called == Operation.PREALLOCATE;
            case MISDIRECT -> called == Operation.WRITE;
            case FLIP_BIT -> called == Operation.WRITE || called == Operation.READ;
            case LIE -> called == Operation.FORCE || called == Operation.SYNC_DIRECTORY || called == Operation.WRITE;
            case IO_ERROR, NO_SPACE -> true;
        };
    }

    /** Whether the n-th match (from 1) is struck. */
    boolean strikes(long match) {
        return match >= first && match <= last;
    }

    @Override
    public String toString() {
        return effect
                + (kind == null ? "" : " in " + kind)
                + (operation < 0 ? " from match " + first + " to " + last : " at operation " + operation);
    }
}
