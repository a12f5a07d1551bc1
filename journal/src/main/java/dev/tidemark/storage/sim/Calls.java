package dev.tidemark.storage.sim;

import dev.tidemark.storage.NoSpaceException;
import java.io.IOException;
import java.util.EnumMap;
import java.util.Map;

/** What happens around every call of a device: numbers, planned faults and deaths, the log. Guarded by the device. */
final class Calls {
    /** How the machine or the process ended. */
    enum Death {
        NONE,
        POWER,
        PROCESS
    }

    private static final long NEVER = -1;

    final OperationLog log = new OperationLog();
    final Faults faults = new Faults();
    private final SimStorage storage;
    private final SplitMix random;
    private final long firstStamp;
    private final Map<Operation, long[]> countByKind = new EnumMap<>(Operation.class);
    private Observer observer;
    private long operations;
    private long cutAt = NEVER;
    private long killAt = NEVER;
    private Death dying = Death.NONE;
    private Death dead = Death.NONE;

    /**
     * Numbers start at zero.
     *
     * @param firstStamp the stamp of the first operation; above those of the device's life before
     */
    Calls(SimStorage storage, long firstStamp, SplitMix random) {
        this.storage = storage;
        this.random = random;
        this.firstStamp = firstStamp;
        for (Operation kind : Operation.values()) {
            countByKind.put(kind, new long[1]);
        }
    }

    void observe(Observer newObserver) {
        observer = newObserver;
    }

    void cutAt(long number) {
        cutAt = number;
    }

    void killAt(long number) {
        killAt = number;
    }

    long operations() {
        return operations;
    }

    long count(Operation kind) {
        return countByKind.get(kind)[0];
    }

    /** A number that orders the operations of all lives of the device. */
    long stamp() {
        return firstStamp + operations;
    }

    /** The stamp of the operation under way. */
    long lastStamp() {
        return firstStamp + operations - 1;
    }

    /** Whether the operation under way, one that is done or not done, is done: one in which the process dies may be. */
    boolean isDone() {
        return dying != Death.PROCESS || random.coin();
    }

    /** Throws the fault that a call met, unless everything ends in this call anyway. */
    void failIf(Fault.Effect effect, String name, String action) throws IOException {
        if (effect == null || dying != Death.NONE) {
            return;
        }
        if (effect == Fault.Effect.NO_SPACE) {
            throw new NoSpaceException(name + ": " + action + ": No space left on device");
        }
        throw new IOException(name + ": " + action + ": Input/output error");
    }

    void requireAlive() throws IOException {
        if (dead == Death.POWER) {
            throw new PowerCutException("power was cut" + where(cutAt));
        }
        if (dead == Death.PROCESS) {
            throw new ProcessDeathException("the process was killed" + where(killAt));
        }
    }

    private static String where(long number) {
        return number == NEVER ? "" : " at operation " + number;
    }

    boolean isDead() {
        return dead != Death.NONE;
    }

    void die(Death how) {
        if (dead == Death.NONE) {
            dead = how;
        }
    }

    /** Begins a call of a user that is in order; returns the fault that it meets, or null. */
    Fault.Effect enter(Operation kind, String name, long offset, long length) throws IOException {
        requireAlive();
        if (kind.counted() && observer != null) {
            observer.beforeOperation(storage, operations, kind, name);
            requireAlive(); // the observer may have ended it
        }
        long number = operations;
        log.add(number, kind, name, offset, length);
        countByKind.get(kind)[0]++;
        Fault.Effect effect = faults.strike(kind, name, number);
        if (effect != null) {
            log.note(effect.name());
        }
        if (kind.counted()) {
            operations++;
            if (number == cutAt) {
                dying = Death.POWER;
            } else if (number == killAt) {
                dying = Death.PROCESS;
            }
        }
        return effect;
    }

    /** How the world ends in the call under way, or {@code NONE}. */
    Death dying() {
        return dying;
    }

    /** Ends a call, and with it everything if it was to. */
    void leave() throws IOException {
        if (dying != Death.NONE) {
            log.note(dying == Death.POWER ? "power cut" : "process killed");
            dead = dying;
            dying = Death.NONE;
            requireAlive();
        }
    }
}
