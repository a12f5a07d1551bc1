package dev.tidemark.engine.message;

import java.util.List;
import java.util.Map;

/** The one printer: messages and replies in their canonical form, which the parsers read back to the same values. */
final class Printer {
    private Printer() {}

    static String print(List<Command> commands) {
        StringBuilder out = new StringBuilder();
        for (Command command : commands) {
            if (!out.isEmpty()) {
                out.append("; ");
            }
            command(out, command);
        }
        return out.toString();
    }

    private static void command(StringBuilder out, Command command) {
        if (command instanceof Command.CreateOrigin c) {
            out.append("create ").append(c.name()).append(" size=").append(Sizes.print(c.sizeBytes()));
            flag(out, "readonly", c.readonly());
        } else if (command instanceof Command.CreateSnapshot c) {
            out.append("create ").append(c.name()).append(" origin=").append(c.origin());
            flag(out, "readonly", c.readonly());
        } else if (command instanceof Command.Clone c) {
            out.append("clone ").append(c.name()).append(" source=").append(c.source());
            flag(out, "readonly", c.readonly());
        } else if (command instanceof Command.Delete c) {
            out.append("delete ").append(c.volume());
            flag(out, "force", c.force());
        } else if (command instanceof Command.Merge c) {
            out.append("merge ").append(c.snapshot());
            if (c.into() != null) {
                out.append(" into=").append(c.into());
            }
            flag(out, "force", c.force());
        } else if (command instanceof Command.Resize c) {
            out.append("resize ").append(c.volume()).append(" size=").append(Sizes.print(c.sizeBytes()));
            flag(out, "shrink", c.shrink());
        } else if (command instanceof Command.Rename c) {
            out.append("rename ").append(c.volume()).append(" to=").append(c.newName());
        } else if (command instanceof Command.Label c) {
            out.append("label ").append(c.volume());
            fields(out, c.labels());
        } else if (command instanceof Command.SetReadonly c) {
            out.append("set ").append(c.volume()).append(" readonly=").append(c.readonly());
        } else if (command instanceof Command.Status c) {
            out.append("status");
            if (c.volume() != null) {
                out.append(' ').append(c.volume());
            }
        } else {
            out.append(
                    command instanceof Command.ListVolumes
                            ? "list"
                            : command instanceof Command.Jobs
                                    ? "jobs"
                                    : command instanceof Command.Checkpoint ? "checkpoint" : "flush");
        }
        options(out, command.options());
    }

    private static void flag(StringBuilder out, String key, boolean value) {
        if (value) {
            out.append(' ').append(key).append("=true");
        }
    }

    private static void options(StringBuilder out, Options options) {
        if (options.request() != null) {
            field(out, "request", options.request());
        }
        if (options.ifSeq() != Options.NO_IF) {
            out.append(" if=").append(options.ifSeq());
        }
    }

    static String print(Reply.Ok reply) {
        StringBuilder out = new StringBuilder();
        for (Line line : reply.lines()) {
            out.append(out.isEmpty() ? "ok" : "\nok");
            fields(out, line.fields());
        }
        for (Line row : reply.rows()) {
            out.append('\n').append(print(row));
        }
        return out.toString();
    }

    static String print(Line line) {
        StringBuilder out = new StringBuilder();
        fields(out, line.fields());
        return out.isEmpty() ? "" : out.substring(1);
    }

    static String print(Refusal refusal) {
        StringBuilder out = new StringBuilder("error code=").append(refusal.code());
        if (refusal.command() > 0) {
            out.append(" command=").append(refusal.command());
        }
        fields(out, refusal.details());
        out.append(" text=");
        quote(out, refusal.text());
        return out.toString();
    }

    private static void fields(StringBuilder out, Map<String, String> fields) {
        for (Map.Entry<String, String> field : fields.entrySet()) {
            field(out, field.getKey(), field.getValue());
        }
    }

    private static void field(StringBuilder out, String key, String value) {
        out.append(' ').append(key).append('=');
        if (needsQuotes(value)) {
            quote(out, value);
        } else {
            out.append(value);
        }
    }

    private static boolean needsQuotes(String value) {
        if (value.isEmpty()) {
            return true;
        }
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == ' ' || c == ';' || c == '"' || c == '\\') {
                return true;
            }
        }
        return false;
    }

    private static void quote(StringBuilder out, String value) {
        out.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\');
            }
            out.append(c);
        }
        out.append('"');
    }

    /** The length of a text in UTF-8, in bytes, without encoding it. */
    static long utf8Bytes(String text) {
        long bytes = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            bytes += c < 0x80 ? 1 : c < 0x800 ? 2 : Character.isSurrogate(c) ? 2 : 3;
        }
        return bytes;
    }
}
