package dev.tidemark.engine.history;

import java.util.List;
import java.util.stream.Collectors;

/** A message as its text and as what it means. */
public record Message(List<Part> parts, String request) {
    /**
     * One command with its choices made.
     *
     * @param volume the id of the volume it is about, 0 for none
     * @param into for a merge: the id named, 0 for none
     */
    public record Part(Step.Kind kind, long volume, long into, String name, long size, boolean flag) {
        private String text() {
            String readonly = flag ? " readonly=true" : "";
            return switch (kind) {
                case CREATE -> "create " + name + " size=" + size + readonly;
                case SNAPSHOT -> "create " + name + " origin=#" + volume + readonly;
                case CLONE -> "clone " + name + " source=#" + volume + readonly;
                case DELETE -> "delete #" + volume;
                case MERGE -> "merge #" + volume + (into == 0 ? "" : " into=#" + into);
                case RESIZE -> "resize #" + volume + " size=" + size + (flag ? " shrink=true" : "");
                case RENAME -> "rename #" + volume + " to=" + name;
                case LABEL -> "label #" + volume + " k" + size % 3 + "=\"" + name + "\"";
                case READONLY -> "set #" + volume + " readonly=" + flag;
                case FLUSH -> "flush";
            };
        }
    }

    /** The text that the store gets. */
    public String text() {
        String text = parts.stream().map(Part::text).collect(Collectors.joining("; "));
        return request == null ? text : text + " request=" + request;
    }
}
