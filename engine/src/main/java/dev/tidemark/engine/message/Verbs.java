package dev.tidemark.engine.message;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The vocabulary: which verb takes which names and keys. Turns words into a typed command. */
final class Verbs {
    private static final String KNOWN =
            "create, clone, delete, merge, resize, rename, label, set, status, list, jobs, " + "checkpoint, flush";

    private final String verb;
    private final List<String> names;
    private final Map<String, String> values;
    private final Options options;

    private Verbs(Words words) {
        verb = words.names.get(0);
        names = words.names.subList(1, words.names.size());
        values = new LinkedHashMap<>(words.values);
        String request = values.remove("request");
        String ifSeq = values.remove("if");
        options = request == null && ifSeq == null ? Options.NONE : new Options(request, seq(ifSeq));
    }

    /** The command that the words say. Throws {@link BadCommandException}. */
    static Command command(Words words) {
        if (words.names.isEmpty()) {
            throw new BadCommandException(
                    words.values.isEmpty()
                            ? "there is no command: a message is one or more commands with a ; between them,"
                                    + " such as list"
                            : "a command begins with its verb, one of " + KNOWN);
        }
        Verbs verbs = new Verbs(words);
        Command command = verbs.build();
        verbs.refuseMore();
        return command;
    }

    private Command build() {
        return switch (verb) {
            case "create" -> create();
            case "clone" -> cloneSnapshot();
            case "delete" -> new Command.Delete(volume("delete VOL [force=true]"), flag("force"), options);
            case "merge" ->
                new Command.Merge(
                        volume("merge SNAP [into=VOL] [force=true]"), reference("into"), flag("force"), options);
            case "resize" -> {
                VolumeRef volume = volume("resize VOL size=SIZE [shrink=true]");
                yield new Command.Resize(volume, Sizes.parse("size", needed("size")), flag("shrink"), options);
            }
            case "rename" -> new Command.Rename(volume("rename VOL to=NAME"), needed("to"), options);
            case "label" -> label();
            case "set" -> {
                VolumeRef volume = volume("set VOL readonly=true|false");
                yield new Command.SetReadonly(volume, bool("readonly", needed("readonly")), options);
            }
            case "status" -> new Command.Status(names.isEmpty() ? null : volume("status [VOL]"), options);
            case "list" -> new Command.ListVolumes(none());
            case "jobs" -> new Command.Jobs(none());
            case "checkpoint" -> new Command.Checkpoint(none());
            case "flush" -> new Command.Flush(none());
            default -> throw new BadCommandException(Rules.shown(verb) + " is no verb: use one of " + KNOWN);
        };
    }

    private Command create() {
        String name = name("create NAME size=SIZE, or create NAME origin=VOL");
        if (values.containsKey("source")) {
            throw new BadCommandException("create takes origin=VOL for a snapshot of an origin; for a snapshot of a "
                    + "snapshot write: clone NAME source=SNAP");
        }
        VolumeRef origin = reference("origin");
        String size = values.remove("size");
        if ((size == null) == (origin == null)) {
            throw new BadCommandException(
                    "create needs either size=SIZE, for a new origin, or origin=VOL, for a snapshot " + "of an origin"
                            + (size == null ? "" : ", not both: a snapshot takes its origin's size"));
        }
        boolean readonly = flag("readonly");
        return size == null
                ? new Command.CreateSnapshot(name, origin, readonly, options)
                : new Command.CreateOrigin(name, Sizes.parse("size", size), readonly, options);
    }

    private Command cloneSnapshot() {
        String name = name("clone NAME source=SNAP");
        if (values.containsKey("origin")) {
            throw new BadCommandException("clone takes source=SNAP for a snapshot of a snapshot; for a snapshot of an "
                    + "origin write: create NAME origin=VOL");
        }
        if (values.containsKey("size")) {
            throw new BadCommandException("clone takes no size=: a clone has its source's size (see resize)");
        }
        String source = needed("source");
        return new Command.Clone(name, VolumeRef.parse(source), flag("readonly"), options);
    }

    private Command label() {
        VolumeRef volume = volume("label VOL KEY=VALUE …");
        Map<String, String> labels = new LinkedHashMap<>(values);
        values.clear();
        return new Command.Label(volume, labels, options);
    }

    private VolumeRef volume(String usage) {
        return VolumeRef.parse(name(usage));
    }

    private String name(String usage) {
        if (names.size() != 1) {
            throw new BadCommandException(
                    verb + " takes one name, not " + (names.isEmpty() ? "none" : names.size()) + ": " + usage);
        }
        return names.get(0);
    }

    private Options none() {
        if (!names.isEmpty()) {
            throw new BadCommandException(verb + " takes no name: leave out " + Rules.shown(names.get(0)));
        }
        return options;
    }

    private String needed(String key) {
        String value = values.remove(key);
        if (value == null) {
            throw new BadCommandException(verb + " needs " + key + "=");
        }
        return value;
    }

    private VolumeRef reference(String key) {
        String value = values.remove(key);
        return value == null ? null : VolumeRef.parse(value);
    }

    private boolean flag(String key) {
        String value = values.remove(key);
        return value != null && bool(key, value);
    }

    private static boolean bool(String key, String value) {
        if (!value.equals("true") && !value.equals("false")) {
            throw new BadCommandException(key + "= takes true or false, not " + Rules.shown(value));
        }
        return value.equals("true");
    }

    private static long seq(String value) {
        if (value == null) {
            return Options.NO_IF;
        }
        long seq = Numbers.parse(value);
        if (seq < 0) {
            throw new BadCommandException("if= takes a seq, a whole number from 0, not " + Rules.shown(value));
        }
        return seq;
    }

    private void refuseMore() {
        if (!values.isEmpty()) {
            String key = values.keySet().iterator().next();
            throw new BadCommandException(verb + " takes no " + key + "=: leave it out");
        }
    }
}
