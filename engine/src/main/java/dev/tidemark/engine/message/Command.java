package dev.tidemark.engine.message;

import java.util.Map;

/**
 * A typed command: what one verb of a message asks for. Constructors check everything that can be known without a store
 * and throw {@link BadCommandException}; so a command that exists can be printed, sent and decided.
 *
 * <p>Immutable; any thread.
 */
public sealed interface Command {

    /** What goes with any command. */
    Options options();

    /** True for {@code status}, {@code list} and {@code jobs}: they read the state, and stand alone in a message. */
    default boolean isQuery() {
        return false;
    }

    /** {@code create NAME size=SIZE [readonly=true]}: a new, empty origin. */
    record CreateOrigin(String name, long sizeBytes, boolean readonly, Options options) implements Command {
        /** Checks name and size. */
        public CreateOrigin {
            Rules.name(name);
            Sizes.check(sizeBytes);
        }
    }

    /** {@code create NAME origin=VOL [readonly=true]}: a snapshot of an origin. */
    record CreateSnapshot(String name, VolumeRef origin, boolean readonly, Options options) implements Command {
        /** Checks the name. */
        public CreateSnapshot {
            Rules.name(name);
        }
    }

    /** {@code clone NAME source=SNAP [readonly=true]}: a snapshot of a snapshot. */
    record Clone(String name, VolumeRef source, boolean readonly, Options options) implements Command {
        /** Checks the name. */
        public Clone {
            Rules.name(name);
        }
    }

    /** {@code delete VOL [force=true]}. */
    record Delete(VolumeRef volume, boolean force, Options options) implements Command {}

    /** {@code merge SNAP [into=VOL] [force=true]}; {@code into} is null for the volume that SNAP was taken from. */
    record Merge(VolumeRef snapshot, VolumeRef into, boolean force, Options options) implements Command {}

    /** {@code resize VOL size=SIZE [shrink=true]}. */
    record Resize(VolumeRef volume, long sizeBytes, boolean shrink, Options options) implements Command {
        /** Checks the size. */
        public Resize {
            Sizes.check(sizeBytes);
        }
    }

    /** {@code rename VOL to=NAME}. */
    record Rename(VolumeRef volume, String newName, Options options) implements Command {
        /** Checks the new name. */
        public Rename {
            Rules.name(newName);
        }
    }

    /** {@code label VOL KEY=VALUE …}; an empty value removes the label. Keys are sorted. */
    record Label(VolumeRef volume, Map<String, String> labels, Options options) implements Command {
        /** Checks keys, values and their number. */
        public Label {
            labels = Rules.labels(labels);
        }
    }

    /** {@code set VOL readonly=true|false}. */
    record SetReadonly(VolumeRef volume, boolean readonly, Options options) implements Command {}

    /** {@code status [VOL]}; {@code volume} is null for the whole store. */
    record Status(VolumeRef volume, Options options) implements Command {
        @Override
        public boolean isQuery() {
            return true;
        }
    }

    /** {@code list}: a row for every volume. */
    record ListVolumes(Options options) implements Command {
        @Override
        public boolean isQuery() {
            return true;
        }
    }

    /** {@code jobs}: a row for every job. */
    record Jobs(Options options) implements Command {
        @Override
        public boolean isQuery() {
            return true;
        }
    }

    /** {@code checkpoint}: answered when a checkpoint that holds this seq is on stable storage. */
    record Checkpoint(Options options) implements Command {}

    /** {@code flush}: answered when everything before it is durable. */
    record Flush(Options options) implements Command {}
}
