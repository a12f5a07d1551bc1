package dev.tidemark.engine.state;

import java.util.function.LongToIntFunction;

/**
 * What the decider has to know besides the state. It is recorded in the event as far as it matters, so that replay
 * needs
 * none of it.
 *
 * @param timeMs the time of the injected clock, in milliseconds since the epoch
 * @param actor who sent the message, free text of at most {@link #MAX_ACTOR_CHARS} characters, never null
 * @param openConnections how many clients have the volume with that id open
 */
public record DecisionContext(long timeMs, String actor, LongToIntFunction openConnections) {
    /** The longest actor: it goes into every event. */
    public static final int MAX_ACTOR_CHARS = 256;

    /** Cuts an actor that is too long. */
    public DecisionContext {
        actor = actor.length() > MAX_ACTOR_CHARS ? actor.substring(0, MAX_ACTOR_CHARS) : actor;
    }
}
